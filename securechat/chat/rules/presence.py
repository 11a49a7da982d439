"""What others are told of who is here, who is away and what they are called."""

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.lines.origin import Origin
from securechat.chat.lines.presence import away_line
from securechat.chat.rules import metadata
from securechat.chat.state.session import Session, User
from securechat.chat.turn.chat import Chat
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num
from securechat.irc.names import fold


def update_away(chat: Chat, user: User, *, announce: bool = True) -> None:
    """Take over what follows from the sessions, and tell the others when it is something else than before.

    The user's own sessions are not told: "clients SHOULD NOT be sent AWAY messages to notify them of their
    own away status".
    """
    away = user.away_now()
    if away == user.away:
        return
    user.away = away
    if announce:
        others = acquaintances(chat, user).without(user.audience)
        chat.fanout.broadcast(others, away_line(user, chat.now.wall))


def change_realname(ctx: Context, realname: str) -> None:
    """Give the user another real name, and tell everybody who knows what that means (`setname`)."""
    user = ctx.user
    user.realname = realname
    line = user.line("SETNAME", (), realname, ctx.chat.now.wall)._replace(needs=cap.SETNAME)
    ctx.chat.fanout.broadcast(acquaintances(ctx.chat, user), line, ctx)


def change_nick(chat: Chat, user: User, nick: str, origin: Origin | None, line: Line | None = None) -> None:
    """Give a user another nick, and tell everybody who knows the old or the new one.

    `line` tells it; it was made before the account was renamed, if it was.
    """
    before = user.nick
    line = line or user.line("NICK", (nick,), None, chat.now.wall)
    peers = chat.registry.peers(user)
    if fold(before) != fold(nick):
        chat.departures.add(user, user.sessions[-1].address, chat.now.wall)
    chat.registry.rename(user, nick)
    chat.fanout.broadcast(peers, line, origin)
    if fold(before) != fold(nick):
        tell_gone(chat, before)
        tell_here(chat, user)


def acquaintances(chat: Chat, user: User) -> Audience:
    """Return who shares a channel with the user, the user itself, and who watches (`extended-monitor`)."""
    watchers = chat.registry.monitors.watchers(user.nick, lambda session: session.has(cap.EXTENDED_MONITOR))
    peers = chat.registry.peers(user)
    return Audience.of({**peers.keys, **watchers.keys}.items()) if watchers.groups else peers


def departed(chat: Chat, user: User, session: Session) -> None:
    """The user's last session has gone."""
    chat.departures.add(user, session.address, chat.now.wall)
    tell_gone(chat, user.nick)


def tell_here(chat: Chat, user: User) -> None:
    """Tell those who watch that a user is online (IRCv3 monitor; "*" makes it one line for all)."""
    line = Line(chat.settings.server_name, num.RPL_MONONLINE, ("*",), user.source, chat.now.wall)
    chat.fanout.broadcast(chat.registry.monitors.watchers(user.nick), line)
    metadata.tell_watchers(chat, user)


def tell_gone(chat: Chat, nick: str) -> None:
    """Tell those who watch that nobody has this nick any more."""
    line = Line(chat.settings.server_name, num.RPL_MONOFFLINE, ("*",), nick, chat.now.wall)
    chat.fanout.broadcast(chat.registry.monitors.watchers(nick), line)
