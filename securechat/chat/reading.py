"""What can be read of the past, as values: places, spans of ids and times, and what was found there.

Ids order everything that is shown. A time never stands for an id: after the clock was ahead, ids go on from
the last one (see `ids`) while times begin again, so a selection by time looks at the times themselves.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from securechat.chat.records import MessageSent
from securechat.chat.weight import weight_of
from securechat.chat.words import Term

LAST_ID: Final = (1 << 63) - 1
"""No id is larger: ids are signed 64-bit keys in the database."""
REDACTION: Final = "REDACT"
"""The command of what a reader gives besides messages: that one was redacted, where that happened.

Everything but the command is the message's, as it is in its own place.
"""
MS_SHIFT: Final = 20
"""Bits of an id below its milliseconds."""
EDITS_AT_ONCE: Final = 100
"""Edits of a message that are read at once, the oldest: there may be any number of them."""
PAGE_BYTES: Final = 2 << 20
"""What the messages of one answer may take in memory: twice what 1,000 messages that people write take."""


@dataclass(frozen=True, slots=True)
class ChannelPlace:
    """A channel's messages and events from the id `since` on, as `account` reads them.

    `rank` is the account's highest rank there, "" for none: it may not read messages to a higher one.
    """

    channel: int
    since: int = 0
    account: int = 0
    rank: str = ""


@dataclass(frozen=True, slots=True)
class Conversation:
    """The direct messages between two accounts, in both directions."""

    account: int
    other: int


Place = ChannelPlace | Conversation


@dataclass(frozen=True, slots=True)
class Span:
    """At most `limit` messages with ids between `after` and `before`: the newest of them, or the oldest.

    Their times are between `since` and `until` (ms since the epoch), where these are given. All four are
    excluded. The newest are counted by id. The oldest are counted by time when the span has times: so it is
    what was said while the clock was ahead that a limit leaves out, and not what was said after that, and a
    client that goes on from the time of the last message misses nothing.
    """

    after: int
    before: int
    limit: int
    newest: bool
    since: int | None = None
    until: int | None = None

    @property
    def timed(self) -> bool:
        """Whether it selects by time."""
        return self.since is not None or self.until is not None

    @property
    def by_time(self) -> bool:
        """Whether messages are counted by time."""
        return self.timed and not self.newest

    def holds(self, key: int, at: int) -> bool:
        """Return whether an id and its time are in the span."""
        return (
            self.after < key < self.before
            and (self.since is None or at > self.since)
            and (self.until is None or at < self.until)
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A place with the id and the time (ms since the epoch) of the latest message in it."""

    place: Place
    id: int
    at: int


def first_id_at(ms: int) -> int:
    """Return the smallest id that can be given out at a time (ms since the epoch).

    A larger id may be of an earlier time: see `Span` for what is selected by time.
    """
    return min(max(ms, 0) << MS_SHIFT, LAST_ID)


def time_of(key: int) -> int:
    """Return the time in an id (ms since the epoch). Its message may be of an earlier time."""
    return key >> MS_SHIFT


@dataclass(frozen=True, slots=True)
class Search:
    """Messages that have all of `terms`, in places that `account` may read, of one sender if `sender` is set.

    `direct` adds all conversations of the account to `places`.
    """

    account: int
    places: tuple[Place, ...]
    direct: bool
    terms: tuple[Term, ...]
    sender: int | None
    span: Span


def page(
    found: Sequence[MessageSent], span: Span, room: int = PAGE_BYTES
) -> tuple[Sequence[MessageSent], bool]:
    """Return what a span gives of what was found for its limit and one more, and whether that is all.

    Redacted messages do not count, and those beyond the last message that counts are not shown. A page that
    would take more than `room` bytes in memory has fewer messages, though at least one.
    """
    counts = [one for one in found if one.redacted is None and one.command != REDACTION]
    if span.by_time:
        counts.sort(key=lambda one: (one.at, one.id))
    limit = min(span.limit, fitting(counts, room, newest=span.newest))
    if len(counts) <= limit:
        return found, True
    if limit <= 0:
        return (), False
    if span.newest:
        return found[found.index(counts[-limit]) :], False
    if not span.by_time:
        return found[: found.index(counts[limit - 1]) + 1], False
    last, beyond = counts[limit - 1].at, {id(one) for one in counts[limit:]}
    return [one for one in found if id(one) not in beyond and happened_at(one) <= last], False


def fitting(messages: Sequence[MessageSent], room: int, *, newest: bool) -> int:
    """Return how many of the messages take at most `room` bytes in memory, but at least 1.

    They are counted from the end if the `newest` are wanted.
    """
    number = 0
    for message in reversed(messages) if newest else messages:
        room -= weight_of(message)
        if room < 0 and number:
            return number
        number += 1
    return max(1, number)


def happened_at(one: MessageSent) -> int:
    """Return when a message was said, or when the redaction happened that it stands for."""
    return one.redacted or one.at if one.command == REDACTION else one.at
