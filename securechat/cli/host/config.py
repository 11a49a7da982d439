"""`securechat config`: the configuration as it is, as it is by default, and whether it is right."""

from pathlib import Path
from typing import Annotated

import typer

from securechat.cli.exits import CommandFailed
from securechat.cli.files import is_stdin
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place, load_config
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
    loaded = load_config(find_place(config, data_dir))
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
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Check the configuration, and the certificate that it names, without starting anything."""
    from securechat.app.checks import check_machine
    from securechat.app.configuration import STANDARD_INPUT, STDIN
    from securechat.tls.errors import CertificateProblem

    if file is not None and is_stdin(file):
        place = Place(find_place(None, data_dir).directory, STDIN)
    else:
        place = find_place(file or config, data_dir)
    settings = load_config(place).config
    try:
        remarks = check_machine(settings, place.directory)
    except (ValueError, CertificateProblem) as error:
        raise CommandFailed(str(error)) from error
    for remark in remarks:
        tell(f"Note: {remark}")
    source = (
        STANDARD_INPUT
        if place.file == STDIN
        else place.file or "no configuration file: every key has its default or comes from the environment"
    )
    tell(f"The configuration is right ({source}).", out=True)


def default() -> None:
    """Print a configuration file with every key, its documentation and its default."""
    from securechat.app.configuration import defaults_as_toml

    for line in defaults_as_toml().removesuffix("\n").split("\n"):
        tell(line, out=True)
