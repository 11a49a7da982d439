"""The store's two kinds of connection, whatever the database.

Theory of operation. A transaction ends in one of three ways, and the hub acts on the difference:

- it is committed, and on disk;
- `StoreUnavailable`: there was no room, or somebody else has locked what it needs; it is certain that nothing
  of the transaction will ever be seen, and the next one may succeed;
- any other exception: the outcome is unknown. After a COMMIT that failed with an I/O error a row can still
  be there when the database is opened the next time, so nobody may be told that it was refused. `StoreLost`
  is the one whose cause the operator has to know, and no programmer.

Which errors are certain differs from database to database, hence `_refusal` and `_expect_room`. They count
only when the rollback after them worked, too.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError

from securechat.chat.ports import AuditEntry, Pin, Snapshot, StoreFull, StoreLost, StoreUnavailable
from securechat.chat.reading import EDITS_AT_ONCE, ChannelPlace, Place, Search, Span, Target
from securechat.chat.records import MessageSent, Record
from securechat.storage import upkeep
from securechat.storage.copying import Progress, Turns
from securechat.storage.errors import StorageError, in_one_line
from securechat.storage.reading.context import read_context
from securechat.storage.reading.history import read_history
from securechat.storage.reading.targets import read_targets
from securechat.storage.rows import (
    IS_EDIT,
    MessageSelect,
    count_changes,
    read_audit,
    read_messages,
    read_pins,
    read_reactions,
    select_messages,
)
from securechat.storage.schema import accounts, messages, undelivered
from securechat.storage.search.find import Indexed, find
from securechat.storage.search.index import SearchIndex
from securechat.storage.snapshot import read_snapshot
from securechat.storage.upkeep import Erasure, Seen, Sweep
from securechat.storage.writer import RecordWriter, is_stored
from securechat.storage.writer.messages import driver_of, is_one_row

_T = TypeVar("_T")
_CHORE: Final = 64
"""As how many records a chore counts."""


class SqlStore(ABC):
    """The one connection that writes (`chat.ports.Store`): used by one thread, the hub's once it runs."""

    def __init__(self, engine: Engine, connection: Connection, index: SearchIndex) -> None:
        self._engine = engine
        self._connection = connection
        self._dbapi = driver_of(connection)
        self._index = index
        self._writer = RecordWriter(connection, index)

    @property
    def search_index(self) -> SearchIndex:
        """The index of the search, for changes inside a `transaction`."""
        return self._index

    def load(self) -> Snapshot:
        """Read everything that lives in the registry. Raises like `commit`."""
        return self._attempt(lambda: read_snapshot(self._connection))

    def commit(self, records: Sequence[Record]) -> None:
        """Write the records in one transaction and return when it is on disk.

        Without records there is no transaction. Raises `StoreUnavailable` when it is certain that nothing was
        stored; after any other exception the outcome is unknown.
        """
        alone = len(records) == 1 and is_one_row(records[0])  # most often, where little is said
        if alone or any(map(is_stored, records)):
            self._transact(lambda: self._writer.write(records), len(records), begin=not alone)

    def prune(self, before_ms: int, limit: int, sweep: Sweep | None = None, now_ms: int = 0) -> int:
        """Delete at most `limit` messages that were sent before a time, the oldest first; return how many.

        Raises like `commit`. Messages that still wait for an offline account go as well; those of channels
        with a retention of their own stay, and those whose ids say a time after `before_ms`, up to `now_ms`.
        The step looks at `limit` messages behind those of the last one with this `sweep`.
        """
        look = Sweep() if sweep is None else sweep
        return self._transact(
            lambda: upkeep.prune(self._connection, self._index, before_ms, limit, look, now_ms)
        )

    def prune_channel(
        self, channel: int, before_ms: int, limit: int, sweep: Sweep | None = None, now_ms: int = 0
    ) -> int:
        """Delete those that were sent before a time of the channel's `limit` messages behind the last step's.

        Raises like `commit`.
        """
        look = Sweep() if sweep is None else sweep
        what = (self._connection, self._index, channel, before_ms, limit, look, now_ms)
        return self._transact(lambda: upkeep.prune_channel(*what))

    def seen_clock(self) -> Seen | None:
        """Return what was noted of the wall clock last. Raises like `commit`."""
        return self._attempt(lambda: upkeep.seen_clock(self._connection))

    def note_clock(self, seen: Seen) -> None:
        """Note what the wall clock says. Raises like `commit`."""
        self._transact(lambda: upkeep.note_clock(self._connection, seen))

    def retention(self) -> Mapping[int, int]:
        """Return the channels with a retention of their own, in days (0 is ever). Raises like `commit`."""
        return self._attempt(lambda: upkeep.retention(self._connection))

    def erasures(self) -> Sequence[Erasure]:
        """Return what removed accounts have left to be erased. Raises like `commit`."""
        return self._attempt(lambda: upkeep.erasures(self._connection))

    def erase(self, erasure: Erasure, limit: int, sweep: Sweep) -> int:
        """Look at the `limit` messages behind those of the last step; return how many were erased.

        Raises like `commit`. It is done when `sweep.rows` is 0.
        """
        return self._transact(lambda: upkeep.erase(self._connection, self._index, erasure, limit, sweep))

    def lacks(self, account: int, nonces: Sequence[str]) -> bool:
        """Return False: the answer would come over a network, and a query thread can wait for it."""
        return False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Give the connection for one transaction, committed in the end: for copies of everything.

        Raises StorageError for what the database has against it, such as a full disk.
        """
        try:
            with self._connection.begin():
                yield self._connection
        except (DBAPIError, self._engine.dialect.loaded_dbapi.Error) as error:
            if isinstance(self._refusal(error), StoreFull):
                raise StorageError("there is no room for it: make room on the disk") from error
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StorageError(f"the database cannot do it: {in_one_line(cause)}") from error

    def index(self, limit: int) -> int:
        """Put the next messages into the index of the search, as many as cost what `limit` short ones do.

        A long one counts for several. Return what they count: less than `limit` is that there are no more.
        Raises like `commit`.
        """
        return self._transact(lambda: self._index.advance(limit))

    def tidy(self) -> bool:
        """Do a little of what keeps the index of the search fast; return whether there was something to do.

        Raises like `commit`.
        """
        return self._transact(self._index.tidy)

    def give_back(self, *, all_of_it: bool = False) -> bool:
        """Give room back that deleted messages have left, where the database does not do so unasked.

        A little of it; return whether there is more to do, of what is too much to keep or of all. Raises
        like `commit`.
        """
        return False

    def copy(self, target: Path, progress: Progress, turns: Turns) -> None:
        """Copy everything that is stored in the end into a SQLite file. Raises StorageError.

        Another thread than the one that uses the store calls, and takes turns with it.
        """
        raise StorageError(f"{target} cannot be made by a server whose database is not a file")

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()

    @abstractmethod
    def _refusal(self, error: Exception) -> StoreUnavailable | None:
        """Return what an error of a statement or a COMMIT means if a rollback leaves nothing of it behind.

        None is an error whose outcome is unknown, or that another attempt will not change.
        """

    def _loss(self, error: BaseException) -> StoreLost | None:
        """Return what to say when the connection has ended, by this error at the latest; None if it lives."""
        return None

    @abstractmethod
    def _expect_room(self, records: int) -> None:
        """Raise `StoreFull` when a transaction of so many records should not even begin."""

    @abstractmethod
    def _begin(self) -> None:
        """Begin a transaction with the driver, where that does not do so itself."""

    def _transact(self, work: Callable[[], _T], records: int = _CHORE, *, begin: bool = True) -> _T:
        self._expect_room(records)
        return self._attempt(work, begin=begin)

    def _attempt(self, work: Callable[[], _T], *, begin: bool = True) -> _T:
        try:
            if begin:  # a single statement is a transaction by itself
                self._begin()
            result = work()
            # SQLAlchemy has joined the transaction if the work has asked it anything. For messages it is not
            # asked: to begin and commit there costs as much as to store four of them.
            (self._connection if self._connection.in_transaction() else self._dbapi).commit()
        except BaseException as error:
            self._roll_back(error)
            meaning = (self._loss(error) or self._refusal(error)) if isinstance(error, Exception) else None
            if isinstance(meaning, StoreLost):
                self._connection.invalidate()  # else it is rolled back once more, and that fails in the log
            if meaning is not None:
                raise meaning from error
            raise
        return result

    def _roll_back(self, error: BaseException) -> None:
        try:
            # For SQLAlchemy a transaction whose COMMIT failed is over; the database may see it differently.
            self._connection.rollback()
            self._dbapi.rollback()
        except Exception:
            if self._loss(error) is None:
                raise


class SqlReader:
    """A read-only connection (`chat.ports.Reader`). Used by one thread at a time: a query thread.

    Every query is a transaction of its own, whose rows are all fetched before it returns: an open one would
    keep the writer from reusing its log.
    """

    def __init__(self, engine: Engine, indexed: Indexed) -> None:
        self._engine = engine
        self._indexed = indexed
        self._connection = engine.connect().execution_options(isolation_level="AUTOCOMMIT")

    @property
    def lost(self) -> bool:
        """Whether the connection is of no use any more since its last query failed."""
        return self._connection.invalidated or self._connection.closed

    def trouble(self, error: Exception) -> str | None:
        """Say in a line why a query failed whose turn may come later; None for any other error."""
        return None

    def audit(self, after: int, limit: int) -> Sequence[AuditEntry]:
        """Return the first `limit` rows of the audit log after row `after`, in their order."""
        return read_audit(self._connection, after, limit)

    def find_nonce(self, account: int, nonce: str) -> MessageSent | None:
        """Return the message that this account sent with this nonce."""
        found = self._read(select_messages().where(messages.c.sender == account, messages.c.nonce == nonce))
        return found[0] if found else None

    def message(self, key: int) -> MessageSent | None:
        """Return the message of this id."""
        found = self._read(select_messages().where(messages.c.id == key))
        return found[0] if found else None

    def edits(self, key: int) -> Sequence[MessageSent]:
        """Return the oldest edits of a message that are not redacted, oldest first."""
        m = messages.c
        # Only later ones: an imported edit may say that it edits itself.
        edits = (m.refers == key, m.id > key, m.tags.like(IS_EDIT), m.redacted.is_(None))
        return self._read(select_messages().where(*edits).order_by(m.id).limit(EDITS_AT_ONCE))

    def changes(self, key: int, account: int) -> int:
        """Return how often an account has edited a message, reacted to it and taken that back, in all."""
        return count_changes(self._connection, key, account)

    def reactions(self, keys: Sequence[int]) -> Mapping[int, Mapping[str, Sequence[int]]]:
        """Return the reactions to messages: for each, reaction → the accounts, in the order of reacting.

        A message without reactions is left out, and so is what was taken back.
        """
        return read_reactions(self._connection, keys)

    def context(self, keys: Sequence[int]) -> Sequence[MessageSent]:
        """Return the reactions to messages that stand, and their last edits, by their ids."""
        return read_context(self._connection, keys)

    def pins(self, channel: int) -> Sequence[Pin]:
        """Return the pinned messages of a channel, oldest first, without those that were redacted."""
        return read_pins(self._connection, channel)

    def undelivered(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        """Return the oldest `limit` messages after the id `after` that wait for the account, oldest first."""
        waiting = undelivered.c
        return self._read(
            select_messages()
            .where(waiting.account == account, waiting.message > after)
            .order_by(waiting.message)
            .limit(limit)
        )

    def received(self, account: int, after: int, limit: int) -> Sequence[MessageSent]:
        """Return the oldest `limit` direct messages to the account after an id, by others, oldest first."""
        m = messages.c
        # Named one by one, so that each is a step down the index to what is new, however much there is.
        others = select(accounts.c.id).where(accounts.c.id != account)
        return self._read(
            select_messages()
            .where(m.recipient == account, m.sender.in_(others), m.id > after)
            .order_by(m.id)
            .limit(limit)
        )

    def history(self, place: Place, span: Span, *, events: bool, tombstones: bool) -> Sequence[MessageSent]:
        """Return the messages of a span of a place, oldest first.

        With `events` also what else happened there, with `tombstones` also redacted messages and redactions.
        """
        return read_history(self._connection, place, span, events=events, tombstones=tombstones)

    def targets(
        self,
        account: int,
        channels: Sequence[ChannelPlace],
        span: Span,
        *,
        events: bool,
        tombstones: bool,
    ) -> Sequence[Target]:
        """Return the places whose latest message is in the span, the one that is oldest first."""
        return read_targets(self._connection, account, channels, span, events=events, tombstones=tombstones)

    def search(self, search: Search) -> Sequence[MessageSent]:
        """Return what a search finds, oldest first. Raises TimeoutError when it takes too long."""
        return find(self._connection, search, self._indexed)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()

    def _read(self, query: MessageSelect) -> Sequence[MessageSent]:
        return read_messages(self._connection, query)
