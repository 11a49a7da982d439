"""Looking at a database that no server has open, without changing anything.

A file is opened as one that nobody writes to (`immutable`), so SQLite makes no log and takes no lock beside
it. The caller sees to it that this is so (`lock.shared`). What a server that was killed has left in the log
is not looked at.
"""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from securechat.chat.reading import time_of
from securechat.storage.audit import last_backup
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.migration import MIGRATIONS, is_behind, revision_of
from securechat.storage.schema import accounts, clock, messages

_CHECKED: Final = 256 << 20
"""Bytes of a file up to which all of its pages are looked at: some seconds."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What is in a database: the revision of its schema, None for an empty one, and whether that is an older
    one, of which nothing else is read. Times are in milliseconds since the epoch, 0 where there is none.
    """

    revision: str | None
    behind: bool
    newest: int = 0
    """When the newest message was said."""
    clock: int = 0
    """What the server's clock said last."""
    began: int = 0
    """When the first account was made."""
    accounts: int = 0
    administrators: int = 0
    backup: int = 0
    """When the last backup was taken."""


def look_at_file(directory: Path) -> Looked:
    """Look at the SQLite file of a data directory. Raises StorageError, SchemaRefused."""
    path = directory / DATABASE_NAME
    uri = f"file:{quote(str(path))}?mode=ro&immutable=1"
    engine = create_engine(
        "sqlite://", poolclass=NullPool, creator=lambda: sqlite3.connect(uri, uri=True, isolation_level=None)
    )
    try:
        with closing(engine.connect()) as connection:
            if path.stat().st_size <= _CHECKED:
                _check_pages(connection, path)
            return _look(connection)
    except DBAPIError as error:
        raise StorageError(f"{path} cannot be read: {error.orig}") from error
    finally:
        engine.dispose()


def look_at_postgres(url: str) -> Looked:
    """Look at a PostgreSQL database, which may be in use. Raises StorageError, SchemaRefused."""
    from securechat.storage import postgres

    with closing(postgres.open_reader(url)) as reader, reader.snapshot(older=True) as connection:
        postgres.check_database(connection, url)
        return _look(connection)


def _check_pages(connection: Connection, path: Path) -> None:
    found = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    if found != "ok":
        raise StorageError(f"{path} is damaged: {found}")


def _look(connection: Connection) -> Looked:
    revision = revision_of(connection)
    if is_behind(revision, MIGRATIONS):
        return Looked(revision, revision is not None)
    people = select(func.count(), func.min(accounts.c.created)).where(accounts.c.phc.is_not(None))
    number, began = connection.execute(people).one()
    administrators = people.where(accounts.c.role == "admin", accounts.c.disabled.is_(False))
    return Looked(
        revision,
        behind=False,
        newest=time_of(connection.scalar(select(func.max(messages.c.id))) or 0),
        clock=connection.scalar(select(func.max(clock.c.at))) or 0,
        began=began or 0,
        accounts=number,
        administrators=connection.execute(administrators).one()[0],
        backup=last_backup(connection),
    )
