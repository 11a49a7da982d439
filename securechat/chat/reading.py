"""What can be read of the past, as values: places, spans of ids, and what was found there.

Ids order everything. A point in time stands for the ids that were given out in its millisecond (see `ids`),
so that a selection by time and one by id agree, also after the clock was wrong for a while.
"""

from dataclasses import dataclass
from typing import Final

from securechat.chat.words import Term

LAST_ID: Final = (1 << 63) - 1
"""No id is larger: ids are signed 64-bit keys in the database."""
REDACTION: Final = "REDACT"
"""The command of what a reader gives besides messages: that one was redacted, where that happened.

Everything but the command is the message's, as it is in its own place.
"""
_MS: Final = 20
"""Bits of an id below its milliseconds."""


@dataclass(frozen=True, slots=True)
class ChannelPlace:
    """A channel's messages and events from the id `since` on, as `account` reads them.

    `rank` is the account's highest rank there, "" for none: what is for a higher one is not to be read.
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
    """At most `limit` ids between `after` and `before`, both excluded: the newest of them, or the oldest."""

    after: int
    before: int
    limit: int
    newest: bool


@dataclass(frozen=True, slots=True)
class Target:
    """A place with the id and the time (ms since the epoch) of the latest message in it."""

    place: Place
    id: int
    at: int


def first_id_at(ms: int) -> int:
    """Return the smallest id that was given out at a time, in milliseconds since the epoch, or later."""
    return min(max(ms, 0) << _MS, LAST_ID)


def last_id_at(ms: int) -> int:
    """Return the largest id that was given out at a time or before it."""
    return min(max(ms + 1, 0) << _MS, LAST_ID) - 1


def time_of(key: int) -> int:
    """Return when an id was given out, in milliseconds since the epoch."""
    return key >> _MS


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
