"""Facts about messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from securechat.irc.capabilities import EDIT_TAG


class MessageSent(NamedTuple):
    """A PRIVMSG, NOTICE or TAGMSG; a tuple, since a dataclass takes four times as long to make.

    One of `channel` and `recipient` (an account) is set. `rank` is set when only the members of the channel
    with this rank, a letter of `membership.RANKS`, or a higher one may read it (STATUSMSG).

    `nick` is the sender's nick at that time and `addressed` the target as the sender's line shall show it.
    `tags` are the client-only tags as they came. `undelivered` is true when the recipient was offline: the
    message waits for the login. `refers` is the id of the message that this one answers, reacts to or edits.
    `redacted` is when it was redacted, by the account `redacted_by` (None once that was erased): then its
    text and tags are gone.
    `redacted_id` is the redaction's own id, None for redactions of a time when they had none.
    `imported` is when it came from an export (ms since the epoch): then only that file says that it was sent.
    """

    id: int
    at: int
    command: str
    sender: int
    nick: str
    channel: int | None
    recipient: int | None
    addressed: str
    text: str
    tags: Mapping[str, str]
    nonce: str | None = None
    undelivered: bool = False
    refers: int | None = None
    redacted: int | None = None
    redacted_by: int | None = None
    rank: str | None = None
    redacted_id: int | None = None
    redacted_reason: str | None = None
    imported: int | None = None


def sent_now(
    key: int,
    at: int,
    command: str,
    sender: int,
    nick: str,
    channel: int | None,
    recipient: int | None,
    addressed: str,
    text: str,
    tags: Mapping[str, str],
    nonce: str | None = None,
    undelivered: bool = False,
    rank: str | None = None,
) -> MessageSent:
    """Return a new message: nothing refers to it, and it refers to nothing.

    A named tuple with so many defaults takes three times as long to make in the ordinary way.
    """
    # fmt: off
    return tuple.__new__(MessageSent, (
        key, at, command, sender, nick, channel, recipient, addressed, text, tags, nonce, undelivered,
        None, None, None, rank, None, None, None,
    ))
    # fmt: on


def same_conversation(one: MessageSent, other: MessageSent) -> bool:
    """Return whether two messages were said to the same people: in a channel, or between two accounts."""
    if one.channel is not None or other.channel is not None:
        return (one.channel, one.rank) == (other.channel, other.rank)
    return {one.sender, one.recipient} == {other.sender, other.recipient}


def original_of(message: MessageSent) -> int:
    """Return the id of what was said first: that of the message itself, or what an edit refers to."""
    if EDIT_TAG in message.tags and message.refers is not None:
        return message.refers
    return message.id


@dataclass(frozen=True, slots=True)
class MessageRedacted:
    """A message was taken back or removed: its text and tags are erased, that there was one stays.

    `original` is the message as it was, `id` the redaction's own. `by` is the account and `source` the
    nick!user@host that did it, `target` how the conversation is called in the line that says so.
    """

    original: MessageSent = field(repr=False)
    by: int
    source: str
    target: str
    reason: str
    at: int
    id: int

    @property
    def tombstone(self) -> MessageSent:
        """What is left of the message."""
        return self.original._replace(
            text="",
            tags={},
            redacted=self.at,
            redacted_by=self.by,
            redacted_id=self.id,
            redacted_reason=self.reason,
        )


@dataclass(frozen=True, slots=True)
class DirectDelivered:
    """Every message that waited for `account` up to the id `upto` has been handed to a session.

    `counted` is how many were counted as waiting before. With `senders` only what these have sent, after the
    time `since` (ms since the epoch) when it is given.
    """

    account: int
    upto: int
    more: bool
    counted: int
    since: int | None = None
    senders: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class DirectMissed:
    """Every message to `account` after the id `after` waits again: the sessions that it was sent to are gone,
    and did not take it.
    """

    account: int
    after: int


MessageRecord = MessageSent | MessageRedacted | DirectDelivered | DirectMissed
