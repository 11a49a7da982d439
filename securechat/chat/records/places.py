"""Facts about what is kept beside the messages of a place: how far somebody read, pins, metadata.

A *target* is a channel's id, or minus an account's.
"""

from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class MarkerMoved:
    """An account has read a target up to the time `upto`, and before up to `previous` (None is never)."""

    account: int
    target: int
    upto: int
    previous: int | None


@dataclass(frozen=True, slots=True)
class MarkersForgotten:
    """Nobody knows any more how far an account has read; `markers` is what was known, target → time."""

    account: int
    markers: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class MessagePinned:
    """A message of a channel was pinned. Pins are only in the store, as messages are."""

    channel: int
    message: int
    by: int
    at: int


@dataclass(frozen=True, slots=True)
class MessageUnpinned:
    """A message of a channel is no longer pinned."""

    channel: int
    message: int
    by: int
    at: int


@dataclass(frozen=True, slots=True)
class MetadataSet:
    """A key of a target's metadata has another value; None means that it has no value.

    `by` is the account that set it.
    """

    target: int
    key: str
    value: str | None = field(repr=False)
    previous: str | None = field(repr=False)
    by: int
    at: int


@dataclass(frozen=True, slots=True)
class PersonalSet:
    """A key of a target's metadata that is the account's alone has another value; None means no value."""

    account: int
    target: int
    key: str
    value: str | None = field(repr=False)
    previous: str | None = field(repr=False)
    at: int


class Personal(NamedTuple):
    """A value that is an account's alone."""

    account: int
    target: int
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class MetadataForgotten:
    """A target is about to go, and with it what was said of it, and what it kept if it is an account.

    `values` (key, value) are all that everybody saw, `personal` all that accounts had for themselves.
    """

    target: int
    values: tuple[tuple[str, str], ...] = field(repr=False)
    personal: tuple[Personal, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Silenced:
    """An account ignores a mask since the time `since` (SILENCE), None is no more; `previous` was before."""

    account: int
    mask: str
    since: int | None
    previous: int | None


PlaceRecord = (
    MarkerMoved
    | MarkersForgotten
    | MessagePinned
    | MessageUnpinned
    | MetadataSet
    | MetadataForgotten
    | PersonalSet
    | Silenced
)
