"""What the tags of a message say about another message: an answer, a reaction, an edit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from securechat.chat import limits
from securechat.chat.records import MessageSent, original_of, same_conversation
from securechat.irc import capabilities as cap
from securechat.irc import msgid


class Refusal(NamedTuple):
    """Why a message cannot be an edit: the code and the text of a FAIL."""

    code: str
    text: str


UNKNOWN = Refusal("UNKNOWN_MSGID", "There is no such message here to edit")
FORBIDDEN = Refusal("EDIT_FORBIDDEN", "You can only edit what you said yourself, with the same command")
EXPIRED = Refusal("EDIT_WINDOW_EXPIRED", "It is too late to edit this message")
MANY = Refusal(
    "LIMIT_REACHED", f"You can edit a message, or react to it, {limits.MAX_CHANGES} times and no more"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """A message id in a tag, and the message itself once it was looked for and found.

    `key` is None when this server did not make the id. Only an edit minds that: for the others it is an
    opaque value. `changes` is how often the account has changed the message before, by edits and reactions.
    """

    written: str
    key: int | None
    edits: bool
    reacts: bool = False
    message: MessageSent | None = None
    changes: int = 0

    def found(self, messages: Iterable[MessageSent], changes: int) -> "Reference":
        """Return this reference with its message, if that is among these."""
        message = next((one for one in messages if one.id == self.key), None)
        return replace(self, message=message, changes=changes)

    def of(self, message: MessageSent) -> int | None:
        """Return the id for `message.refers`; None when what it refers to was not said in the same place."""
        original = self.message
        if original is None or not same_conversation(original, message):
            return None
        return original_of(original) if self.edits else original.id

    def refusal(self, message: MessageSent, window: int) -> Refusal | None:
        """Return why `message` cannot be what it says it is; `window` of edits is in seconds, 0 for ever."""
        refusal = self._no_edit(message, window) if self.edits else None
        if refusal is None and self.changes >= limits.MAX_CHANGES and self.of(message) is not None:
            return MANY
        return refusal

    def _no_edit(self, message: MessageSent, window: int) -> Refusal | None:
        original = self.message
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
        written = tags.get(name)
        if written is not None and (key := key_of(written)) is not None:
            reacts = cap.REACT_TAG in tags or cap.UNREACT_TAG in tags
            return Reference(written, key, edits=False, reacts=reacts)
    return None


def key_of(written: str) -> int | None:
    """Return the key of a msgid; None for one that this server did not make."""
    try:
        key = msgid.decode(written)
    except ValueError:
        return None
    return key if key < 1 << 63 else None  # the database's integers are signed
