"""What was said: messages, reactions, pins, and what is taken back.

A message of one's own is never anything else, whatever its text looks like: its nonce says that it is the
echo of what was sent here.
"""

import json
import re
from contextlib import suppress
from typing import Final

from securechat.client.events import (
    Announced,
    Kind,
    Message,
    Pin,
    Pinned,
    Reacted,
    ReadUpTo,
    Redacted,
    ServerText,
    Tagged,
    Talked,
    Typing,
)
from securechat.client.protocol.state import State
from securechat.irc import message as irc
from securechat.irc import timestamp
from securechat.irc.capabilities import (
    EDIT_TAG,
    IMPORTED_TAG,
    NONCE_TAG,
    REACT_TAG,
    REACTIONS_TAG,
    REPLY_TAGS,
    UNREACT_TAG,
)
from securechat.irc.message import split_source
from securechat.irc.names import is_channel

Line = irc.Message

# modern.ircdocs.horse, "Client-to-Client Protocol": a word after \x01, on one line; the \x01 behind may lack.
_CTCP: Final = re.compile("\x01[^\x01 \n][^\n]*")
_ACTION: Final = re.compile("\x01ACTION(?: ([^\n]*?))?\x01?")
_MOST_COUNTED: Final = 10_000
_TYPING_TAGS: Final = ("+typing", "+draft/typing")
_TOLD: Final = frozenset({EDIT_TAG, NONCE_TAG, REACT_TAG, UNREACT_TAG, *REPLY_TAGS, *_TYPING_TAGS})
_RANKS: Final = "~&@%+"
"""Before a channel's name: said to those with a rank only (STATUSMSG)."""


def nick_of(line: Line) -> str:
    """The nick that a line comes from; a server's name counts as one."""
    return split_source(line.source or "")[0]


def last(line: Line, index: int) -> str:
    """The parameter at this place, "" when it is missing."""
    return line.params[index] if len(line.params) > index else ""


def message(state: State, line: Line) -> None:
    """PRIVMSG or NOTICE <target> :<text>"""
    if len(line.params) < 2:
        return
    nick, (target, text) = nick_of(line), line.params[:2]
    if "!" not in (line.source or ""):
        state.emit(ServerText(text))
        return
    own = state.is_me(nick)
    msgid = line.tags.get("msgid", "")
    nonce = line.tags.get(NONCE_TAG, "") if own else ""
    sent_here = state.outbox.settle(nonce) is not None
    past, asked = state.batches.is_past(line), _asked(state, line)
    if not asked:
        state.history.bookmark(_conversation(state, nick, target), msgid)
    if not own and _CTCP.fullmatch(text) and not _ACTION.fullmatch(text):
        verb = "answers" if line.command == "NOTICE" else "asks"
        state.emit(ServerText(f"{nick}'s client {verb} yours: {text.strip(chr(1))}"))
        return
    kind, text = _kind(line.command, text)
    edits = line.tags.get(EDIT_TAG, "")
    answers = next((line.tags[tag] for tag in REPLY_TAGS if tag in line.tags), "")
    quoted = state.recent.get(edits or answers)
    if not state.recent.add(msgid, nick, text) and not (asked or sent_here):
        return
    if edits and quoted is not None:
        state.recent.replace(edits, nick, text)
    if past and not asked:
        state.history.head()
    state.emit(
        Message(
            sender=nick,
            target=target,
            text=text,
            time=_time(state, line),
            id=msgid,
            kind=kind,
            account=line.tags.get("account", ""),
            own=own,
            nonce=nonce if sent_here else "",
            past=past,
            edits=edits,
            answers=answers,
            quoted=quoted,
            imported=IMPORTED_TAG in line.tags,
            asked=asked,
            reactions=_reactions(line.tags.get(REACTIONS_TAG, "")),
            bot="bot" in line.tags,
            tags=_client_tags(line),
        )
    )


def _conversation(state: State, nick: str, target: str) -> str:
    """Where something was said: in a channel, also if to a rank in it, or with whom."""
    plain = target.lstrip(_RANKS)
    if is_channel(plain):
        return plain
    return nick if state.is_me(target) and not state.is_me(nick) else target


def _asked(state: State, line: Line) -> str:
    """The label with which a person asked for what was said: then it is shown again, and nothing else follows
    from it. "" if nobody did.
    """
    return state.asked(line) if state.batches.is_past(line) else ""


def _client_tags(line: Line) -> tuple[tuple[str, str], ...]:
    """The tags of others' programs: those that begin with a plus sign, without what is told otherwise."""
    return tuple((tag, text) for tag, text in line.tags.items() if tag.startswith("+") and tag not in _TOLD)


