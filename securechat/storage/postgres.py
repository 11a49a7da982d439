"""The store in a PostgreSQL database, for those who run one already.

Theory of operation. The hub's connection writes; it holds an advisory lock for as long as it lives, so that
no second server uses the database, and it is never made anew: without it the lock is gone, another server may
have begun, and what became of a COMMIT is unknown. So a lost connection ends the server (`StoreLost`), as any
other error of unknown outcome does. `synchronous_commit` is on, whatever the database's default is: COMMIT
returns after the WAL is synced.

A reader that has lost its connection says so (`lost`), and whoever uses it opens another one.

Waits end: connections that say nothing are given up by TCP's own deadlines, and a query of a reader is
cancelled by the database. The writer has no `statement_timeout`: it would also end a COMMIT's wait for a
synchronous standby, which PostgreSQL then reports as a success.

A full disk is `disk_full` (53100), after which PostgreSQL has rolled back, as after a lock that did not come
(`postgres_errors`). Where the WAL itself finds no room, PostgreSQL stops: the connection is lost.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import LockNotAvailable, QueryCanceled
from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from securechat.chat.ports import StoreLost, StoreUnavailable
from securechat.chat.reading import Search
from securechat.chat.records import MessageSent
from securechat.storage.errors import DatabaseAway, SchemaRefused, StorageError, in_one_line
from securechat.storage.migration import MIGRATIONS, Migrations, is_behind, revision_of, upgrade
from securechat.storage.postgres_advice import advice_for
from securechat.storage.postgres_errors import cause_of, reason_of, refusal_of
from securechat.storage.postgres_session import READER, WRITER, apply, connect
from securechat.storage.precaution import keep_copy
from securechat.storage.search.find import find_in_postgres
from securechat.storage.search.index import PostgresIndex
from securechat.storage.store import SqlReader, SqlStore

_LOCK_KEY: Final = int.from_bytes(b"secchat\0", "big")
"""Of the advisory lock; such locks are the database's own, so another database has another lock."""
_PATIENCE: Final = 5
"""Seconds that a server waits for the lock of one that is ending."""
_IN_USE: Final = {"lock_timeout": "2s", "default_transaction_read_only": "off"}
"""Of a running server: while it waits for what somebody else has locked, everybody waits with it."""
_READ_ONLY: Final = "SELECT reset_val FROM pg_settings WHERE name = 'default_transaction_read_only'"
"""What sessions begin with, whatever this one was told since: one that only reads is told "on"."""
_STANDBY: Final = "SELECT pg_is_in_recovery()"


class PostgresStore(SqlStore):
    """The write connection to a PostgreSQL database, and with it the database's lock."""

    def __init__(self, engine: Engine, connection: Connection, index: PostgresIndex, name: str) -> None:
        super().__init__(engine, connection, index)
        self._driver = _driver(connection)
        self._name = name
        self._end_of_it = ""

    def _refusal(self, error: Exception) -> StoreUnavailable | None:
        return refusal_of(error)

    def _loss(self, error: BaseException) -> StoreLost | None:
        if not self._driver.closed:
            return None
        # The first error has the cause, those after it only that there is no connection.
        self._end_of_it = self._end_of_it or in_one_line(cause_of(error))
        return StoreLost(
            f"the connection to the database {self._name} is lost ({self._end_of_it}), and whether it has "
            "stored the last transaction is unknown: start the server again, it waits for the database"
        )

    def _expect_room(self, records: int) -> None:
        """PostgreSQL tells in time."""

    def _begin(self) -> None:
        """The driver begins with the first statement."""


class PostgresReader(SqlReader):
    """A read-only connection to a PostgreSQL database."""

    def __init__(self, engine: Engine, url: str) -> None:
        super().__init__(engine, find_in_postgres)
        self._url = url

    def trouble(self, error: Exception) -> str | None:
        """Say in a line why a query failed whose turn may come later; None for any other error."""
        return reason_of(error)

    def search(self, search: Search) -> Sequence[MessageSent]:
        """Return what a search finds, oldest first. Raises TimeoutError when it takes too long."""
        try:
            return super().search(search)
        except DBAPIError as error:
            if isinstance(error.orig, QueryCanceled):
                raise TimeoutError("the search took too long") from error
            raise

    @contextmanager
    def snapshot(self, *, older: bool = False) -> Iterator[Connection]:
        """Give a connection that sees one state of everything, for as long as it takes.

        Raises `SchemaRefused` when this program does not know how to read it, and `StorageError` for what the
        database has against it, also while it is used. `older` gives an empty one, or one of an earlier
        version, as well.
        """
        with _explained(self._url, "read"), self._engine.connect() as connection:
            connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
                connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
                connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
                if is_behind(revision_of(connection), MIGRATIONS) and not older:
                    raise SchemaRefused(
                        "it is not of this version: start the server once, it brings it up to date"
                    )
                yield connection


