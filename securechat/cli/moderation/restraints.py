"""`securechat channel ban` and its like: who may neither join nor speak in one channel."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change, were
from securechat.cli.moderation.bans import ForOption, ReasonOption, end_of
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, minute, print_rows
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.chat.requests import Row
    from securechat.chat.sanctions import InChannel

ChannelArgument = Annotated[str, typer.Argument(metavar="CHANNEL", help="In quotes: '#dev'.")]
PeopleArgument = Annotated[
    list[str],
    typer.Argument(metavar="TARGET…", show_default=False, help="Accounts, or masks in quotes: 'spam*!*@*'."),
]


def register(group: typer.Typer) -> None:
    """Add the commands to those for channels."""
    for command in (bans, ban, kickban, mute, unban, unmute, slow):
        group.command(command.__name__)(command)


def bans(
    channel: ChannelArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the bans and mutes of a channel, the oldest first."""
    from securechat.chat.sanctions import ListRestraints
    from securechat.cli.ask import ask

    rows = ask(existing_place(config, data_dir), ListRestraints(channel)).rows
    headings = ("KIND", "MASK", "SINCE (UTC)", "UNTIL (UTC)", "BY", "REASON")
    print_rows(rows, as_json, headings, _cells, f"Nobody is banned or muted in {channel}.")


def _cells(row: "Row") -> tuple[object, ...]:
    return row["kind"], row["mask"], minute(row["since"]), end_of(row), row["by"], row["reason"]


def ban(
    channel: ChannelArgument,
    targets: PeopleArgument,
    duration: ForOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Ban people from a channel: they may neither join nor speak."""
    from securechat.chat.sanctions import ChannelBan

    request = ChannelBan(channel, ",".join(targets), duration, reason)
    _change(existing_place(config, data_dir), request, f"banned from {channel}", as_json)


def kickban(
    channel: ChannelArgument,
    targets: PeopleArgument,
    duration: ForOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Remove people from a channel and ban them from it."""
    from securechat.chat.sanctions import KickBan

    request = KickBan(channel, ",".join(targets), duration, reason)
    _change(existing_place(config, data_dir), request, f"removed and banned from {channel}", as_json)


def mute(
    channel: ChannelArgument,
    targets: PeopleArgument,
    duration: ForOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Mute people in a channel: they may be there and not speak."""
    from securechat.chat.sanctions import ChannelMute

    request = ChannelMute(channel, ",".join(targets), duration, reason)
    _change(existing_place(config, data_dir), request, f"muted in {channel}", as_json)


def unban(
    channel: ChannelArgument,
    targets: PeopleArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let people into a channel again: every ban that meets them goes."""
    from securechat.chat.sanctions import ChannelUnban

    request = ChannelUnban(channel, ",".join(targets))
    _change(existing_place(config, data_dir), request, f"let into {channel} again", as_json)


def unmute(
    channel: ChannelArgument,
    targets: PeopleArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let people speak in a channel again: every mute that meets them goes."""
    from securechat.chat.sanctions import ChannelUnmute

    request = ChannelUnmute(channel, ",".join(targets))
    _change(existing_place(config, data_dir), request, f"allowed to speak in {channel} again", as_json)


def slow(
    channel: ChannelArgument,
    seconds: Annotated[int, typer.Argument(metavar="SECONDS", min=0, max=3600, help="0 ends it.")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let each account say one thing in so many seconds in a channel (mode +W)."""
    from securechat.chat.sanctions import SetSlowMode

    place = existing_place(config, data_dir)
    text = (
        f"The slow mode of {channel} was set to {count(seconds, 'second')}"
        if seconds
        else f"The slow mode of {channel} was ended"
    )
    change(place, SetSlowMode(channel, seconds), text, as_json=as_json)


def _change(place: Place, request: "InChannel", done: str, as_json: bool) -> None:
    """Have it done, and say of which entries of the list. Raises CommandFailed."""
    change(place, request, f"{were(request.targets.split(','))} {done}", as_json=as_json)
