"""The store in one SQLite file: `securechat.db` in the data directory.

Theory of operation. Only this process has the file open (`storage.lock`), and SQLite is told so: with
`unix-excl` it locks the file against all others once, for as long as the writer is open, and keeps the log's
index in memory, where the connections of this process share it. Each transaction has six system calls less
for that, and there is no file `-shm`, which a full disk would keep from growing *after* COMMIT has synced the
log. Nothing but SQLite opens the file meanwhile: a descriptor that is closed would take the lock with it.

The log is a WAL with `synchronous=FULL`: COMMIT returns after an fsync of the log. The writer is the only
checkpointer, since readers open the file read-only; its checkpoints are SQLite's own, inside the COMMIT that
takes the log past 1,000 pages (measured: no slower than the fsyncs around them, and larger ones are felt). An
error in such a checkpoint does not concern the COMMIT, and SQLite does not report it; so while the log is
long the writer makes checkpoints of its own now and then, whose errors it sees. How long it is is looked up
after a number of records (`_LOOK_AFTER`), and after a refusal.

Deleted rows leave free pages in the file, which are used again. Only where they are more than an eighth of it
and 4 MiB does `give_back` make it shorter, a few pages at a time: a VACUUM would hold up everybody. That the
file keeps account of its pages for that (`auto_vacuum`) costs inserts nothing that can be measured.

What a full disk does, measured on a file system without a free block:

- a page that does not fit into the log, while the transaction runs or at its COMMIT: SQLITE_FULL. SQLite
  has rolled back by then; the log has no commit frame, so that no recovery will find the transaction. This
  is `StoreFull`.
- fsync fails (EIO, or ENOSPC where blocks are allocated late): an unknown outcome.

A limit on the size of files (RLIMIT_FSIZE) is SQLITE_IOERR_WRITE. It is told from a broken disk by the file,
which ends at the limit then; if it is the log, that has no commit frame.

A lock that another program holds is SQLITE_BUSY, mostly before the transaction has begun. Nothing of it is in
the log then, and a rollback forgets it: it is `StoreUnavailable`.
"""

import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, ExceptionContext, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from securechat.chat.ports import StoreFull, StoreUnavailable
from securechat.chat.reading import Search
from securechat.chat.records import MessageSent
from securechat.storage.copying import Progress, Turns, copy_file, copy_shared, place_for_copy
from securechat.storage.errors import SchemaRefused, StorageError
from securechat.storage.files import create_private
from securechat.storage.lock import DATABASE_NAME, prepare_directory
from securechat.storage.migration import MIGRATIONS, Migrations, is_behind, revision_of, upgrade
from securechat.storage.search.find import SECONDS, find_in_sqlite
from securechat.storage.search.index import SqliteIndex
from securechat.storage.store import SqlReader, SqlStore

LONG_LOG: Final = 8 * 1024 * 1024
"""Bytes of log that say that checkpoints do not come to their end."""
_LOOK_AFTER: Final = 64
"""Records between two looks at the log, which together are seldom longer than `_LOOK_EVERY`."""
_LOOK_EVERY: Final = 1024 * 1024
"""Bytes by which a long log grows between two checkpoints that tell what hinders them."""
_FRAME: Final = 4096 + 24
_PATIENCE: Final = 5
"""Seconds to wait for a lock: a reader that meets the writer at the log's index takes one for a moment."""

_STEPS_BETWEEN_LOOKS: Final = 20_000
"""Of SQLite's machine, between two looks at the clock: less than a millisecond."""

_LOSING: Final = (
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_PROTOCOL,
)

_SPARE_PAGES: Final = 1024
"""Free pages that the file keeps for what comes, and an eighth of all."""
_GIVEN_BACK: Final = 64
"""Pages a step: some milliseconds."""

_WRITER_PRAGMAS: Final = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "wal_autocheckpoint = 1000",
    # What a burst (or a long query, which keeps the log from starting over) has added is given back, so that
    # the log does not stay above `LONG_LOG`.
    "journal_size_limit = 6291456",
    # Deleted messages are gone from the file, not only from view.
    "secure_delete = ON",
    "trusted_schema = OFF",
)


