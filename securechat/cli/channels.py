"""`securechat channel`: what an administrator sets of channels."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.config import JsonOption, load_config
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import print_json

if TYPE_CHECKING:
    from securechat.chat.requests import Done, Request


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(help="List channels and change their settings.", no_args_is_help=True)
    group.command("list")(list_channels)
    group.command("set")(set_channel)
    app.add_typer(group, name="channel")


def list_channels(
    as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None
) -> None:
    """List the channels, each with how many members it has and how many days it keeps messages."""
    from securechat.chat.requests import ListChannels

    rows = _ask(find_place(config, data_dir), ListChannels()).rows
    if as_json:
        print_json([dict(row) for row in rows])
        return
    for row in rows:
        days = row["retention_days"]
        kept = "" if days is None else "  kept for ever" if days == 0 else f"  kept {days} days"
        typer.echo(f"{row['name']}  {row['members']} members{kept}")


def set_channel(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The channel, such as #general.")],
    setting: Annotated[str, typer.Argument(metavar="SETTING", help="What to set: retention_days.")],
    value: Annotated[
        str, typer.Argument(metavar="VALUE", help='A number of days, 0 for ever, or "default".')
    ],
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Change a setting of a channel.

    retention_days: how long its messages are kept; "default" is what history.retention_days says.
    """
    from securechat.chat.requests import SetRetention

    if setting != "retention_days":
        raise CommandFailed(f"{setting!r} is no setting of a channel: use retention_days", ExitCode.USAGE)
    if value != "default" and not (value.isascii() and value.isdigit() and len(value) <= 6):
        raise CommandFailed(f'{value!r} is no number of days: use one, or "default"', ExitCode.USAGE)
    days = -1 if value == "default" else int(value)
    place = find_place(config, data_dir)
    place.require()
    settings = load_config(place).config
    change(place, settings, SetRetention(name, days), f"The setting {setting} of {name} is {value}")


def _ask(place: Place, request: "Request") -> "Done":
    from securechat.cli.ask import ask

    place.require()
    return ask(place.directory, load_config(place).config, request)
