"""Copies of a SQLite database in a file of their own: complete without a log, and checked.

Theory of operation. SQLite's online backup copies pages. It begins anew whenever somebody else writes, unless
the source connection has a read transaction open: then it copies the state that this transaction sees, while
the writer goes on (its log cannot start over meanwhile). A copy appears under its name only when it is
complete, right and on disk. Until then it has a fixed name, so that what a program left that was killed goes
with the next copy: the directories are the server's own, where nobody else names files.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from securechat.storage.errors import StorageError
from securechat.storage.files import create_private, sync_directory, sync_file
from securechat.storage.lock import DATABASE_NAME


class CopyStopped(Exception):
    """Raised by a `Progress` to give up; it comes out of the function that copies."""


Progress = Callable[[int, int], None]
"""Called with how much has been copied and how much there is; may raise `CopyStopped`."""

_STEPS: Final = 1_000_000
"""Of SQLite's virtual machine, between two questions whether to go on with the check."""
_PAGES: Final = 2048
"""Copied between two calls of `Progress`: 8 MiB."""


def place_for_copy(directory: Path, head: str) -> Path:
    """Return where the copy of a database is kept that is about to be migrated to `head`.

    A part of one, of a program that was killed, is removed.
    """
    for left in directory.glob(f"{DATABASE_NAME}.before-*.partial*"):
        left.unlink()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return directory / f"{DATABASE_NAME}.before-{head}-{stamp}"


def copy_running(directory: Path, target: Path, progress: Progress) -> None:
    """Copy the database that a store of this process has open. Raises StorageError."""
    _copy(directory / DATABASE_NAME, "ro", target, progress)


def copy_stopped(directory: Path, target: Path, progress: Progress) -> None:
    """Copy a database that nobody has open; the caller holds the directory's lock. Raises StorageError."""
    path = directory / DATABASE_NAME
    if not path.exists():
        raise StorageError(f"there is no database {path}")
    _copy(path, "rw", target, progress)


def copy_file(source: sqlite3.Connection, target: Path, progress: Progress | None = None) -> None:
    """Copy what a connection sees to `target`, and end its transaction if there is one.

    Raises StorageError, also when the database is damaged.
    """
    partial = target.with_name(f"{target.name}.partial")
    report = None if progress is None else lambda _, left, total: progress(total - left, total)
    try:
        partial.unlink(missing_ok=True)
        create_private(partial)
        with closing(sqlite3.connect(partial, isolation_level=None)) as copy:
            source.backup(copy, pages=_PAGES, progress=report)
            # The writer's log can start over now; to check a big copy takes minutes.
            source.rollback()
            copy.execute("PRAGMA journal_mode = DELETE")
        check_file(partial, progress)
        sync_file(partial)
        partial.rename(target)
        sync_directory(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the copy {target} cannot be made: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


def check_file(path: Path, progress: Progress | None = None) -> None:
    """Raise StorageError when the database in a file that nobody has open is damaged."""

    def stop() -> bool:
        try:
            if progress is not None:
                progress(1, 1)
        except CopyStopped:
            return True
        return False

    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.set_progress_handler(stop, _STEPS)
        (verdict,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise StorageError(f"the database is damaged: {verdict}")
        broken = connection.execute("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise StorageError(f"the database is damaged: a row of {broken[0]} refers to nothing")


def _copy(path: Path, mode: str, target: Path, progress: Progress) -> None:
    try:
        # The mode "rw" takes in what a server that was killed has left in the log.
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as source:
            source.execute("BEGIN")
            source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
            copy_file(source, target, progress)
    except sqlite3.Error as error:
        raise StorageError(f"the database {path} cannot be read: {error}") from error


def contents_of(path: Path) -> tuple[str, Mapping[str, int]]:
    """Return the schema's revision of a database that nobody has open, and how many rows each table has.

    Raises StorageError when it is not a database of ours.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (revision,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            tables = connection.execute(
                "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
            ).fetchall()
            names = sorted(
                name for (name,) in tables if name != "alembic_version" and not name.startswith("sqlite_")
            )
            rows = {name: _count(connection, name) for name in names}
    except (sqlite3.Error, TypeError) as error:
        raise StorageError(f"this is no database of securechat: {error}") from error
    return str(revision), rows


def _count(connection: sqlite3.Connection, table: str) -> int:
    quoted = table.replace('"', '""')
    (rows,) = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()
    return int(rows)