def open_store(
    url: str, directory: Path, *, migrations: Migrations = MIGRATIONS, patience: int = _PATIENCE
) -> PostgresStore:
    """Open a database for writing and bring its schema up to date, all of it or nothing.

    A database that has to be migrated is first copied to a file in the data directory, which is kept.

    Raises `SchemaRefused` when the database is newer than this program or not ours, and `StorageError` when
    it cannot be used for another reason, such as a server that uses it still after `patience` seconds.
    """
    with _explained(url), ExitStack() as undo:
        engine = _engine(_once(lambda: connect(url, WRITER)))
        undo.callback(engine.dispose)
        connection = engine.connect()
        undo.callback(connection.close)
        _take_lock(connection, url, patience)
        with connection.begin():
            check_database(connection, url)
        with connection.begin():
            _bring_up_to_date(connection, url, directory, migrations)
            apply(_driver(connection), _IN_USE)
        store = PostgresStore(engine, connection, PostgresIndex(connection), without_password(url))
        undo.pop_all()
        return store


def _bring_up_to_date(connection: Connection, url: str, directory: Path, migrations: Migrations) -> None:
    revision = revision_of(connection)
    if not is_behind(revision, migrations):
        return
    if revision is not None:
        try:
            keep_copy(connection, revision, migrations, directory)
        except (StorageError, OSError, DBAPIError) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            raise StorageError(
                f"the database {without_password(url)} was not upgraded, since it cannot be copied to "
                f"{directory} first: {cause}"
            ) from error
    upgrade(connection, migrations)


def open_reader(url: str) -> PostgresReader:
    """Open a database for reading, which any process may at any time. Raises `StorageError`."""
    with _explained(url):
        return PostgresReader(_engine(lambda: connect(url, READER)), url)


def without_password(url: str) -> str:
    """Return a URL as it may be shown."""
    # The part behind "?" may hold one, too, and names nothing that a person looks for.
    head, at, rest = url.partition("?")[0].rpartition("@")
    scheme, slashes, user = head.partition("//")
    return f"{scheme}{slashes}{user.partition(':')[0]}{at}{rest}"


def holds_password(url: str) -> bool:
    """Return whether a URL has a password in it."""
    try:
        return bool(conninfo_to_dict(url).get("password"))
    except psycopg.Error:
        return False  # it cannot be opened either


@contextmanager
def _explained(url: str, what: str = "open") -> Iterator[None]:
    """Turn what goes wrong with PostgreSQL into errors that name the database, and say what to do."""
    shown = without_password(url)
    try:
        yield
    except SchemaRefused as error:
        raise SchemaRefused(f"cannot use the database {shown}: {error}") from None
    except (DBAPIError, psycopg.Error) as error:
        cause = cause_of(error)
        if not isinstance(cause, psycopg.Error):
            raise  # another database's
        text = in_one_line(cause).replace(url, shown)
        advice = advice_for(text)
        kind = DatabaseAway if advice is not None and advice.passing else StorageError
        todo = "" if advice is None else f": {advice.text}"
        raise kind(f"cannot {what} the database {shown}: {text}{todo}") from error


def _driver(connection: Connection) -> psycopg.Connection:
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _engine(creator: Callable[[], psycopg.Connection]) -> Engine:
    # The parameters of a statement are messages and password hashes: never in an exception's text.
    return create_engine(
        "postgresql+psycopg://",
        creator=creator,
        poolclass=NullPool,
        hide_parameters=True,
        use_native_hstore=False,
    )


def _once(connect: Callable[[], psycopg.Connection]) -> Callable[[], psycopg.Connection]:
    """Let a connection be made only once: SQLAlchemy would replace a lost one, without the lock."""
    connected = False

    def guarded() -> psycopg.Connection:
        nonlocal connected
        if connected:
            raise psycopg.OperationalError("the connection to the database is lost")
        connected = True
        return connect()

    return guarded


def _take_lock(connection: Connection, url: str, patience: int) -> None:
    """Hold the database until the connection ends."""
    try:
        with connection.begin():
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_lock({_LOCK_KEY})")
    except DBAPIError as error:
        if isinstance(error.orig, LockNotAvailable):
            raise StorageError(
                f"the database {without_password(url)} is in use by another securechat: stop it first"
            ) from None
        raise


def check_database(connection: Connection, url: str) -> None:
    """Refuse what would lose or spoil messages. The caller has begun a transaction."""
    encoding = connection.exec_driver_sql("SHOW server_encoding").scalar()
    fsync = connection.exec_driver_sql("SHOW fsync").scalar()
    standby = connection.exec_driver_sql(_STANDBY).scalar()
    read_only = connection.exec_driver_sql(_READ_ONLY).scalar()
    if standby:
        raise StorageError(
            f"the database {without_password(url)} is a standby, which takes nothing that is written: name "
            "the primary server"
        )
    if read_only == "on":
        raise StorageError(
            f"the database {without_password(url)} is read-only: set default_transaction_read_only to off, "
            "where somebody set it for the role, the database or the server"
        )
    if encoding != "UTF8":
        raise StorageError(
            f"the database {without_password(url)} has the encoding {encoding}: make one with UTF8"
        )
    if fsync != "on":
        raise StorageError(
            f"the database {without_password(url)} runs with fsync = {fsync}, so that a power cut would lose "
            "messages that were confirmed: set it to on"
        )
