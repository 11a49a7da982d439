"""Copies of a SQLite database in a file of their own: complete without a log, and checked.

Theory of operation. SQLite's online backup copies pages, some at a time. It begins anew whenever another
connection writes, and a read transaction that would prevent that keeps the writer's log from starting over:
790 MB were measured. What is written by the connection that copies, though, SQLite writes to the copy, too.
So a store in use is copied by the connection that writes, in turns with its owner: the copy is of the moment
at which it is complete, and the log stays as it is. Between the turns what was copied goes to the disk, or
all of it would have to at the end, while commits wait for the same disk.

A copy appears under its name only when it is complete, right and on disk. Until then it has a fixed name, so
that what a program left that was killed goes with the next copy: the directories are the server's own, where
nobody else names files.
"""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

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
_PAGES_A_TURN: Final = 64
"""Copied while somebody waits: half a millisecond."""
_SYNC_EVERY: Final = 32
"""Turns between two syncs: 8 MiB."""
_GOING_ON: Final = (sqlite3.SQLITE_OK, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
"""After any other result the driver takes no further step."""


class Turns(Protocol):
    """How a connection is shared with its owner."""

    def take(self) -> None:
        """Wait until the connection may be used."""

    def leave(self) -> None:
        """Let the owner use it, if that is not so."""


def place_for_copy(directory: Path, head: str) -> Path:
    """Return where the copy of a database is kept that is about to be migrated to `head`.

    A part of one, of a program that was killed, is removed.
    """
    for left in directory.glob(f"{DATABASE_NAME}.before-*.partial*"):
        left.unlink()
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return directory / f"{DATABASE_NAME}.before-{head}-{stamp}"


def copy_stopped(directory: Path, target: Path, progress: Progress) -> None:
    """Copy a database that nobody has open; the caller holds the directory's lock. Raises StorageError."""
    path = directory / DATABASE_NAME
    if not path.exists():
        raise StorageError(f"there is no database {path}")
    try:
        # The mode "rw" takes in what a server that was killed has left in the log.
        uri = f"{path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as source:
            copy_file(source, target, progress)
    except sqlite3.Error as error:
        raise StorageError(f"the database {path} cannot be read: {error}") from error


def copy_shared(source: sqlite3.Connection, target: Path, progress: Progress, turns: Turns) -> None:
    """Copy what a connection that writes has committed by the end, in turns with its owner.

    Raises StorageError, also when the database is damaged, and what `turns` and `progress` raise.
    """
    with _made(target, progress) as partial, _opened(partial) as copy:
        _copy_in_turns(source, copy, partial, progress, turns)


def _copy_in_turns(
    source: sqlite3.Connection, copy: sqlite3.Connection, path: Path, progress: Progress, turns: Turns
) -> None:
    steps = 0

    def between(status: int, left: int, total: int) -> None:
        nonlocal steps
        progress(total - left, total)
        if status not in _GOING_ON:
            return  # the end of it is done in this turn
        turns.leave()
        steps += 1
        if steps % _SYNC_EVERY == 0:
            sync_file(path)
        turns.take()

    turns.take()
    try:
        source.backup(copy, pages=_PAGES_A_TURN, progress=between)
    finally:
        turns.leave()


def copy_file(source: sqlite3.Connection, target: Path, progress: Progress | None = None) -> None:
    """Copy what a connection sees, which nobody else uses.

    Raises StorageError, also when the database is damaged.
    """
    report = None if progress is None else lambda _, left, total: progress(total - left, total)
    with _made(target, progress) as partial, _opened(partial) as copy:
        source.backup(copy, pages=_PAGES, progress=report)


@contextmanager
def _made(target: Path, progress: Progress | None) -> Iterator[Path]:
    """Give a file for a copy, which gets its name when it is right and on disk. Raises StorageError."""
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        create_private(partial)
        yield partial
        check_file(partial, progress)
        sync_file(partial)
        partial.rename(target)
        sync_directory(target.parent)
    except (sqlite3.Error, OSError) as error:
        raise StorageError(f"the copy {target} cannot be made: {error}") from error
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection to a copy that is made; in the end it is complete without a log."""
    # The owner of what is copied writes here, too, when a page changes; so one thread at a time, but several.
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as copy:
        # Nobody wants a copy back that was not completed, and a complete one is synced as a file.
        copy.execute("PRAGMA journal_mode = OFF")
        copy.execute("PRAGMA synchronous = OFF")
        yield copy
        copy.execute("PRAGMA journal_mode = DELETE")


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
