"""What one sends, and what becomes of it, as events."""

from dataclasses import dataclass, field
from typing import Final

from securechat.client.errors import Refused
from securechat.irc.capabilities import EDIT_TAG, NONCE_TAG, REPLY_TAGS

_REPLY_TAG: Final = REPLY_TAGS[1]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to say; `command` is PRIVMSG or NOTICE. A text of several lines has line ends.

    `answers` and `edits` are the msgids of the messages that it answers, or replaces the text of; `more` are
    client tags for other programs.
    """

    nonce: str
    command: str
    target: str
    text: str
    answers: str = ""
    edits: str = ""
    more: tuple[tuple[str, str], ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """The tags that go with it."""
        given = {NONCE_TAG: self.nonce, _REPLY_TAG: self.answers, EDIT_TAG: self.edits}
        return {**dict(self.more), **{tag: value for tag, value in given.items() if value}}


@dataclass(frozen=True, slots=True)
class Said:
    """Something is on its way, as a message for each of `nonces`; none when there was nothing to say.

    `messages` are what is sent, in the same order.
    """

    nonces: tuple[str, ...]
    messages: tuple[Outgoing, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class MessageRefused:
    """The server did not take a message of this session: it reached nobody."""

    nonce: str
    target: str
    text: str
    reason: Refused


@dataclass(frozen=True, slots=True)
class MessageTaken:
    """The server took a message of this session for itself and answered it: nothing is stored of it."""

    nonce: str
    target: str