def _reactions(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Read a JSON object: reaction → the names of those who reacted so, or how many, without names then."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return ()
    if not isinstance(found, dict):
        return ()
    return tuple((str(reaction), _names(who)) for reaction, who in found.items())


def _names(who: object) -> tuple[str, ...]:
    if isinstance(who, list):
        return tuple(map(str, who))
    return ("",) * min(who, _MOST_COUNTED) if isinstance(who, int) else ()


def _kind(command: str, text: str) -> tuple[Kind, str]:
    action = _ACTION.fullmatch(text)
    if action is not None:
        return Kind.ACTION, action[1] or ""
    return (Kind.NOTICE if command == "NOTICE" else Kind.TEXT), text


def _time(state: State, line: Line) -> int:
    try:
        return timestamp.parse(line.tags.get("time", ""))
    except ValueError:
        return state.now.wall


def tags_only(state: State, line: Line) -> None:
    """TAGMSG <target>: a reaction, or what only programs need to know."""
    nick, target = nick_of(line), last(line, 0)
    to = next((line.tags[tag] for tag in REPLY_TAGS if tag in line.tags), "")
    spoken, own = state.recent.get(to), state.is_me(nick)
    for tag, removed in ((REACT_TAG, False), (UNREACT_TAG, True)):
        if line.tags.get(tag) and to:
            state.emit(Reacted(target, nick, line.tags[tag], to, own, removed, spoken))
    state_of_typing = next((line.tags[tag] for tag in _TYPING_TAGS if tag in line.tags), "")
    if state_of_typing and not own:
        state.emit(Typing(target, nick, state_of_typing == "active"))
    tags = _client_tags(line)
    if tags:
        state.emit(Tagged(target, nick, tags, own))


def markread(state: State, line: Line) -> None:
    """MARKREAD <target> <timestamp=… | *>"""
    if len(line.params) > 1:
        with suppress(ValueError):
            point = line.params[1].removeprefix("timestamp=")
            time = 0 if point == "*" else timestamp.parse(point)
            state.emit(ReadUpTo(line.params[0], time, state.asked(line)))


def redaction(state: State, line: Line) -> None:
    """REDACT <target> <msgid> [:<reason>]: also in place of the message in history."""
    if len(line.params) < 2:
        return
    nick, (target, msgid) = nick_of(line), line.params[:2]
    asked = _asked(state, line)
    if not asked:
        # Its own msgid, if it is where it happened: the message's would lead back.
        state.history.reach(_conversation(state, nick, target), line.tags.get("msgid", ""))
    if state.batches.is_past(line) and not asked:
        if state.recent.is_taken_back(msgid):
            return  # it was told when it happened
        state.history.head()
    spoken = state.recent.take_back(msgid)
    state.emit(Redacted(target, nick, msgid, last(line, 2), state.is_me(nick), spoken, asked))


def note(state: State, line: Line) -> None:
    """NOTE <command> <code> [<context>…] :<text> (IRCv3 `standard-replies`)"""
    params = line.params
    if len(params) > 4 and params[:2] in (("PIN", "PINNED"), ("UNPIN", "UNPINNED")):
        channel, msgid, by = params[2:5]
        state.emit(Pinned(channel, by, msgid, params[0] == "UNPIN", state.recent.get(msgid)))
    elif params and params[:2] != ("PINS", "END_OF_PINS"):
        if len(params) > 5 and params[:2] == ("PINS", "PIN") and _pin(state, line, *params[2:5]):
            return
        context = f"{params[2]}: " if len(params) > 3 and is_channel(params[2]) else ""
        state.emit(ServerText(f"{context}{params[-1]}"))


def _pin(state: State, line: Line, channel: str, msgid: str, by: str) -> bool:
    """NOTE PINS PIN <channel> <msgid> <by> <time> :<nick> text; return whether it is one"""
    try:
        time = timestamp.parse(line.params[5])
    except ValueError:
        return False
    state.emit(Pin(channel, msgid, by, time, line.params[-1], state.asked(line)))
    return True


def warning(state: State, line: Line) -> None:
    """WARN <command> <code> [<context>…] :<text>"""
    if line.params:
        state.emit(ServerText(f"Warning: {line.params[-1]}"))


def wallops(state: State, line: Line) -> None:
    """WALLOPS :<text>"""
    state.emit(Announced(nick_of(line), last(line, 0)))


def targets(state: State, line: Line) -> None:
    """CHATHISTORY TARGETS <target> <time>"""
    if len(line.params) < 2 or line.params[0] != "TARGETS":
        return
    asked = state.asked(line)
    if not asked:
        state.history.listed(line.params[1])
        return
    with suppress(ValueError):
        state.emit(Talked(line.params[1], timestamp.parse(last(line, 2)), asked))
