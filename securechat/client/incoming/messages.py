"""What was said: messages, reactions, pins, and what is taken back."""

from typing import TYPE_CHECKING, Final

from securechat.client.events import Announced, Kind, Message, Pinned, Reacted, Redacted, ServerText
from securechat.irc import message as irc
from securechat.irc import timestamp
from securechat.irc.capabilities import EDIT_TAG, NONCE_TAG, REACT_TAG, REPLY_TAGS, UNREACT_TAG
from securechat.irc.message import split_source
from securechat.irc.names import is_channel

if TYPE_CHECKING:
    from securechat.client.session import Session

Line = irc.Message

_RANKS: Final = "~&@%+"
"""Before a channel's name: said to those with a rank only (STATUSMSG)."""


def nick_of(line: Line) -> str:
    """The nick that a line comes from; a server's name counts as one."""
    return split_source(line.source or "")[0]


def last(line: Line, index: int) -> str:
    """The parameter at this place, "" when there is none."""
    return line.params[index] if len(line.params) > index else ""


def message(session: "Session", line: Line) -> None:
    """PRIVMSG or NOTICE <target> :<text>"""
    if len(line.params) < 2:
        return
    nick, (target, text) = nick_of(line), line.params[:2]
    if "!" not in (line.source or ""):
        session.emit(ServerText(text))
        return
    own = session.is_me(nick)
    msgid = line.tags.get("msgid", "")
    nonce = line.tags.get(NONCE_TAG, "") if own else ""
    sent_here = session.outbox.settle(nonce) is not None
    past, asked = session.batches.is_past(line), _is_asked(session, line)
    if not asked:
        session.history.bookmark(_conversation(session, nick, target), msgid)
    if text.startswith("\x01") and not text.startswith("\x01ACTION "):
        session.emit(ServerText(f"{nick}'s client asks yours: {text.strip(chr(1))}"))
        return
    kind, text = _kind(line.command, text)
    edits = line.tags.get(EDIT_TAG, "")
    answers = next((line.tags[tag] for tag in REPLY_TAGS if tag in line.tags), "")
    quoted = session.recent.get(edits or answers)
    if not session.recent.add(msgid, nick, text) and not asked:
        return
    if edits and quoted is not None:
        session.recent.replace(edits, nick, text)
    if past and not asked:
        session.history.head()
    session.emit(
        Message(
            sender=nick,
            target=target,
            text=text,
            time=_time(session, line),
            id=msgid,
            kind=kind,
            account=line.tags.get("account", ""),
            own=own,
            nonce=nonce if sent_here else "",
            past=past,
            edits=edits,
            answers=answers,
            quoted=quoted,
        )
    )


def _conversation(session: "Session", nick: str, target: str) -> str:
    """Where something was said: in a channel, also if to a rank in it, or with whom."""
    plain = target.lstrip(_RANKS)
    if is_channel(plain):
        return plain
    return nick if session.is_me(target) and not session.is_me(nick) else target


def _is_asked(session: "Session", line: Line) -> bool:
    """Whether a person asked for what was said: then it is shown again, and nothing else follows from it."""
    request = session.labels.request_of(line)
    return request is not None and not request.quiet and session.batches.is_past(line)


def _kind(command: str, text: str) -> tuple[Kind, str]:
    if text.startswith("\x01ACTION "):
        return Kind.ACTION, text[len("\x01ACTION ") :].removesuffix("\x01")
    return (Kind.NOTICE if command == "NOTICE" else Kind.TEXT), text


def _time(session: "Session", line: Line) -> int:
    try:
        return timestamp.parse(line.tags.get("time", ""))
    except ValueError:
        return session.moment.wall


def tags_only(session: "Session", line: Line) -> None:
    """TAGMSG <target>: a reaction, or what only programs need to know."""
    nick, target = nick_of(line), last(line, 0)
    to = next((line.tags[tag] for tag in REPLY_TAGS if tag in line.tags), "")
    spoken, own = session.recent.get(to), session.is_me(nick)
    for tag, removed in ((REACT_TAG, False), (UNREACT_TAG, True)):
        if line.tags.get(tag) and to:
            session.emit(Reacted(target, nick, line.tags[tag], to, own, removed, spoken))


def redaction(session: "Session", line: Line) -> None:
    """REDACT <target> <msgid> [:<reason>]: also in place of the message in history."""
    if len(line.params) < 2:
        return
    nick, (target, msgid) = nick_of(line), line.params[:2]
    if not _is_asked(session, line):
        # Its own msgid, if it is where it happened: the message's would lead back.
        session.history.reach(_conversation(session, nick, target), line.tags.get("msgid", ""))
    if session.batches.is_past(line) and not _is_asked(session, line):
        if session.recent.is_taken_back(msgid):
            return  # it was told when it happened
        session.history.head()
    spoken = session.recent.take_back(msgid)
    session.emit(Redacted(target, nick, msgid, last(line, 2), session.is_me(nick), spoken))


def note(session: "Session", line: Line) -> None:
    """NOTE <command> <code> [<context>…] :<text> (IRCv3 `standard-replies`)"""
    params = line.params
    if len(params) > 4 and params[:2] in (("PIN", "PINNED"), ("UNPIN", "UNPINNED")):
        channel, msgid, by = params[2:5]
        session.emit(Pinned(channel, by, msgid, params[0] == "UNPIN", session.recent.get(msgid)))
    elif params and params[:2] != ("PINS", "END_OF_PINS"):
        context = f"{params[2]}: " if len(params) > 3 and is_channel(params[2]) else ""
        session.emit(ServerText(f"{context}{params[-1]}"))


def warning(session: "Session", line: Line) -> None:
    """WARN <command> <code> [<context>…] :<text>"""
    if line.params:
        session.emit(ServerText(f"Warning: {line.params[-1]}"))


def wallops(session: "Session", line: Line) -> None:
    """WALLOPS :<text>"""
    session.emit(Announced(nick_of(line), last(line, 0)))


def targets(session: "Session", line: Line) -> None:
    """CHATHISTORY TARGETS <target> <time>"""
    if len(line.params) > 1 and line.params[0] == "TARGETS":
        session.history.listed(line.params[1])
