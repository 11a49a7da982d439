"""Lists of targets: a command does what it can, up to ISUPPORT TARGMAX, and answers for each of the rest."""

from securechat.chat import limits
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import fold
from securechat.irc.text import printable


def listed(ctx: Context, index: int) -> list[str]:
    """Return the targets in a parameter that the command is for, each once; only "" when there are none."""
    names: dict[str, str] = {}
    for name in ctx.param(index).split(","):
        if name:
            names.setdefault(fold(name), name)
    return within(ctx, list(names.values()) or [""])


def within(ctx: Context, names: list[str]) -> list[str]:
    """Return as many of the targets as the command takes; say of each of the others that it was left out."""
    command = ctx.message.command
    most = limits.TARGETS[command]
    for name in names[most:]:
        text = f"Too many targets: {command} takes at most {most} at once"
        ctx.numeric(num.ERR_TOOMANYTARGETS, printable(name), text=text)
    return names[:most]