class SqliteStore(SqlStore):
    """The write connection to a SQLite file."""

    def __init__(self, engine: Engine, connection: Connection, path: Path, index: SqliteIndex) -> None:
        super().__init__(engine, connection, index)
        self._driver = _driver(connection)
        self._path = path
        self._log = path.with_name(f"{path.name}-wal")
        self._looked = 0
        self._unseen = _LOOK_AFTER

    def give_back(self, *, all_of_it: bool = False) -> bool:
        """Make the file a little shorter when too much of it is free; return whether there is more to do."""
        more = self._transact(lambda: self._shorten(all_of_it))
        if all_of_it and not more:
            self._checkpoint("TRUNCATE")  # only now the files become shorter
        return more

    def copy(self, target: Path, progress: Progress, turns: Turns) -> None:
        """Copy everything that is stored in the end into a file. Raises StorageError."""
        copy_shared(self._driver, target, progress, turns)

    def lacks(self, account: int, nonces: Sequence[str]) -> bool:
        """Return whether the account has sent nothing with these: a step down the index for each."""
        ask, text = self._driver.execute, "SELECT 1 FROM messages WHERE sender = ? AND nonce = ?"
        try:
            return not any(ask(text, (account, nonce)).fetchall() for nonce in nonces)
        except sqlite3.Error:  # whoever asks a reader next is told what it is
            return False

    def _begin(self) -> None:
        self._driver.execute("BEGIN IMMEDIATE")

    def _shorten(self, all_of_it: bool) -> bool:
        free, pages = self._pages("freelist_count"), self._pages("page_count")
        if free <= (0 if all_of_it else max(_SPARE_PAGES, pages // 8)):
            return False
        for _ in range(_GIVEN_BACK):
            # The driver ends the statement after its first step, which gives back one page.
            self._connection.exec_driver_sql("PRAGMA incremental_vacuum")
        return self._pages("freelist_count") < free

    def _pages(self, counted: str) -> int:
        return int(self._connection.exec_driver_sql(f"PRAGMA {counted}").scalar_one())

    def _refusal(self, error: Exception) -> StoreUnavailable | None:
        if _has_no_room(error, self._log):
            self._unseen = _LOOK_AFTER
            return StoreFull("the database has no room left: nothing was stored")
        if _primary(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return StoreUnavailable("another program keeps the database locked: nothing was stored")
        return None

    def _expect_room(self, records: int) -> None:
        self._unseen += records
        if self._unseen < _LOOK_AFTER:
            return
        if _may_not_grow(self._log, _FRAME) and not self._checkpoint("TRUNCATE"):
            raise StoreFull("the database's files may not grow (RLIMIT_FSIZE): nothing was stored")
        self._unseen = 0
        size = self._log.stat().st_size
        if size < LONG_LOG:
            self._looked = 0
        elif size >= self._looked + _LOOK_EVERY:
            self._looked = size
            self._checkpoint("PASSIVE")

    def _checkpoint(self, mode: str) -> bool:
        """Copy the log into the database; return whether all of it was. Raises what the disk cannot do."""
        driver = self._driver
        driver.execute("PRAGMA busy_timeout = 0")  # the hub does not wait for a reader
        try:
            busy, pages, copied = driver.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()
        except sqlite3.OperationalError as error:
            if _has_no_room(error, self._path) or _code(error) == sqlite3.SQLITE_BUSY:
                return False
            raise
        finally:
            driver.execute(f"PRAGMA busy_timeout = {_PATIENCE * 1000}")
        return not busy and pages == copied


class SqliteReader(SqlReader):
    """A read-only connection to a SQLite file that a `SqliteStore` of this process has open."""

    def search(self, search: Search) -> Sequence[MessageSent]:
        """Return what a search finds, oldest first. Raises TimeoutError when it takes too long."""
        driver = _driver(self._connection)
        deadline = time.monotonic() + SECONDS
        driver.set_progress_handler(lambda: int(time.monotonic() > deadline), _STEPS_BETWEEN_LOOKS)
        try:
            return super().search(search)
        except DBAPIError as error:
            if _code(error) == sqlite3.SQLITE_INTERRUPT:
                raise TimeoutError("the search took too long") from error
            raise
        finally:
            driver.set_progress_handler(None, 0)


def open_store(directory: Path, *, migrations: Migrations = MIGRATIONS) -> SqliteStore:
    """Open the data directory's database for writing; make what is missing and bring its schema up to date.

    The caller holds the directory's lock. A database that has to be migrated is first copied to a file beside
    it, which is kept. Raises `SchemaRefused` when the database is newer than this program or not ours, and
    `StorageError` when it cannot be used for another reason.
    """
    prepare_directory(directory)
    path = directory / DATABASE_NAME
    with _explained(path), ExitStack() as undo:
        create_private(path)
        engine = _engine(lambda: _connect_writer(path))
        undo.callback(engine.dispose)
        event.listen(engine, "begin", _begin_immediate)
        connection = engine.connect()
        undo.callback(connection.close)
        _bring_up_to_date(connection, path, migrations)
        store = SqliteStore(engine, connection, path, SqliteIndex(connection))
        undo.pop_all()
        return store


def open_reader(directory: Path) -> SqliteReader:
    """Open the database that a store of this process has open, for reading. Raises `StorageError`."""
    path = directory / DATABASE_NAME
    with _explained(path):
        engine = _engine(lambda: _connect_reader(path))
        event.listen(engine, "handle_error", _give_up_connection)
        return SqliteReader(engine, find_in_sqlite)


def _give_up_connection(context: ExceptionContext) -> None:
    """Let a reader be lost that has met a file that is damaged, gone or cannot be read: a new one may do."""
    context.is_disconnect = _primary(context.original_exception) in _LOSING


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong at opening into errors that name the file."""
    try:
        yield
    except SchemaRefused as error:
        raise SchemaRefused(f"cannot use {path}: {error}") from None
    except (DBAPIError, sqlite3.Error, OSError) as error:
        if _code(error) == sqlite3.SQLITE_FULL:
            raise StorageError(f"cannot open the database {path}: the disk is full, make room") from error
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise StorageError(f"cannot open the database {path}: {cause}") from error


def _has_no_room(error: Exception, file: Path) -> bool:
    """Return whether an error is that this file could not become larger."""
    limited = _code(error) == sqlite3.SQLITE_IOERR_WRITE and _may_not_grow(file, _FRAME)
    return limited or _code(error) == sqlite3.SQLITE_FULL


def _may_not_grow(file: Path, more: int) -> bool:
    """Return whether this process may not make a file so much longer (RLIMIT_FSIZE)."""
    limit, _ = resource.getrlimit(resource.RLIMIT_FSIZE)
    return limit != resource.RLIM_INFINITY and file.stat().st_size + more > limit


def _code(error: BaseException) -> int | None:
    """Return SQLite's extended result code, None for an error that is not SQLite's own."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    # The driver's own errors have no code.
    code = getattr(cause, "sqlite_errorcode", None)
    return code if isinstance(code, int) else None


def _primary(error: BaseException) -> int | None:
    """Return SQLite's result code without its extension, None for an error that is not SQLite's own."""
    code = _code(error)
    return None if code is None else code & 0xFF


def _engine(creator: Callable[[], sqlite3.Connection]) -> Engine:
    # The parameters of a statement are messages and password hashes: never in an exception's text.
    return create_engine("sqlite://", creator=creator, poolclass=NullPool, hide_parameters=True)


def _connect_writer(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "rw")
    try:
        if path.stat().st_size == 0:  # later it would change nothing
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        for pragma in _WRITER_PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
        (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
        if mode != "wal":
            raise StorageError(f"the file system of {path} does not support a write-ahead log: use another")
        # Left by one who shared the index in a file, and was killed or could only read. Nobody has it open.
        path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect_reader(path: Path) -> sqlite3.Connection:
    connection = _connect(path, "ro")
    try:
        connection.execute("PRAGMA query_only = ON")
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    # Transactions are begun by `_begin_immediate`: the driver's own way leaves DDL outside of them. One
    # thread at a time uses the connection, but not always the one that made it.
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}&vfs=unix-excl",
        uri=True,
        timeout=_PATIENCE,
        isolation_level=None,
        check_same_thread=False,
    )


def _begin_immediate(connection: Connection) -> None:
    driver = _driver(connection)
    if not driver.in_transaction:  # which the store may have begun
        driver.execute("BEGIN IMMEDIATE")


def _driver(connection: Connection) -> sqlite3.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    return driver


def _bring_up_to_date(connection: Connection, path: Path, migrations: Migrations) -> None:
    with connection.begin():
        revision = revision_of(connection)
    if is_behind(revision, migrations):
        if revision is not None:
            _back_up(_driver(connection), path, migrations.head)
        with connection.begin():
            upgrade(connection, migrations)
            if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
                raise StorageError(f"the migration of {path} would lose references: nothing was changed")
    # Only now: a migration that makes a table anew would delete what refers to its rows.
    _driver(connection).execute("PRAGMA foreign_keys = ON")


def _back_up(source: sqlite3.Connection, path: Path, head: str) -> None:
    """Copy the database to a file of its own beside it, and see that the copy is good."""
    try:
        copy_file(source, place_for_copy(path.parent, head))
    except StorageError as error:
        raise StorageError(f"{path} was not upgraded, since it cannot be backed up first: {error}") from error
