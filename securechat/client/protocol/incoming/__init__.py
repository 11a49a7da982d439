"""What each line from the server means: a table from commands and numerics to functions.

A function changes the session's state and tells an event. Numerics that are not in the table are shown when
they are for people (`_SILENT` lists those that are not), and are refusals from 400 to 599.
"""

from collections.abc import Callable, Mapping
from typing import Final

from securechat.client.errors import Refused
from securechat.client.events import Failed, ServerText, Welcome
from securechat.client.protocol.incoming import channels, devices, messages, people, silences
from securechat.client.protocol.incoming.messages import Line, last, nick_of
from securechat.client.protocol.labels import Request
from securechat.client.protocol.registration import DURABLE
from securechat.client.protocol.state import BARRIER, State

_SILENT: Final = frozenset(
    {
        *("002", "003", "004", "221", "251", "252", "253", "254", "255", "265", "266"),
        *(
            "312",
            "315",
            "321",
            "323",
            "369",
            "329",
            "333",
            "375",
            "396",
            "728",
            "729",
            "770",
            "774",
            "900",
            "901",
        ),
        *(
            "ACCOUNT",
            "ACK",
            "AUTHENTICATE",
            "BATCH",
            "CAP",
            "CHGHOST",
            "SETNAME",
        ),
    }
)


def handle(state: State, line: Line, request: Request | None) -> None:
    """Let a line from the server happen; `request` is the one that it answers."""
    handler = _HANDLERS.get(line.command)
    refused = _refusal(line)
    if handler is not None:
        if request is not None and line.command == "NOTICE" and not state.is_me(nick_of(line)):
            request.taken = True
        handler(state, line)
    elif refused is not None:
        if request is not None:
            request.refused = refused
        if request is None or not (request.nonce or request.quiet):
            state.emit(Failed(_command_of(line), refused, request.label if request else ""))
    elif line.command not in _SILENT:
        _server_text(state, line)


def _refusal(line: Line) -> Refused | None:
    """A numeric from 400 to 599, or a standard reply FAIL: `FAIL <command> <code> [context…] :<text>`."""
    params = line.params
    if line.command == "FAIL":
        code = params[1] if len(params) > 1 else "FAIL"
        if params[:2] == ("CHATHISTORY", "INVALID_TARGET") and len(params) > 3:
            return Refused(code, f"there is no {params[-2]} here, or it is not for you to read")
        return Refused(code, params[-1] if params else "refused")
    if line.command[0] in "45" and line.command.isdigit():
        context = " ".join(params[1:-1])
        text = params[-1] if params else "refused"
        if line.command == "421" and context:
            return Refused(line.command, f"this server does not know {context}")
        return Refused(line.command, f"{context}: {text}" if context else text)
    return None


def _command_of(line: Line) -> str:
    return line.params[0] if line.command == "FAIL" and line.params else line.command


def _server_text(state: State, line: Line) -> None:
    """Numerics begin with one's own nick, which says nothing; an unknown command is for programs."""
    if line.command.isdigit() and len(line.params) > 1:
        *context, text = line.params[1:]
        state.emit(ServerText(f"{' '.join(context)}: {text}" if context else text))


def _knock(state: State, line: Line) -> None:
    """710 <me> <channel> <source> :<text>"""
    if len(line.params) > 3:
        who = line.params[2].partition("!")[0]
        state.emit(ServerText(f"{who} asks to be let into {line.params[1]}: {line.params[3]}"))


# The connection


def _welcome(state: State, line: Line) -> None:
    nick = line.params[0] if line.params else state.nick
    state.welcomed(nick, line.source or "")
    state.emit(Welcome(nick, state.server, DURABLE in state.granted, state.logins > 1, state.granted))
    state.history.expect(line.tags.get("time", ""))


def _supports(state: State, line: Line) -> None:
    """005 <me> <token>… :are supported by this server"""
    for token in line.params[1:]:
        name, _, value = token.partition("=")
        if name == "CHATHISTORY" and value.isascii() and value.isdigit():
            state.history.limit_pages(int(value[:6]))


def _motd(state: State, line: Line) -> None:
    if state.logins == 1:
        state.emit(ServerText(last(line, 1)))


def _motd_end(state: State, line: Line) -> None:
    if not state.ready:
        state.join_wanted()
    elif line.command == "422":
        _server_text(state, line)


def _ping(state: State, line: Line) -> None:
    state.send(Line("PONG", line.params[-1:]))


def _pong(state: State, line: Line) -> None:
    state.lag = state.now.mono - state.asked_at
    if line.params[-1:] == (BARRIER,) and not state.ready:
        state.barrier_passed()


def _error(state: State, line: Line) -> None:
    state.last_words = last(line, 0)


_HANDLERS: Final[Mapping[str, Callable[[State, Line], None]]] = {
    "PRIVMSG": messages.message,
    "NOTICE": messages.message,
    "TAGMSG": messages.tags_only,
    "REDACT": messages.redaction,
    "MARKREAD": messages.markread,
    "NOTE": messages.note,
    "WARN": messages.warning,
    "WALLOPS": messages.wallops,
    "CHATHISTORY": messages.targets,
    "JOIN": channels.join,
    "PART": channels.part,
    "KICK": channels.kick,
    "QUIT": channels.quit,
    "NICK": channels.nick,
    "TOPIC": channels.topic_changed,
    "RENAME": channels.rename,
    "INVITE": channels.invite,
    "MODE": channels.mode,
    "SILENCE": silences.changed,
    "AWAY": people.away_changed,
    "METADATA": people.value_changed,
    "DEVICE": devices.changed,
    "PING": _ping,
    "PONG": _pong,
    "ERROR": _error,
    "001": _welcome,
    "005": _supports,
    "271": silences.listed,
    "272": silences.complete,
    "324": channels.modes_are,
    "331": channels.topic_is_none,
    "332": channels.topic_is,
    "341": channels.invited,
    "352": people.who_reply,
    "353": channels.names_reply,
    "366": channels.names_end,
    "372": _motd,
    "376": _motd_end,
    "422": _motd_end,
    "710": _knock,
    **people.IN_WORDS,
}
