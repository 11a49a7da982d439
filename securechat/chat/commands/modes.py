"""MODE: the modes of channels, and the person's own (`usermodes` has the latter)."""

from securechat.chat import modes
from securechat.chat.commands.usermodes import user_mode
from securechat.chat.rules.finding import visible_channel
from securechat.chat.rules.mode_changes import change
from securechat.chat.state.channel import Channel
from securechat.chat.turn.command import Command
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import is_channel


def mode(ctx: Context) -> None:
    """MODE <channel | nick> [<modes> [<argument> ...]]

    Shows or changes the modes of a channel, or yours: MODE #dev +b mask bans, MODE #dev +b lists the bans,
    MODE #dev +o nick makes an operator. HELP CMODE lists the modes of channels.
    """
    if not is_channel(ctx.param(0)):
        user_mode(ctx)
        return
    channel = visible_channel(ctx, ctx.param(0))
    if channel is None:
        return
    if len(ctx.params) == 1:
        show_modes(ctx, channel)
    else:
        change(ctx, channel, ctx.params[1:])


def show_modes(ctx: Context, channel: Channel) -> None:
    """Show a channel's modes and when it was made; its key only to members."""
    hide, named = "" if ctx.user.id in channel.members else "k", dict(channel.modes)
    target = ctx.registry.channels.get(channel.forward or 0)
    if target is not None and target.visible_to(ctx.user.id):
        named["f"] = target.name
    else:
        hide += "f"
    ctx.numeric(num.RPL_CHANNELMODEIS, channel.name, *modes.shown(named, hide=hide))
    ctx.numeric(num.RPL_CREATIONTIME, channel.name, str(channel.created // 1000))


COMMANDS = (Command("MODE", mode, min_params=1),)
