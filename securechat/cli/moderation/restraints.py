"""`securechat channel ban` and its like: who may neither join nor speak in one channel."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.moderation.bans import ForOption, ReasonOption
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place, load_config
from securechat.cli.table import JsonOption, minute, print_json, print_table
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.chat.sanctions import InChannel

Row = dict[str, str | int | bool | None]

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

    place = existing_place(config, data_dir)
    rows = ask(place.directory, load_config(place).config, ListRestraints(channel)).rows
    if not rows and not as_json:
        tell(f"Nobody is banned or muted in {channel}.")
        return
    _show([dict(row) for row in rows], as_json)


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
    _change(existing_place(config, data_dir), request, f"Banned from {channel}", as_json)


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
    _change(existing_place(config, data_dir), request, f"Removed and banned from {channel}", as_json)


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
    _change(existing_place(config, data_dir), request, f"Muted in {channel}", as_json)


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
    _change(existing_place(config, data_dir), request, f"Not banned any more from {channel}", as_json)


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
    _change(existing_place(config, data_dir), request, f"Not muted any more in {channel}", as_json)


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
        f"Slow mode of {channel}: {count(seconds, 'second')}" if seconds else f"{channel} is not in slow mode"
    )
    done = change(place, load_config(place).config, SetSlowMode(channel, seconds), text, quiet=as_json)
    if as_json:
        print_json([dict(row) for row in done.rows])


def _change(place: Place, request: "InChannel", done: str, as_json: bool) -> None:
    """Have it done, and say of which entries of the list. Raises CommandFailed."""
    text = f"{done}: {request.targets.replace(',', ', ')}"
    answer = change(place, load_config(place).config, request, text, quiet=as_json)
    if as_json:
        print_json([dict(row) for row in answer.rows])


def _show(rows: list[Row], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    table: list[tuple[str, ...]] = [("KIND", "MASK", "SINCE (UTC)", "UNTIL (UTC)", "BY", "REASON")]
    for row in rows:
        until = minute(row["expires"]) if row["expires"] else "for ever"
        cells = (row["kind"], row["mask"], minute(row["since"]), until, row["by"], row["reason"])
        table.append(tuple(str(cell) for cell in cells))
    print_table(table)
