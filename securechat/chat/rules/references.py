"""What the tags of a message say about another message: an answer, a reaction, an edit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from securechat.chat.records import MessageSent, same_conversation
from securechat.irc import capabilities as cap
from securechat.irc import msgid


class Refusal(NamedTuple):
    """Why a message cannot be an edit: the code and the text of a FAIL."""

    code: str
    text: str


UNKNOWN = Refusal("UNKNOWN_MSGID", "There is no such message here to edit")
FORBIDDEN = Refusal("EDIT_FORBIDDEN", "You can only edit what you said yourself, with the same command")
EXPIRED = Refusal("EDIT_WINDOW_EXPIRED", "It is too late to edit this message")


@dataclass(frozen=True, slots=True)
class Reference:
    """A message id in a tag, and the message itself once it was looked for and found.

    `key` is None when this server did not make the id. Only an edit minds that: for the others it is an
    opaque value.
    """

    written: str
    key: int | None
    edits: bool
    message: MessageSent | None = None

    def found(self, messages: Iterable[MessageSent]) -> "Reference":
        """Return this reference with its message, if that is among these."""
        return replace(self, message=next((one for one in messages if one.id == self.key), None))

    def of(self, message: MessageSent) -> int | None:
        """Return the id for `message.refers`; None when what it refers to was not said in the same place."""
        original = self.message
        if original is None or not same_conversation(original, message):
            return None
        if self.edits and cap.EDIT_TAG in original.tags:
            return original.refers  # an edit of an edit
        return original.id

    def refusal(self, message: MessageSent, window: int) -> Refusal | None:
        """Return why `message` cannot be the edit that it says it is; `window` is in seconds, 0 for ever."""
        original = self.message
        if not self.edits:
            return None
        if original is None or original.redacted is not None or not same_conversation(original, message):
            return UNKNOWN
        mine = original.sender == message.sender and original.command == message.command
        if not mine or message.command == "TAGMSG":
            return FORBIDDEN
        return EXPIRED if window and message.at - original.at > window * 1000 else None


def referred(tags: Mapping[str, str]) -> Reference | None:
    """Return what the tags refer to; an edit counts before an answer or reaction."""
    written = tags.get(cap.EDIT_TAG)
    if written is not None:
        return Reference(written, key_of(written), edits=True)
    for name in cap.REPLY_TAGS:
        key = key_of(tags.get(name, ""))
        if key is not None:
            return Reference(tags[name], key, edits=False)
    return None


def key_of(written: str) -> int | None:
    """Return the key of a msgid; None for one that this server did not make."""
    try:
        key = msgid.decode(written)
    except ValueError:
        return None
    return key if key < 1 << 63 else None  # the database's integers are signed
