"""What the chat needs from a database; `storage` provides it, and every adapter passes one contract suite."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from securechat.chat.reading import ChannelPlace, Place, Search, Span, Target
from securechat.chat.records import (
    Audited,
    Authenticator,
    Ban,
    Device,
    Invitation,
    MessageSent,
    Record,
    Report,
    StoredAccount,
    StoredChannel,
    StoredSpending,
)


class StoreUnavailable(Exception):
    """The database did not take it. The transaction was rolled back cleanly: nothing of it is stored.

    `shown` is what people are told; the exception's own text is for the log.
    """

    shown: ClassVar[str] = (
        "The server's database does not take anything now: nothing was stored or sent, try again later"
    )


class StoreFull(StoreUnavailable):
    """The database has no room."""

    shown = "The server's disk is full: nothing was stored or sent, try again later"


class StoreLost(Exception):
    """The connection to the database has ended: what became of the transaction is unknown.

    This store takes nothing any more. The text, one line, is for the person who runs the server.
    """


class QueryFailed(Exception):
    """The database has something against a query, which the text says: no mistake of this program."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that lives in the registry: only messages are queried."""

    accounts: Sequence[StoredAccount]
    channels: Sequence[StoredChannel]
    waiting: frozenset[int]
    last_message: int
    last_channel: int = 0
    """The highest id that a channel has or had: no id is given out twice."""
    markers: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """How far accounts read: account → target → time. A target is a channel's id or minus an account's."""
    metadata: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """What is said of each target: target → key → value."""
    personal: Mapping[int, Mapping[int, Mapping[str, str]]] = field(default_factory=dict)
    """What accounts keep for themselves: account → target → key → value."""
    boxes: Mapping[int, Mapping[int, int]] = field(default_factory=dict)
    """How many messages wait (`state.boxes`): account → sender → number."""
    silences: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    """Whom accounts ignore: account → mask → since when."""
    spent: Mapping[int, StoredSpending] = field(default_factory=dict)
    """What accounts had spent of their budgets of a day when that was noted last."""
    devices: Mapping[str, Device] = field(default_factory=dict)
    """By their keys (`records.devices`)."""
    authenticators: Mapping[int, Authenticator] = field(default_factory=dict)
    """The second factors of accounts."""
    invitations: Mapping[str, Invitation] = field(default_factory=dict)
    """By the hash of the code."""
    backup: int = 0
    """When the last backup was begun, as the audit log says, in milliseconds since the epoch; 0 is never."""
    bans: Sequence[Ban] = ()
    reports: Mapping[int, Report] = field(default_factory=dict)
    """By their ids, the oldest first."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the audit log: its number, counted from 1, and the hash that chains it to the one before."""

    id: int
    record: Audited
    hash: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned message: the account that pinned it, and when."""

    message: MessageSent
    by: int
    at: int


class Store(Protocol):
    """The one connection that writes; used by the hub's thread only."""

    def load(self) -> Snapshot:
        """Read everything that lives in the registry."""

    def commit(self, records: Sequence[Record]) -> None:
        """Write the records in one transaction and return when it is on disk.

        Raises `StoreUnavailable` when it is certain that nothing was stored; after any other exception the
        outcome is unknown.
        """

    def lacks(self, account: int, nonces: Sequence[str]) -> bool:
        """Return whether it is certain at once that an account has sent nothing with these nonces.

        A store that would have to wait for the answer, or has none, returns False.
        """

    def close(self) -> None:
        """Close the connection."""


class Reader(Protocol):
    """A read-only connection; used by one query thread."""

    @property
    def lost(self) -> bool:
        """Whether it is of no use any more since its last query failed: only a new one may work."""

    def trouble(self, error: Exception) -> str | None:
        """Say in a line why a query failed whose turn may come later; None for any other error."""

    def audit(self, after: int, limit: int) -> Sequence[AuditEntry]:
        """Return the first `limit` rows of the audit log after row `after`, in their order."""

    def find_nonce(self, account: int, nonce: str) -> MessageSent | None:
        """Return the message that this account sent with this nonce."""

    def message(self, key: int) -> MessageSent | None:
        """Return the message of this id."""

    def edits(self, key: int) -> Sequence[MessageSent]:
        """Return the oldest `EDITS_AT_ONCE` edits of a message that are not redacted, oldest first."""

    def changes(self, key: int, account: int) -> int:
        """Return how often an account has edited a message, reacted to it and taken that back, in all."""

    def reactions(self, keys: Sequence[int]) -> Mapping[int, Mapping[str, Sequence[int]]]:
        """Return the reactions to messages: for each, reaction → the accounts, in the order of reacting.

        A message without reactions is left out, and so is what was taken back. Of an account the newest few
        reactions to a message count.
        """

    def context(self, keys: Sequence[int]) -> Sequence[MessageSent]:
        """Return what was done to messages since: each reaction that stands, and the last edit, by its id.

        At most 1,000 of them, the oldest; of an account's reactions to a message the newest few.
        """

    def pins(self, channel: int) -> Sequence[Pin]:
        """Return the pinned messages of a channel, oldest first, without those that were redacted."""

    def undelivered(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        """Return the oldest `limit` messages after the id `after` that wait for the account, oldest first."""

    def received(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        """Return the oldest `limit` direct messages to the account after the id `after`, oldest first.

        Without the messages that it sent to itself.
        """

    def history(self, place: Place, span: Span, *, events: bool, tombstones: bool) -> Sequence[MessageSent]:
        """Return the messages of a span of a place, oldest first.

        With `events` also what else happened there: TAGMSG, and JOIN, PART, TOPIC and the like, of which
        `nick` and `addressed` may be empty. With `tombstones` also redacted messages, and those whose
        redaction is in the span, with the command `REDACTION`; both beyond the limit.
        """

    def targets(
        self,
        account: int,
        channels: Sequence[ChannelPlace],
        span: Span,
        *,
        events: bool,
        tombstones: bool,
    ) -> Sequence[Target]:
        """Return which channels and which conversations of `account` have their latest message in the span.

        The one whose latest message is oldest comes first. TAGMSG is a message with `events`, and with
        `tombstones` a redaction counts like one.
        """

    def search(self, search: Search) -> Sequence[MessageSent]:
        """Return what a search finds, oldest first. Raises TimeoutError when it takes too long."""

    def close(self) -> None:
        """Close the connection."""
