"""Questions about single people: WHOIS, WHOWAS, USERHOST, ISON; and about all of them: LUSERS."""

from collections.abc import Iterable, Iterator
from typing import Final

from securechat.chat.commands import usermodes
from securechat.chat.commands.who import wire_address
from securechat.chat.line import Line, packed
from securechat.chat.reserved import ALIASES, REALNAME, SERVICE, is_service
from securechat.chat.rules import targets, welcome
from securechat.chat.rules.welcome import prefix
from securechat.chat.state.session import BOT, INVISIBLE, User
from securechat.chat.turn.command import FIRST, LAST, Command
from securechat.chat.turn.context import Context
from securechat.chat.turn.pieces import reply_all
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import fold
from securechat.irc.text import body_room, printable
from securechat.irc.timestamp import format_ms

MAX_USERHOST: Final = 5


def whois(ctx: Context) -> None:
    """WHOIS [<server | nick>] <nick>{,<nick>}

    Tells who somebody is.
    """
    if not ctx.params or not ctx.params[-1]:
        ctx.numeric(num.ERR_NONICKNAMEGIVEN, text="No nickname given")
        return
    target = ctx.param(0)
    if fold(target) != fold(ctx.settings.server_name) and not is_here(ctx, target) and ctx.param(1):
        ctx.numeric(num.ERR_NOSUCHSERVER, printable(target), text="No such server")
        return
    ctx.for_each(targets.listed(ctx, -1), lambda nick: whois_one(ctx, nick))


def whois_one(ctx: Context, nick: str) -> None:
    """Tell who one person is."""
    user = ctx.registry.user(nick)
    if user is None and is_service(nick):
        describe_service(ctx, ALIASES[fold(nick)])
    elif user is None:
        ctx.numeric(num.ERR_NOSUCHNICK, printable(nick), text="No such nick")
    else:
        describe(ctx, user)
        describe_connection(ctx, user)
    ctx.numeric(num.RPL_ENDOFWHOIS, printable(nick), text="End of WHOIS list")


def is_here(ctx: Context, nick: str) -> bool:
    """Return whether somebody has this nick; the pseudo-user always is here."""
    return ctx.registry.user(nick) is not None or is_service(nick)


def describe_service(ctx: Context, nick: str) -> None:
    """Reply who the pseudo-user is."""
    server, network = ctx.settings.server_name, ctx.settings.network
    ctx.numeric(num.RPL_WHOISUSER, nick, SERVICE, server, "*", text=REALNAME)
    ctx.numeric(num.RPL_WHOISSERVER, nick, server, text=network)
    ctx.numeric(num.RPL_WHOISBOT, nick, text=f"is a bot on {network}")


def describe(ctx: Context, user: User) -> None:
    """Reply who the user is and where to be met."""
    server, account, nick = ctx.settings.server_name, user.account.name, user.nick
    ctx.numeric(num.RPL_WHOISUSER, nick, account, server, "*", text=user.realname)
    for text in packed(channels(ctx, user), body_room(server, num.RPL_WHOISCHANNELS, ctx.nick, nick)):
        ctx.numeric(num.RPL_WHOISCHANNELS, nick, text=text)
    ctx.numeric(num.RPL_WHOISSERVER, nick, server, text=ctx.settings.network)
    if user.operator:
        ctx.numeric(num.RPL_WHOISOPERATOR, nick, text="is an operator")
    if BOT in user.modes:
        ctx.numeric(num.RPL_WHOISBOT, nick, text=f"is a bot on {ctx.settings.network}")
    ctx.numeric(num.RPL_WHOISACCOUNT, nick, account, text="is logged in as")
    if ctx.session.has(cap.ANY_METADATA):
        for key, value in sorted(ctx.registry.metadata.get(-user.account.id, {}).items()):
            ctx.numeric(num.RPL_WHOISKEYVALUE, nick, key, "*", text=value)
    if user.away is not None:
        ctx.numeric(num.RPL_AWAY, nick, text=user.away)


def channels(ctx: Context, user: User) -> Iterator[str]:
    """The channels of a user that may be seen: those that both are in, and the open ones of who is not +i."""
    multi = ctx.session.has(cap.MULTI_PREFIX)
    hides = INVISIBLE in user.modes and user is not ctx.user
    for channel in ctx.registry.channels_of(user.id):
        inside = ctx.user.id in channel.members
        if (inside or not (hides or channel.hidden)) and channel.shows(user.id, ctx.user.id):
            yield prefix(channel, user, multi=multi) + channel.name


