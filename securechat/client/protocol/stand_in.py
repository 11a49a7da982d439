"""What an older server lacks, done on this side: the session has one kind of server before it.

Theory of operation. A server does one's commands in their order. So a PING follows each command that has a
label, and what comes before its PONG is the answer. Where nothing refused a message, the PONG stands for the
echo, and an echo is made of it here. Without `message-tags` no tag goes out.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from securechat.irc.capabilities import EDIT_TAG, NONCE_TAG
from securechat.irc.message import NO_TAGS, Message, split_source
from securechat.irc.names import fold

_TOKEN: Final = "label-"
_SAID: Final = ("PRIVMSG", "NOTICE")
_LABELS: Final = "labeled-response"
_ECHO: Final = "echo-message"
_TAGS: Final = "message-tags"
STOOD_IN_FOR: Final = frozenset({_LABELS, _ECHO, _TAGS})
"""The capabilities without which this is needed."""
NO_TAGS_HERE: Final = "this server has no reactions, no edits and no other signs beside the text"


@dataclass(slots=True)
class _Asked:
    """A command that waits for its PONG. `possible`: it was sent. `settled`: its refusal, or its echo, was
    passed on.
    """

    label: str
    message: Message
    possible: bool
    settled: bool = False


class StandIn:
    """Stands between a session and one connection to a server that granted these capabilities."""

    def __init__(self, granted: frozenset[str]) -> None:
        self._has_labels = _LABELS in granted
        self._has_echo = _ECHO in granted
        self._has_tags = _TAGS in granted
        self._asked: deque[_Asked] = deque()

    def out(self, message: Message) -> Iterator[Message]:
        """Yield the lines that the server gets for one of the session's."""
        label = message.tags.get("label", "")
        possible = self._has_tags or not (message.command == "TAGMSG" or EDIT_TAG in message.tags)
        if possible:
            yield Message(message.command, message.params, message.source, self._tags(message))
        if label:
            self._asked.append(_Asked(label, message, possible))
            if not self._has_labels:
                yield Message("PING", (f"{_TOKEN}{label}",))

    def _tags(self, message: Message) -> Mapping[str, str]:
        if not self._has_tags:
            return NO_TAGS
        return {key: value for key, value in message.tags.items() if key != "label" or self._has_labels}

    def into(self, message: Message, own: str) -> Iterator[Message]:
        """Yield the lines that the session gets for one of the server's; `own` is one's own source."""
        if self._has_labels:
            yield self._labelled(message, own)
            return
        token = message.params[-1] if message.command == "PONG" and message.params else ""
        if token.startswith(_TOKEN):
            yield from self._answered(token.removeprefix(_TOKEN), own, message.source)
            return
        asked = self._asked[0] if self._asked else None
        if (
            asked is not None
            and not asked.settled
            and (_refuses(message) or self._echoes(message, asked, own))
        ):
            asked.settled = True
            echo = not _refuses(message)
            nonce = {NONCE_TAG: asked.message.tags[NONCE_TAG]} if echo else {}
            tags = {**message.tags, **nonce, "label": asked.label}
            message = Message(message.command, message.params, message.source, tags)
        yield message

    def _labelled(self, message: Message, own: str) -> Message:
        """A server with labels, but without echoes, acknowledges a message that it took."""
        label = message.tags.get("label", "")
        asked = next((each for each in self._asked if each.label == label), None)
        if asked is None:
            return message
        self._asked.remove(asked)
        taken = message.command == "ACK" and asked.message.command in _SAID
        return _echo(asked, own, message.tags) if taken else message

    def _answered(self, label: str, own: str, server: str | None) -> Iterator[Message]:
        while self._asked:
            asked = self._asked.popleft()
            tags = {"label": asked.label}
            if not asked.possible:
                yield Message("FAIL", (asked.message.command, "UNSUPPORTED", NO_TAGS_HERE), server, tags)
            elif not asked.settled and asked.message.command in _SAID:
                yield _echo(asked, own, NO_TAGS)
            elif not asked.settled:
                yield Message("ACK", (), server, tags)
            if asked.label == label:
                return

    def _echoes(self, message: Message, asked: _Asked, own: str) -> bool:
        return (
            self._has_echo
            and message.command == asked.message.command in _SAID
            and message.params[1:] == asked.message.params[1:]
            and fold(message.params[0]) == fold(asked.message.params[0])
            and fold(split_source(message.source or "")[0]) == fold(split_source(own)[0])
        )


def _refuses(message: Message) -> bool:
    return message.command == "FAIL" or (message.command.isdigit() and message.command[0] in "45")


def _echo(asked: _Asked, own: str, tags: Mapping[str, str]) -> Message:
    message = asked.message
    given = {**message.tags, "label": asked.label, **({"time": tags["time"]} if "time" in tags else {})}
    return Message(message.command, message.params, own, given)
