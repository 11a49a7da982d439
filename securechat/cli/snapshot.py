"""A copy of everything at one moment, for backups and exports, whether a server runs or not.

A SQLite file may be opened by one process only: that of a running server is copied as bytes, with the
server's help, and without one the directory's lock is taken. A PostgreSQL database is read as it is.

A copy may be made anywhere: the data directory's disk may have no room for it.
"""

import fcntl
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final

from securechat.app.online_copy import Row
from securechat.app.patience import patiently
from securechat.chat.requests import Refused
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.progress import Progress
from securechat.server.control_client import NoAnswer, NotRunning, ask
from securechat.storage.copying import copy_lent
from securechat.storage.databases import Database
from securechat.storage.errors import StorageError
from securechat.storage.lending import Changes
from securechat.storage.lock import DATABASE_NAME, DirectoryBusy, DirectoryLock
from securechat.storage.spans import decode_spans

_SCRATCH: Final = "scratch"
_ELSEWHERE: Final = ".securechat-scratch-"
_NICENESS: Final = 10
"""Of a command that copies beside a running server: people who talk come first."""


@contextmanager
def snapshot(database: Database, where: Path | None = None) -> Iterator[Path]:
    """Give a directory with a copy of the database, private and for this command only; it goes in the end.

    It is in the directory `where`, by default in the data directory. Raises CommandFailed, and OSError.
    """
    with scratch(database.directory, where) as directory:
        try:
            with Progress("copying") as progress:
                _copy(database, directory / DATABASE_NAME, progress)
        except StorageError as error:
            raise CommandFailed(str(error)) from error
        yield directory


@contextmanager
def scratch(directory: Path, where: Path | None = None) -> Iterator[Path]:
    """Give an empty directory inside the data directory or `where`. What killed commands left goes first.

    Raises CommandFailed when another command uses the data directory, and OSError.
    """
    with _locked(directory), _unwinding():
        path = directory / _SCRATCH
        shutil.rmtree(path, ignore_errors=True)
        if where is None:
            path.mkdir(mode=0o700)
        else:
            path = _made_in(where)
        with _held(path):
            try:
                yield path
            finally:
                shutil.rmtree(path)


def _made_in(where: Path) -> Path:
    """Make a private directory among what belongs to others, and remove those that nobody uses any more."""
    for left in where.glob(f"{_ELSEWHERE}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left)
    return Path(tempfile.mkdtemp(prefix=_ELSEWHERE, dir=where))


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Have others see that a directory is in use. Raises OSError when it is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _unwinding() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end the command as Ctrl-C does: what is in progress is taken away."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are not for this one
        return

    def end(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The directory itself: the lock of the server is on a file in it.
    with ExitStack() as stack:
        try:
            stack.enter_context(_held(path))
        except BlockingIOError:
            raise CommandFailed("another backup or export is running: try again when it is done") from None
        yield


def _copy(database: Database, target: Path, progress: Progress) -> None:
    if database.url:
        database.copy(target, progress)
        return
    try:
        patiently(lambda: _copy_file(database, target, progress))
    except DirectoryBusy as error:
        raise CommandFailed(f"{error}, or try again if it is a server that starts or stops") from error
    except NoAnswer as error:
        raise CommandFailed(f"{error}: there is no copy", ExitCode.ERROR) from error


def _copy_file(database: Database, target: Path, progress: Progress) -> None:
    try:
        copy_lent(database.directory, target, progress, _Server(database.directory))
    except NotRunning as error:
        if isinstance(error.__cause__, PermissionError):
            raise CommandFailed(
                f"{database.directory} belongs to another user: run this as the server's user"
            ) from error
        with DirectoryLock(database.directory):
            database.copy(target, progress)


class _Server:
    """The running server, as `storage.copying.Lender`. Raises NotRunning and NoAnswer as well."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def begin(self) -> int:
        pages = self._ask("copy-begin")["pages"]
        assert isinstance(pages, int)
        with suppress(OSError):
            os.nice(_NICENESS)
        return pages

    def changes(self) -> Changes:
        row = self._ask("copy-changes")
        pages, changed = row["pages"], row["changed"]
        assert isinstance(pages, int) and isinstance(changed, str)
        return Changes(pages, row["complete"] is True, decode_spans(changed))

    def settled(self) -> bool:
        return self._ask("copy-settled")["settled"] is True

    def end(self) -> None:
        with suppress(NotRunning, NoAnswer):
            self._ask("copy-end")

    def _ask(self, operation: str) -> Row:
        answer = ask(self._directory, operation)
        if isinstance(answer, Refused):
            raise CommandFailed(answer.text, ExitCode.REFUSED)
        (row,) = answer.rows
        return row