def describe_connection(ctx: Context, user: User) -> None:
    """Reply how the user is connected; from where is for operators only."""
    nick = user.nick
    if ctx.session.oper:
        for session in user.sessions:
            host = wire_address(session.address)
            ctx.numeric(num.RPL_WHOISACTUALLY, nick, host, text="is actually using host")
            ctx.numeric(num.RPL_WHOISHOST, nick, text=f"is connecting from *@{host} {host}")
    if ctx.session.oper or user is ctx.user:
        ctx.numeric(num.RPL_WHOISMODES, nick, text=f"is using modes {usermodes.shown(user)}")
        ctx.numeric(num.RPL_WHOISSPECIAL, nick, text=f"has {len(user.sessions)} connected session(s)")
    ctx.numeric(num.RPL_WHOISSECURE, nick, text="is using a secure connection")
    idle, signon = str(user.idle(ctx.chat.now.mono)), str(user.signon // 1000)
    ctx.numeric(num.RPL_WHOISIDLE, nick, idle, signon, text="seconds idle, signon time")


def whowas(ctx: Context) -> None:
    """WHOWAS <nick>{,<nick>} [<count>]

    Tells who had a nick until lately.
    """
    if not ctx.param(0):
        ctx.numeric(num.ERR_NONICKNAMEGIVEN, text="No nickname given")
        return
    nicks = targets.listed(ctx, 0)
    reply_all(ctx, (line for nick in nicks for line in whowas_one(ctx, nick, ctx.param(1))))


def whowas_one(ctx: Context, nick: str, count: str) -> Iterator[Line]:
    """Tell who had one nick, the latest first; as many entries as `count` says, if that is a number."""
    server, at, entries = ctx.settings.server_name, ctx.at, ctx.chat.departures.of(nick)
    if count.isascii() and count.isdigit() and int(count[:9]) > 0:
        entries = entries[: int(count[:9])]
    for entry in entries:
        user = (ctx.nick, entry.nick, entry.account, server, "*")
        yield Line(server, num.RPL_WHOWASUSER, user, entry.realname, at)
        yield Line(server, num.RPL_WHOISSERVER, (ctx.nick, entry.nick, server), format_ms(entry.at), at)
        if ctx.session.oper:
            params = (ctx.nick, entry.nick, wire_address(entry.address))
            yield Line(server, num.RPL_WHOISACTUALLY, params, "was actually using host", at)
    asked = (ctx.nick, printable(nick))
    if not entries:
        yield Line(server, num.ERR_WASNOSUCHNICK, asked, "There was no such nickname", at)
    yield Line(server, num.RPL_ENDOFWHOWAS, asked, "End of WHOWAS", at)


def userhost(ctx: Context) -> None:
    """USERHOST <nick>{ <nick>}

    Tells of up to five people whether they are away or operators, and their account.
    """
    hosts = [host_of(ctx, nick) for nick in ctx.params[:MAX_USERHOST]]
    reply_words(ctx, num.RPL_USERHOST, [host for host in hosts if host])


def host_of(ctx: Context, nick: str) -> str:
    """Write somebody as USERHOST does: `nick [*] = (+|-) user@host`; "" is nobody."""
    user = ctx.registry.user(nick)
    if user is None:
        alias = ALIASES.get(fold(nick))
        return f"{alias}=+{SERVICE}@{ctx.settings.server_name}" if alias is not None else ""
    operator, away = "*" if user.operator else "", "+" if user.away is None else "-"
    return f"{user.nick}{operator}={away}{user.account.name}@{ctx.settings.server_name}"


def ison(ctx: Context) -> None:
    """ISON <nick>{ <nick>}

    Tells which of these people are online.
    """
    here: dict[str, None] = {}

    def look_for(nick: str) -> None:
        user = ctx.registry.user(nick)
        found = user.nick if user is not None else ALIASES.get(fold(nick))
        if found is not None:
            here[found] = None

    ctx.for_each(" ".join(ctx.params).split(" "), look_for, lambda: reply_words(ctx, num.RPL_ISON, here))


def reply_words(ctx: Context, code: str, words: Iterable[str]) -> None:
    """Reply words, as many on a line as fit; one line when there are none."""
    room = body_room(ctx.settings.server_name, code, ctx.nick)
    for text in list(packed(iter(words), room)) or [""]:
        ctx.numeric(code, text=text)


def lusers(ctx: Context) -> None:
    """LUSERS

    Tells how many people and channels there are.
    """
    for line in welcome.lusers(ctx):
        ctx.reply(line)


COMMANDS = (
    Command("ISON", ison, min_params=1),
    Command("LUSERS", lusers),
    Command("USERHOST", userhost, min_params=1),
    Command("WHOIS", whois, listed=LAST),
    Command("WHOWAS", whowas, cost=2.0, listed=FIRST),
)
