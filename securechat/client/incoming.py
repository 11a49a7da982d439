"""What each line from the server means: a table from commands and numerics to functions.

A function changes the session's state and tells an event. Numerics that are not in the table are shown when
they are for people (`_SILENT` lists those that are not), and are refusals from 400 to 599.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from securechat.client.errors import Refused
from securechat.client.events import (
    Failed,
    Joined,
    Kind,
    Left,
    Message,
    Names,
    NickChanged,
    Quit,
    ServerText,
    Topic,
    Welcome,
)
from securechat.client.labels import Request
from securechat.irc import message as irc
from securechat.irc import timestamp
from securechat.irc.capabilities import NONCE_TAG
from securechat.irc.message import split_source

if TYPE_CHECKING:
    from securechat.client.session import Session

Line = irc.Message
BARRIER: Final = "ready"
"""The token of the PING whose PONG comes after everything that the server tells by itself at a login."""
_PREFIXES: Final = "~&@%+"
_SILENT: Final = frozenset(
    {
        *("002", "003", "004", "005", "251", "252", "253", "254", "255", "265", "266"),
        *("333", "375", "396", "900", "901"),
        *("ACK", "AWAY", "BATCH", "CAP", "MODE", "TAGMSG"),
    }
)


def handle(session: "Session", line: Line, request: Request | None) -> None:
    """Let a line from the server happen; `request` is the one that it answers."""
    handler = _HANDLERS.get(line.command)
    refused = _refusal(line)
    if handler is not None:
        handler(session, line)
    elif refused is not None:
        if request is not None:
            request.refused = refused
        if request is None or not request.nonce:
            session.emit(Failed(_command_of(line), refused, request.label if request else ""))
    elif line.command not in _SILENT:
        _server_text(session, line)


def nick_of(line: Line) -> str:
    """The nick that a line comes from; a server's name counts as one."""
    return split_source(line.source or "")[0]


def _refusal(line: Line) -> Refused | None:
    """A numeric from 400 to 599, or a standard reply FAIL: `FAIL <command> <code> [context…] :<text>`."""
    params = line.params
    if line.command == "FAIL":
        return Refused(params[1] if len(params) > 1 else "FAIL", params[-1] if params else "refused")
    if line.command[0] in "45" and line.command.isdigit():
        context = " ".join(params[1:-1])
        text = params[-1] if params else "refused"
        return Refused(line.command, f"{context}: {text}" if context else text)
    return None


def _command_of(line: Line) -> str:
    return line.params[0] if line.command == "FAIL" and line.params else line.command


def _server_text(session: "Session", line: Line) -> None:
    """Numerics begin with one's own nick, which says nothing."""
    params = line.params[1:] if line.command.isdigit() else line.params
    if params:
        session.emit(ServerText(" ".join(params)))


# Messages


def _message(session: "Session", line: Line) -> None:
    if len(line.params) < 2:
        return
    nick = nick_of(line)
    if "!" not in (line.source or ""):
        session.emit(ServerText(line.params[1]))
        return
    own = session.is_me(nick)
    msgid = line.tags.get("msgid", "")
    nonce = line.tags.get(NONCE_TAG, "") if own else ""
    sent_here = session.outbox.settle(nonce) is not None
    if own and msgid and not session.first_sight(msgid):
        return
    kind, text = _kind(line)
    session.emit(
        Message(
            sender=nick,
            target=line.params[0],
            text=text,
            time=_time(session, line),
            id=msgid,
            kind=kind,
            account=line.tags.get("account", ""),
            own=own,
            nonce=nonce if sent_here else "",
        )
    )


def _kind(line: Line) -> tuple[Kind, str]:
    text = line.params[1]
    if text.startswith("\x01ACTION "):
        return Kind.ACTION, text[len("\x01ACTION ") :].removesuffix("\x01")
    return (Kind.NOTICE if line.command == "NOTICE" else Kind.TEXT), text


def _time(session: "Session", line: Line) -> int:
    try:
        return timestamp.parse(line.tags.get("time", ""))
    except ValueError:
        return session.moment.wall


# Who is where


def _join(session: "Session", line: Line) -> None:
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


def _part(session: "Session", line: Line) -> None:
    if line.params:
        _leave(session, line.params[0], nick_of(line), _last(line, 1), "")


def _kick(session: "Session", line: Line) -> None:
    if len(line.params) > 1:
        _leave(session, line.params[0], line.params[1], _last(line, 2), nick_of(line))


def _leave(session: "Session", channel: str, nick: str, reason: str, by: str) -> None:
    own = session.is_me(nick)
    if own:
        session.left(channel)
    else:
        session.roster.remove(channel, nick)
    session.emit(Left(channel, nick, reason, own, by))


def _quit(session: "Session", line: Line) -> None:
    nick = nick_of(line)
    if not session.is_me(nick):
        channels = session.roster.remove_everywhere(nick)
        session.emit(Quit(nick, _last(line, 0), channels))


def _nick(session: "Session", line: Line) -> None:
    if line.params:
        old, new = nick_of(line), line.params[0]
        own = session.is_me(old)
        session.roster.rename(old, new)
        if own:
            session.nick = new
        session.emit(NickChanged(old, new, own))


def _names_reply(session: "Session", line: Line) -> None:
    """353 <me> <symbol> <channel> :<prefixed nicks>"""
    if len(line.params) > 3:
        nicks = [nick.lstrip(_PREFIXES) for nick in line.params[3].split(" ")]
        session.roster.listed(line.params[2], [nick for nick in nicks if nick])


def _names_end(session: "Session", line: Line) -> None:
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


# Topics


def _topic_changed(session: "Session", line: Line) -> None:
    if line.params:
        _topic(session, line.params[0], _last(line, 1), nick_of(line))


def _topic_is(session: "Session", line: Line) -> None:
    """332 <me> <channel> :<topic>"""
    if len(line.params) > 2:
        _topic(session, line.params[1], line.params[2], "")


def _topic_is_none(session: "Session", line: Line) -> None:
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


# The connection


def _welcome(session: "Session", line: Line) -> None:
    nick = line.params[0] if line.params else session.nick
    durable = session.welcomed(nick, line.source or "")
    session.emit(Welcome(nick, session.server, durable, session.logins > 1))


def _motd(session: "Session", line: Line) -> None:
    if session.logins == 1:
        session.emit(ServerText(_last(line, 1)))


def _motd_end(session: "Session", line: Line) -> None:
    if not session.ready:
        session.join_wanted()
    elif line.command == "422":
        _server_text(session, line)


def _ping(session: "Session", line: Line) -> None:
    session.send(Line("PONG", line.params[-1:]))


def _pong(session: "Session", line: Line) -> None:
    if line.params[-1:] == (BARRIER,) and not session.ready:
        session.barrier_passed()


def _error(session: "Session", line: Line) -> None:
    session.last_words = _last(line, 0)


def _last(line: Line, index: int) -> str:
    return line.params[index] if len(line.params) > index else ""


_HANDLERS: Final[Mapping[str, Callable[["Session", Line], None]]] = {
    "PRIVMSG": _message,
    "NOTICE": _message,
    "JOIN": _join,
    "PART": _part,
    "KICK": _kick,
    "QUIT": _quit,
    "NICK": _nick,
    "TOPIC": _topic_changed,
    "PING": _ping,
    "PONG": _pong,
    "ERROR": _error,
    "001": _welcome,
    "331": _topic_is_none,
    "332": _topic_is,
    "353": _names_reply,
    "366": _names_end,
    "372": _motd,
    "376": _motd_end,
    "422": _motd_end,
}
