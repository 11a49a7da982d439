"""`securechat man`: manual pages, made of the same texts as `--help`."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

from securechat import __version__
from securechat.cli.exits import CommandFailed
from securechat.cli.files import name_of
from securechat.cli.telling import tell

Documented = TyperCommand | TyperGroup
_EXITS: Final = (
    ("0", "done"),
    ("1", "error"),
    ("2", "wrong usage"),
    ("3", "no connection"),
    ("4", "wrong password"),
    ("5", "not the right server"),
    ("6", "refused"),
    ("7", "the outcome is not known"),
    ("130", "interrupted"),
)


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""

    @app.command("man")
    def man(
        context: typer.Context,
        directory: Annotated[
            Path,
            typer.Argument(metavar="DIRECTORY", help="Such as ~/.local/share/man/man1.", show_default=False),
        ],
    ) -> None:
        """Write the manual pages into a directory: securechat.1, and one for each command."""
        root = cast(typer.Context, context.find_root())
        try:
            directory.mkdir(parents=True, exist_ok=True)
            made = [_write(directory, *page) for page in pages(cast(Documented, root.command), root)]
        except OSError as error:
            text = f"the pages cannot be written to {name_of(directory)}: {error.strerror}"
            raise CommandFailed(text) from error
        tell(f"{len(made)} pages are in {name_of(directory)}: man securechat")


def _write(directory: Path, name: str, page: str) -> Path:
    path = directory / f"{name}.1"
    path.write_text(page, encoding="utf-8")
    path.chmod(0o644)  # the programs of this machine read them
    return path


def pages(command: Documented, context: typer.Context) -> Iterator[tuple[str, str]]:
    """Yield the name of each page and its text in roff (groff_man(7)), the program's own first."""
    name = context.command_path.replace(" ", "-")
    inner = _inner(command, context)
    yield name, _page(name, command, context, inner)
    for word, each in inner.items():
        if not each.hidden:
            yield from pages(each, typer.Context(each, parent=context, info_name=word))


def _inner(command: Documented, context: typer.Context) -> Mapping[str, TyperCommand]:
    """Return the commands of a group by name, and none of a command."""
    if not isinstance(command, TyperGroup):
        return {}
    found = {name: command.get_command(context, name) for name in command.list_commands(context)}
    return {name: cast(TyperCommand, each) for name, each in found.items()}


def _page(
    name: str,
    command: Documented,
    context: typer.Context,
    inner: Mapping[str, TyperCommand],
) -> str:
    text = re.sub(r"[ \n]*\n[ ]*", "\n", (command.help or "").strip())
    first, *more = command.get_short_help_str(400).split("\n")
    usage = " ".join(command.collect_usage_pieces(context)).replace("{", "").replace("}", "")
    records = [record for param in command.get_params(context) if (record := param.get_help_record(context))]
    parts = [
        f'.TH {_roff(name.upper())} 1 "" "securechat {__version__}" "securechat"',
        ".SH NAME",
        f"{_roff(name)} \\- {_roff(' '.join((first, *more)))}",
        ".SH SYNOPSIS",
        f".B {_roff(context.command_path)}",
        _roff(usage),
        ".SH DESCRIPTION",
        "\n.PP\n".join(_roff(" ".join(part.split("\n"))) for part in text.split("\n\n")),
        ".SH OPTIONS",
        *(
            f".TP\n.B {_roff(' '.join(left.split()))}\n{_roff(' '.join(right.split()))}"
            for left, right in records
        ),
    ]
    if inner:
        listed = [(word, each.get_short_help_str(400)) for word, each in inner.items() if not each.hidden]
        parts += [".SH COMMANDS", *(f".TP\n.B {_roff(word)}\n{_roff(about)}" for word, about in listed)]
    else:
        parts += [".SH EXIT STATUS", *(f".TP\n.B {code}\n{meaning}" for code, meaning in _EXITS)]
    return "\n".join(parts) + "\n"


def _roff(text: str) -> str:
    """Write a text so that roff prints it as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
