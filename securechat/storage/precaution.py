"""The copy of a PostgreSQL database that is kept from before a migration.

It is a SQLite file in the data directory, with the schema that the database had: the program of then can use
it or, by `migrate-store`, put it into an empty database.
"""

import shutil
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, MetaData, inspect

from securechat.storage import sqlite
from securechat.storage.copying import copy_stopped, place_for_copy
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.migration import Migrations
from securechat.storage.transfer import copy_rows

_SCRATCH: Final = f"{DATABASE_NAME}.before.partial"
_OTHERS: Final = frozenset({"alembic_version", "message_words", "search_state"})
"""Not copied: the version comes with the schema, and the index of the search is made anew."""


def keep_copy(connection: Connection, revision: str, migrations: Migrations, directory: Path) -> None:
    """Copy what a transaction sees of a database, whose schema is of `revision`.

    The caller holds the directory's lock. Raises StorageError, OSError and SQLAlchemy's errors.
    """
    target, path = place_for_copy(directory, migrations.head), directory / _SCRATCH
    shutil.rmtree(path, ignore_errors=True)  # what was killed left it
    path.mkdir(mode=0o700)
    try:
        of_then = Migrations(migrations.directory, revision)
        with (
            closing(sqlite.open_store(path, migrations=of_then)) as store,
            store.transaction() as copied,
        ):
            names = [table for table in inspect(connection).get_table_names() if table not in _OTHERS]
            tables = MetaData()
            tables.reflect(copied, only=names)
            copy_rows(connection, copied, lambda table, done, total: None, tables.sorted_tables)
        copy_stopped(path, target, lambda done, total: None)
    finally:
        shutil.rmtree(path)
