"""The databases that pass the contract suite: how each is opened, filled up and given room again."""

from pathlib import Path
from typing import Protocol

from securechat.chat.ports import Reader, Store
from securechat.storage.sqlite import SqliteReader, SqliteStore, open_reader, open_store


class PrunedStore(Store, Protocol):
    """A store with the retention."""

    def prune(self, before_ms: int, limit: int) -> int: ...


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
