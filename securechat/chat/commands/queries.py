"""What stock clients ask unasked: MODE, WHO, WHOIS."""

from securechat.chat.channel import Channel
from securechat.chat.context import Context
from securechat.chat.dispatch import Command, printable
from securechat.chat.user import User
from securechat.chat.welcome import packed, prefix
from securechat.irc import numerics as num
from securechat.irc.names import fold, is_channel

LISTS = {"b": (num.RPL_ENDOFBANLIST, "End of channel ban list")}
"""Lists that clients ask for; they are empty."""


def mode(ctx: Context) -> None:
    """MODE <channel | nick>

    Shows the modes of a channel, or yours.
    """
    target, change = ctx.param(0), ctx.param(1)
    if is_channel(target):
        channel_mode(ctx, target, change)
    elif fold(target) != fold(ctx.nick):
        ctx.numeric(num.ERR_USERSDONTMATCH, text="You can only see your own modes")
    elif change:
        ctx.numeric(num.ERR_UMODEUNKNOWNFLAG, text="Unknown user mode")
    else:
        ctx.numeric(num.RPL_UMODEIS, "+")


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


def who(ctx: Context) -> None:
    """WHO <channel | nick>

    Lists the members of a channel who are online, or one person.
    """
    name = ctx.param(0)
    channel = ctx.registry.channel(name) if is_channel(name) else None
    user = None if channel is not None else ctx.registry.user(name)
    found = ctx.registry.online(channel) if channel is not None else [user] if user is not None else []
    for one in found:
        who_reply(ctx, channel, one)
    ctx.numeric(num.RPL_ENDOFWHO, printable(name), text="End of WHO list")


def who_reply(ctx: Context, channel: Channel | None, user: User) -> None:
    """Reply one row of WHO."""
    server = ctx.settings.server_name
    shown = channel.name if channel is not None else "*"
    flags = "H" + (prefix(channel, user) if channel is not None else "")
    ctx.numeric(
        num.RPL_WHOREPLY,
        shown,
        user.account.name,
        server,
        server,
        user.nick,
        flags,
        text=f"0 {user.realname}",
    )


def whois(ctx: Context) -> None:
    """WHOIS <nick>

    Tells who somebody is.
    """
    nick = ctx.params[-1]
    user = ctx.registry.user(nick)
    if user is None:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(nick), text="No such nick")
    else:
        whois_user(ctx, user)
    ctx.numeric(num.RPL_ENDOFWHOIS, printable(nick), text="End of WHOIS list")


def whois_user(ctx: Context, user: User) -> None:
    """Reply what is known of a user; channels only when the asking one is in them too."""
    server, account = ctx.settings.server_name, user.account.name
    ctx.numeric(num.RPL_WHOISUSER, user.nick, account, server, "*", text=user.realname)
    shared = [
        prefix(channel, user) + channel.name
        for channel in ctx.registry.channels_of(user.id)
        if ctx.user.id in channel.members
    ]
    for text in packed(iter(shared), 300):
        ctx.numeric(num.RPL_WHOISCHANNELS, user.nick, text=text)
    ctx.numeric(num.RPL_WHOISSERVER, user.nick, server, text=ctx.settings.network)
    ctx.numeric(num.RPL_WHOISACCOUNT, user.nick, account, text="is logged in as")
    ctx.numeric(num.RPL_WHOISSECURE, user.nick, text="is using a secure connection")


COMMANDS = (
    Command("MODE", mode, min_params=1),
    Command("WHO", who, min_params=1, cost=2.0),
    Command("WHOIS", whois, min_params=1),
)
