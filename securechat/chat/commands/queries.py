"""MODE: of channels here, of people in `usermodes`."""

from securechat.chat.commands import usermodes
from securechat.chat.context import Context
from securechat.chat.dispatch import Command, printable
from securechat.irc import numerics as num
from securechat.irc.names import is_channel

LISTS = {"b": (num.RPL_ENDOFBANLIST, "End of channel ban list")}
"""Lists that clients ask for; they are empty."""


def mode(ctx: Context) -> None:
    """MODE <channel | nick>

    Shows the modes of a channel, or yours.
    """
    target, change = ctx.param(0), ctx.param(1)
    if is_channel(target):
        channel_mode(ctx, target, change)
    else:
        usermodes.user_mode(ctx)


def channel_mode(ctx: Context, name: str, change: str) -> None:
    """Show a channel's modes, when it was made, or one of its lists."""
    channel = ctx.registry.channel(name)
    if channel is None:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text="No such channel")
    elif not change:
        ctx.numeric(num.RPL_CHANNELMODEIS, channel.name, "+n")
        ctx.numeric(num.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))
    elif change.lstrip("+") in LISTS and len(ctx.params) == 2:
        end, text = LISTS[change.lstrip("+")]
        ctx.numeric(end, channel.name, text=text)
    else:
        ctx.numeric(
            num.ERR_UNKNOWNMODE, change.lstrip("+-")[:1] or "+", text=f"Unknown mode for {channel.name}"
        )


COMMANDS = (Command("MODE", mode, min_params=1),)
