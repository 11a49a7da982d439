"""Which database a server uses: the file in its data directory, or the PostgreSQL database of a URL."""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from securechat.chat.ports import Snapshot, StoreLost, StoreUnavailable
from securechat.chat.records import Audited
from securechat.storage import audit
from securechat.storage.copying import Progress, copy_stopped
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.store import SqlReader, SqlStore
from securechat.storage.transfer import Progress as RowsProgress
from securechat.storage.transfer import copy_rows
from securechat.storage.upkeep import Seen


@dataclass(frozen=True, slots=True)
class Contents:
    """What a server begins with: its chat, and what was noted of the wall clock last."""

    snapshot: Snapshot
    seen: Seen | None


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can be opened; `url` "" is the file in `directory`."""

    directory: Path
    url: str = field(default="", repr=False)

    def open_store(self) -> SqlStore:
        """Open it for writing and bring its schema up to date. Raises `StorageError`."""
        if self.url:
            from securechat.storage import postgres

            return postgres.open_store(self.url, self.directory)
        from securechat.storage import sqlite

        return sqlite.open_store(self.directory)

    def load(self, store: SqlStore) -> Contents:
        """Read what a server begins with from a store of this database. Raises `StorageError`."""
        try:
            return Contents(store.load(), store.seen_clock())
        except (StoreUnavailable, StoreLost) as error:
            raise StorageError(f"the database {self} cannot be read: {error}") from error

    def open_reader(self) -> SqlReader:
        """Open it for reading. Raises `StorageError`.

        A file must be open for writing in this process.
        """
        if self.url:
            from securechat.storage import postgres

            return postgres.open_reader(self.url)
        from securechat.storage import sqlite

        return sqlite.open_reader(self.directory)

    def copy(self, target: Path, progress: Progress) -> None:
        """Copy everything into a SQLite file; `progress` is called with what is done and what there is.

        Nobody may use a file meanwhile: the caller holds the directory's lock. A PostgreSQL database is read
        while a server uses it. Raises `StorageError`.
        """
        if not self.url:
            copy_stopped(self.directory, target, progress)
            return
        from securechat.storage import postgres, sqlite

        with TemporaryDirectory(dir=target.parent, prefix=".copy-") as name:
            with (
                closing(postgres.open_reader(self.url)) as reader,
                closing(sqlite.open_store(Path(name))) as store,
                store.transaction() as copied,
                reader.snapshot() as source,
            ):
                copy_rows(source, copied, lambda table, done, total: progress(done, total))
            copy_stopped(Path(name), target, progress)

    def copy_rows_to(
        self, other: "Database", progress: RowsProgress, noted: Audited | None = None
    ) -> Mapping[str, int]:
        """Copy everything into another database, which is empty; return how many rows each table has.

        The record `noted` goes into the other's audit log, in the same transaction. Nobody may use either
        meanwhile. Raises `StorageError`, and then nothing was copied.
        """
        with (
            closing(self.open_store()) as source,
            closing(other.open_store()) as target,
            source.transaction() as read,
            target.transaction() as written,
        ):
            rows = copy_rows(read, written, progress)
            if noted is not None:
                audit.append(written, noted)
            return rows

    def exists(self) -> bool:
        """Return False for a file that is not there. A PostgreSQL database shows when it is opened."""
        return bool(self.url) or (self.directory / DATABASE_NAME).exists()

    def __str__(self) -> str:
        """Name it as it may be shown."""
        if not self.url:
            return str(self.directory / DATABASE_NAME)
        from securechat.storage.postgres import without_password

        return without_password(self.url)
