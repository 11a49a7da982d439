"""All commands. They import heavy modules themselves, so that `--help` and usage errors are quick."""

import sys
from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Annotated, Final

import typer
from typer.models import CommandInfo

from securechat import __version__
from securechat.cli import (
    accounts,
    audit,
    backup,
    bans,
    certs,
    channels,
    config,
    connect,
    control,
    devices,
    exchange,
    invite,
    join,
    migrate_store,
    removal,
    restore,
    send,
    server,
    service,
    trust,
)
from securechat.cli.exits import CommandFailed
from securechat.cli.files import is_utf8
from securechat.cli.telling import tell

_PATHS: Final = ("cert", "key")
"""Parameters that are texts and name files, whose names may be any bytes."""

app = typer.Typer(
    name="securechat",
    help="A private chat server and its client: TLS 1.3, accounts, and what you see confirmed is on disk.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Rich costs 0.1 s at every start, and a traceback with local variables shows passwords.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    pretty_exceptions_show_locals=False,
)


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end with SystemExit; `arguments` default to the process's own."""
    try:
        app(arguments, prog_name="securechat")
    except CommandFailed as failure:
        for line in str(failure).splitlines():
            tell(f"securechat: {line}")
        sys.exit(failure.code)


def _show_version(wanted: bool) -> None:
    if wanted:
        tell(f"securechat {__version__}", out=True)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


def _of_texts(function: Callable[..., object]) -> Callable[..., object]:
    """Refuse texts that are no UTF-8, which nothing behind a command could store, send or compare."""

    @wraps(function)
    def checked(**given: object) -> object:
        for name, value in given.items():
            for text in value if isinstance(value, list | tuple) else (value,):
                if isinstance(text, str) and name not in _PATHS and not is_utf8(text):
                    raise typer.BadParameter(f"{text!a} is not UTF-8")
        return function(**given)

    return checked


def _commands(group: typer.Typer) -> Iterator[CommandInfo]:
    yield from group.registered_commands
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from _commands(inner.typer_instance)


for module in (
    server,
    accounts,
    removal,
    devices,
    invite,
    bans,
    audit,
    control,
    channels,
    backup,
    restore,
    exchange,
    migrate_store,
    service,
    certs,
    config,
    join,
    connect,
    send,
    trust,
):
    module.register(app)

for command in _commands(app):
    assert command.callback is not None, "it was made of a function"
    command.callback = _of_texts(command.callback)
