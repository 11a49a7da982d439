"""The databases that pass the contract suite: how each is opened, filled up and given room again."""

from pathlib import Path
from typing import Protocol

from securechat.chat.ports import Reader, Store
from securechat.storage import postgres
from securechat.storage.postgres import PostgresReader, PostgresStore
from securechat.storage.schema import metadata
from securechat.storage.sqlite import SqliteReader, SqliteStore, open_reader, open_store
from securechat.storage.upkeep import Sweep
from tests.support.postgres import PostgresPlace


class PrunedStore(Store, Protocol):
    """A store with the retention and the index of the search."""

    def prune(self, before_ms: int, limit: int) -> int: ...

    def prune_channel(self, channel: int, before_ms: int, limit: int, sweep: Sweep | None = None) -> int: ...

    def index(self, limit: int) -> int: ...


class Database(Protocol):
    """Something that keeps records, empty at first."""

    def store(self) -> Store:
        """Close the store if it is open, and open it (again)."""

    def reader(self) -> Reader:
        """Open a reader; the store is open."""

    def close(self) -> None:
        """Close everything that was opened."""


class DurableDatabase(Database, Protocol):
    """A real database: it has rules of its own and a limit."""

    def store(self) -> PrunedStore:
        """Close the store if it is open, and open it (again)."""

    def fill(self) -> None:
        """Let the open store have no room for anything big."""

    def free(self) -> None:
        """Give the open store room again."""


class SqliteDatabase:
    """SQLite in a data directory; SQLITE_FULL comes from a limit of its pages."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._store: SqliteStore | None = None
        self._readers: list[SqliteReader] = []

    def store(self) -> SqliteStore:
        self.close()
        self._store = open_store(self.directory)
        return self._store

    def reader(self) -> SqliteReader:
        reader = open_reader(self.directory)
        self._readers.append(reader)
        return reader

    def fill(self) -> None:
        # Never below what there is.
        self._limit(1)

    def free(self) -> None:
        self._limit(1_000_000)

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        if self._store is not None:
            self._store.close()
            self._store = None

    def _limit(self, pages: int) -> None:
        assert self._store is not None
        driver = self._store._connection.connection.cursor()
        driver.execute(f"PRAGMA max_page_count = {pages}")
        driver.close()


NOWHERE = Path("/nonexistent")
"""Where a database is copied before it is migrated: these are of the newest schema."""
_FILL = """
CREATE OR REPLACE FUNCTION refuse_when_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT coalesce(sum(length(text)), 0) FROM messages) > {limit} THEN
        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER full_disk AFTER INSERT ON messages
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_when_full();
"""
"""What a full disk answers, for texts longer than the limit altogether."""


class PostgresDatabase:
    """A PostgreSQL database that is emptied in the end; `disk_full` comes from a trigger."""

    def __init__(self, place: PostgresPlace) -> None:
        self.place = place
        self._store: PostgresStore | None = None
        self._readers: list[PostgresReader] = []

    def store(self) -> PostgresStore:
        self._close_connections()
        self._store = postgres.open_store(self.place.url, NOWHERE)
        return self._store

    def reader(self) -> PostgresReader:
        reader = postgres.open_reader(self.place.url)
        self._readers.append(reader)
        return reader

    def fill(self) -> None:
        ((used,),) = self.place.execute("SELECT coalesce(sum(length(text)), 0) FROM messages")
        self.place.execute(_FILL.format(limit=int(str(used)) + 1000))

    def free(self) -> None:
        self.place.execute("DROP TRIGGER IF EXISTS full_disk ON messages")

    def close(self) -> None:
        self._close_connections()
        # A TRUNCATE makes new files, which takes longer than to delete the few rows of a test.
        deletions = "".join(f'DELETE FROM "{table.name}";' for table in reversed(metadata.sorted_tables))
        deletions += "DELETE FROM message_words; UPDATE search_state SET upto = -1"
        self.place.execute(f"DROP TRIGGER IF EXISTS full_disk ON messages; {deletions}")

    def _close_connections(self) -> None:
        for reader in self._readers:
            reader.close()
        self._readers.clear()
        if self._store is not None:
            self._store.close()
            self._store = None
