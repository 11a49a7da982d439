"""Which database a server uses: the file in its data directory, or the PostgreSQL database of a URL."""

from dataclasses import dataclass, field
from pathlib import Path

from securechat.storage.lock import DATABASE_NAME
from securechat.storage.store import SqlReader, SqlStore


@dataclass(frozen=True, slots=True)
class Database:
    """A database that can be opened; `url` "" is the file in `directory`."""

    directory: Path
    url: str = field(default="", repr=False)

    def open_store(self) -> SqlStore:
        """Open it for writing and bring its schema up to date. Raises `StorageError`."""
        if self.url:
            from securechat.storage import postgres

            return postgres.open_store(self.url)
        from securechat.storage import sqlite

        return sqlite.open_store(self.directory)

    def open_reader(self) -> SqlReader:
        """Open it for reading. Raises `StorageError`.

        A file must be open for writing in this process.
        """
        if self.url:
            from securechat.storage import postgres

            return postgres.open_reader(self.url)
        from securechat.storage import sqlite

        return sqlite.open_reader(self.directory)

    def __str__(self) -> str:
        """Name it as it may be shown."""
        if not self.url:
            return str(self.directory / DATABASE_NAME)
        from securechat.storage.postgres import without_password

        return without_password(self.url)
