"""Copies of a SQLite database in a file of their own: complete without a log, and checked.

Theory of operation. SQLite's online backup copies pages, some at a time. It begins anew whenever another
connection writes, and a read transaction that would prevent that keeps the writer's log from starting over:
790 MB were measured. The connection that writes could copy, but everybody waits while it does. So the file of
a running server is copied by the command that wants it, as bytes, and the server tells which pages it has
changed meanwhile (`storage.lending`): the log stays as it is, nobody waits, and the copy may be on any disk.

A copy appears under its name only when it is complete, right and on disk. Until then it has a fixed name, so
that what a program left that was killed goes with the next copy: the directories are the server's own, where
nobody else names files.
"""

import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from securechat.storage.errors import StorageError
from securechat.storage.files import create_private, sync_directory, sync_file
from securechat.storage.lending import Changes
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.spans import spans


class CopyStopped(Exception):
    """Raised by a `Progress` to give up; it comes out of the function that copies."""


Progress = Callable[[int, int], None]
"""Called with how much has been copied and how much there is; may raise `CopyStopped`."""

_STEPS: Final = 1_000_000
"""Of SQLite's virtual machine, between two questions whether to go on with the check."""
_PAGES: Final = 2048
"""Copied between two calls of `Progress`: 8 MiB."""
_STEP: Final = 1 << 20
"""Bytes of a file in use that are copied between two looks at anything else, and then go to the disk."""
_REST: Final = 1.0
"""How long the disk and the processor are left alone after a step, in lengths of the step."""
_PAUSE: Final = 0.05
"""Seconds until a server is asked again."""
_ATTEMPTS: Final = 200
_IN_TOUCH: Final = 10.0
"""Seconds after which a server is told that the copy goes on."""
_SQLITE_HEADER: Final = 100
_VERSIONS: Final = 18
_NO_LOG: Final = b"\x01\x01"
"""In a database's header: to be written and read without a write-ahead log."""


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


class Lender(Protocol):
    """A server that copes with a copy of its file (`storage.lending`). All raise StorageError."""

    def begin(self) -> int:
        """Have it noted what changes from now on; return how many pages there are."""

    def changes(self) -> Changes:
        """Return what has changed since the last question."""

    def settled(self) -> bool:
        """Return whether nothing in the file has changed since the last `changes`."""

    def end(self) -> None:
        """Say that no more is needed."""


def copy_lent(
    directory: Path,
    target: Path,
    progress: Progress,
    lender: Lender,
    rest: Callable[[float], None] = time.sleep,
) -> None:
    """Copy the file of a database that a server uses, byte for byte, as it was at some moment before the end.

    Raises StorageError, also when the database is damaged, and what `lender` and `progress` raise.
    """
    with _made(target, progress) as partial:
        pages = lender.begin()
        try:
            with (directory / DATABASE_NAME).open("rb") as source, partial.open("r+b") as copy:
                _Pages(source.fileno(), copy.fileno(), progress, lender, rest).copy(pages)
        finally:
            with suppress(StorageError):  # it notices by itself
                lender.end()


class _Pages:
    """Two files, of which one becomes like the other."""

    def __init__(
        self, source: int, copy: int, progress: Progress, lender: Lender, rest: Callable[[float], None]
    ) -> None:
        self._source = source
        self._copy = copy
        self._progress = progress
        self._lender = lender
        self._rest = rest
        header = os.pread(source, _SQLITE_HEADER, 0)
        size = int.from_bytes(header[16:18])
        if size == 0:
            raise StorageError("there is nothing in the database's file")
        self._size = 65536 if size == 1 else size
        self._asked = time.monotonic()

    def copy(self, pages: int) -> None:
        """Copy everything, and then what has changed meanwhile until nothing does any more."""
        step = _STEP // self._size
        for first in range(1, pages + 1, step):
            began = time.monotonic()
            self._copy_pages(first, min(step, pages + 1 - first))
            # Or all of it would go to the disk at the end, while commits wait for the same disk.
            os.fdatasync(self._copy)
            self._progress(min(first + step, pages), pages)
            self._stay_in_touch()
            self._rest(_REST * (time.monotonic() - began))
        self._catch_up()

    def _catch_up(self) -> None:
        for _ in range(_ATTEMPTS):
            found = self._lender.changes()
            for first, last in spans(found.changed):
                for start in range(first, last + 1, _STEP // self._size):
                    self._copy_pages(start, min(_STEP // self._size, last + 1 - start))
            self._progress(found.pages, found.pages)
            if found.complete and self._lender.settled():
                os.ftruncate(self._copy, found.pages * self._size)
                os.pwrite(self._copy, _NO_LOG, _VERSIONS)
                return
            self._rest(_PAUSE)
        raise StorageError("the database changes faster than it can be copied: try again")

    def _copy_pages(self, first: int, count: int) -> None:
        place = (first - 1) * self._size
        # Pages that are in the log only, so far, are not in the file: they will be among the changes.
        content = os.pread(self._source, count * self._size, place)
        while content:
            written = os.pwrite(self._copy, content, place)
            content, place = content[written:], place + written

    def _stay_in_touch(self) -> None:
        if time.monotonic() - self._asked > _IN_TOUCH:
            self._asked = time.monotonic()
            self._lender.settled()


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
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
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
