"""Who is where, and what becomes of channels."""

from typing import TYPE_CHECKING, Final

from securechat.client.events import (
    Invited,
    Joined,
    Left,
    ModesChanged,
    Names,
    NickChanged,
    Quit,
    Renamed,
    Topic,
)
from securechat.client.incoming.messages import Line, last, nick_of
from securechat.irc.names import is_channel

if TYPE_CHECKING:
    from securechat.client.session import Session

_PREFIXES: Final = "~&@%+"
_ALWAYS_WITH_ARGUMENT: Final = "qaohvbeIk"
_WITH_ARGUMENT_WHEN_SET: Final = "lfW"


def join(session: "Session", line: Line) -> None:
    """JOIN <channel>"""
    if not line.params:
        return
    nick, name = nick_of(line), line.params[0]
    own = session.is_me(nick)
    if own:
        known = session.roster.get(name)
        if known is not None and known.restored:
            return  # after a reconnection: one was there before; NAMES ends the restoration
        session.roster.enter(name)
    session.roster.add(name, nick)
    session.emit(Joined(name, nick, own))


def part(session: "Session", line: Line) -> None:
    """PART <channel> [:<reason>]"""
    if line.params:
        _leave(session, line.params[0], nick_of(line), last(line, 1), "")


def kick(session: "Session", line: Line) -> None:
    """KICK <channel> <nick> [:<reason>]"""
    if len(line.params) > 1:
        _leave(session, line.params[0], line.params[1], last(line, 2), nick_of(line))


def _leave(session: "Session", channel: str, nick: str, reason: str, by: str) -> None:
    own = session.is_me(nick)
    if own:
        session.left(channel)
    else:
        session.roster.remove(channel, nick)
    session.emit(Left(channel, nick, reason, own, by))


def quit(session: "Session", line: Line) -> None:
    """QUIT [:<reason>]"""
    nick = nick_of(line)
    if not session.is_me(nick):
        channels = session.roster.remove_everywhere(nick)
        session.emit(Quit(nick, last(line, 0), channels))


def nick(session: "Session", line: Line) -> None:
    """NICK <nick>"""
    if line.params:
        old, new = nick_of(line), line.params[0]
        own = session.is_me(old)
        session.roster.rename(old, new)
        if own:
            session.nick = new
        session.emit(NickChanged(old, new, own))


def names_reply(session: "Session", line: Line) -> None:
    """353 <me> <symbol> <channel> :<prefixed nicks>"""
    if len(line.params) > 3:
        nicks = [nick.lstrip(_PREFIXES) for nick in line.params[3].split(" ")]
        session.roster.listed(line.params[2], [nick for nick in nicks if nick])


def names_end(session: "Session", line: Line) -> None:
    """366 <me> <channel> :End of NAMES list"""
    if len(line.params) < 2:
        return
    name = line.params[1]
    nicks = session.roster.list_complete(name)
    channel = session.roster.get(name)
    if channel is not None and channel.restored:
        channel.restored = False
    else:
        session.emit(Names(channel.name if channel else name, nicks))


def topic_changed(session: "Session", line: Line) -> None:
    """TOPIC <channel> :<topic>"""
    if line.params:
        _topic(session, line.params[0], last(line, 1), nick_of(line))


def topic_is(session: "Session", line: Line) -> None:
    """332 <me> <channel> :<topic>"""
    if len(line.params) > 2:
        _topic(session, line.params[1], line.params[2], "")


def topic_is_none(session: "Session", line: Line) -> None:
    """331 <me> <channel> :No topic is set"""
    if len(line.params) > 1:
        _topic(session, line.params[1], "", "")


def _topic(session: "Session", name: str, text: str, by: str) -> None:
    channel = session.roster.get(name)
    known = channel is not None and channel.restored and channel.topic == text
    if channel is not None:
        channel.topic = text
    if not known:
        session.emit(Topic(name, text, by))


def rename(session: "Session", line: Line) -> None:
    """RENAME <old> <new> [:<reason>]"""
    if len(line.params) > 1:
        old, new = line.params[:2]
        session.renamed(old, new)
        session.emit(Renamed(old, new, nick_of(line), last(line, 2)))


def invite(session: "Session", line: Line) -> None:
    """INVITE <nick> <channel>"""
    if len(line.params) > 1:
        nick, channel = line.params[:2]
        session.emit(Invited(channel, nick, nick_of(line), session.is_me(nick)))


def invited(session: "Session", line: Line) -> None:
    """341 <me> <nick> <channel>"""
    if len(line.params) > 2:
        session.emit(Invited(line.params[2], line.params[1], session.nick, own=False))


def mode(session: "Session", line: Line) -> None:
    """MODE <channel | nick> <changes> [<argument>…]"""
    if len(line.params) < 2:
        return
    target, letters, *arguments = line.params
    changes, added = [], True
    for letter in letters:
        if letter in "+-":
            added = letter == "+"
            continue
        takes = _ALWAYS_WITH_ARGUMENT + (_WITH_ARGUMENT_WHEN_SET if added else "")
        has = is_channel(target) and letter in takes and arguments
        changes.append((added, letter, arguments.pop(0) if has else ""))
    if changes:
        session.emit(ModesChanged(target, nick_of(line), tuple(changes), session.is_me(target)))
