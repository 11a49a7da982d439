"""Whom or what a command means: found by name, or the reply that says why not."""

from securechat.chat.state.channel import Channel
from securechat.chat.state.session import User
from securechat.chat.turn.context import Context
from securechat.irc import numerics as num
from securechat.irc.names import is_channel
from securechat.irc.text import printable


def visible_channel(ctx: Context, name: str) -> Channel | None:
    """Return the channel if the user may know of it; else reply that there is none."""
    channel = ctx.registry.channel(name) if is_channel(name) else None
    if channel is not None and channel.visible_to(ctx.user.id):
        return channel
    ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text="No such channel")
    return None


def member_of(ctx: Context, name: str) -> Channel | None:
    """Return the channel if the user is a member of it; else reply why not."""
    channel = visible_channel(ctx, name)
    if channel is not None and ctx.user.id not in channel.members:
        ctx.numeric(num.ERR_NOTONCHANNEL, channel.name, text="You're not on that channel")
        return None
    return channel


def known_user(ctx: Context, nick: str) -> User | None:
    """Return the online user of this nick; else reply that there is none."""
    user = ctx.registry.user(nick)
    if user is None:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(nick), text="No such nick")
    return user


def known_channel(ctx: Context, name: str) -> Channel | None:
    """Return the channel; else reply that there is none."""
    channel = ctx.registry.channel(name) if is_channel(name) else None
    if channel is None:
        ctx.numeric(num.ERR_NOSUCHCHANNEL, printable(name), text="No such channel")
    return channel
