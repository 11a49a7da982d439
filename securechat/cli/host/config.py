"""`securechat config`: the configuration as it is, as it is by default, and whether it is right."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import is_stdin
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import JsonOption, print_json
from securechat.cli.telling import tell


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(help="Show and check the configuration.", no_args_is_help=True, rich_markup_mode=None)
    group.command("show")(show)
    group.command("check")(check)
    group.command("default")(default)
    app.add_typer(group, name="config")


def show(as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Print every key as it is in force, and where it was set."""
    loaded = find_place(config, data_dir).loaded
    if as_json:
        import msgspec

        from securechat.app.configuration import concealed

        print_json(msgspec.to_builtins(concealed(loaded.config)))
        return
    from securechat.app.configuration import as_toml

    for line in as_toml(loaded).removesuffix("\n").split("\n"):
        tell(line, out=True)


def check(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE|-]", help="Instead of --config; - is standard input.", show_default=False
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Check the configuration, and the certificate that it names, without starting anything.

    The exit code is 0 when it is right, 1 when it is not; with --json, too.
    """
    from securechat.app.configuration import STANDARD_INPUT, STDIN

    if file is not None and is_stdin(file):
        place = Place(find_place(None, data_dir).directory, STDIN)
    else:
        place = find_place(file or config, data_dir)
    problems, remarks = _checked(place)
    source = STANDARD_INPUT if place.file == STDIN else place.file
    if as_json:
        named = None if source is None else str(source)
        print_json({"right": not problems, "file": named, "problems": problems, "notes": remarks})
        if problems:
            raise typer.Exit(ExitCode.ERROR)
        return
    if problems:
        raise CommandFailed("\n".join(problems))
    for remark in remarks:
        tell(f"Note: {remark}")
    none = "no configuration file: every key has its default or comes from the environment"
    tell(f"The configuration is right ({source or none}).", out=True)


def _checked(place: Place) -> tuple[Sequence[str], Sequence[str]]:
    """Return what is wrong with a configuration, and what is good to know of one with which nothing is."""
    from securechat.app.checks import check_machine
    from securechat.app.configuration import ConfigError, load
    from securechat.tls.errors import CertificateProblem

    try:
        return (), check_machine(load(place.file, os.environ, {}).config, place.directory)
    except ConfigError as error:
        return error.problems, ()
    except (ValueError, CertificateProblem) as error:
        return (str(error),), ()


def default(as_json: JsonOption = False) -> None:
    """Print a configuration file with every key, its documentation and its default."""
    from securechat.app.configuration import defaults_as_toml
    from securechat.config import fields

    if as_json:
        print_json(
            [
                {
                    "key": field.name,
                    "default": field.default,
                    "meaning": field.key.description,
                    "accepts": field.accepts,
                    "variable": field.variable,
                    "live": field.key.live,
                }
                for field in fields().values()
            ]
        )
        return
    for line in defaults_as_toml().removesuffix("\n").split("\n"):
        tell(line, out=True)
