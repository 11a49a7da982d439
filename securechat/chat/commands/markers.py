"""MARKREAD: how far somebody has read, in step on all devices.

https://ircv3.net/specs/extensions/read-marker. Nobody else is told.
"""

from securechat.chat.lines.channel_state import marker_line
from securechat.chat.records import MarkerMoved
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import timestamp
from securechat.irc.names import is_channel
from securechat.irc.text import printable


def markread(ctx: Context) -> None:
    """MARKREAD <channel | nick> [timestamp=<time>]

    Shows how far you have read, or says it to all your sessions; it only moves forward.
    """
    if not ctx.param(0):
        ctx.fail("NEED_MORE_PARAMS", text="Missing parameters: MARKREAD <channel | nick> [timestamp=<time>]")
        return
    found = target_of(ctx, ctx.param(0))
    if found is None:
        name = printable(ctx.param(0))
        ctx.fail("INVALID_PARAMS", name, text="You are not in such a channel, and nobody has this name")
        return
    target, name = found
    account = ctx.user.account
    if len(ctx.params) > 1:
        upto = time_of(ctx.param(1))
        if upto is None:
            text = "A marker is given as timestamp=2026-11-22T11:45:00.123Z"
            ctx.fail("INVALID_PARAMS", name, printable(ctx.param(1)), text=text)
            return
        known = ctx.registry.markers.get(account.id, {}).get(target)
        now = ctx.chat.now.wall
        upto = min(upto, now)
        # A marker of a time to come was set while the clock was ahead. Nobody has read the messages since.
        if known is None or upto > known or known > now:
            ctx.record(MarkerMoved(account.id, target, upto, known))
    ctx.reply(marker_line(ctx.registry, account, target, name, ctx.chat.now.wall)._replace(needs=0))


def target_of(ctx: Context, name: str) -> tuple[int, str] | None:
    """Return what a name is for a marker: a channel's id or minus an account's, and its name."""
    if is_channel(name):
        channel = ctx.registry.channel(name)
        return (channel.id, channel.name) if channel and ctx.user.id in channel.members else None
    found = ctx.registry.known(name)
    return (-found[0].id, found[1]) if found is not None else None


def time_of(text: str) -> int | None:
    """Return the time in `timestamp=...`; None for anything else."""
    kind, _, value = text.partition("=")
    try:
        return max(timestamp.parse(value), 0) if kind == "timestamp" else None
    except ValueError:
        return None


COMMANDS = (Command("MARKREAD", markread),)
