"""A copy of everything at one moment, for backups and exports, whether a server runs or not.

A SQLite file may be opened by one process only: a running server copies it itself and without one the
directory's lock is taken. A PostgreSQL database is read as it is.
"""

import fcntl
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final

from securechat.app.online_copy import COPY_NAME
from securechat.app.patience import patiently
from securechat.chat.requests import Refused
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.progress import Progress
from securechat.server.control_client import NoAnswer, NotRunning, ask
from securechat.storage.databases import Database
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME, DirectoryBusy, DirectoryLock

_SCRATCH: Final = "scratch"
_POLL: Final = 0.05


@contextmanager
def snapshot(database: Database) -> Iterator[Path]:
    """Give a directory with a copy of the database, private and for this command only; it goes in the end.

    Raises CommandFailed.
    """
    with scratch(database.directory) as directory:
        try:
            with Progress("copying") as progress:
                _copy(database, directory / DATABASE_NAME, progress)
        except StorageError as error:
            raise CommandFailed(str(error)) from error
        yield directory


@contextmanager
def scratch(directory: Path) -> Iterator[Path]:
    """Give an empty directory inside the data directory. Files that a killed command left there go first.

    Raises CommandFailed when another command uses it.
    """
    path = directory / _SCRATCH
    with _locked(directory), _unwinding():
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(mode=0o700)
        try:
            yield path
        finally:
            shutil.rmtree(path)


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
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise CommandFailed("another backup or export is running: try again when it is done") from None
    finally:
        os.close(descriptor)


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
        _have_copied(database.directory, progress)
    except NotRunning as error:
        if isinstance(error.__cause__, PermissionError):
            raise CommandFailed(
                f"{database.directory} belongs to another user: run this as the server's user"
            ) from error
        with DirectoryLock(database.directory):
            database.copy(target, progress)
    else:
        (database.directory / COPY_NAME).rename(target)


def _have_copied(directory: Path, progress: Progress) -> None:
    """Let the running server make its copy."""
    answer = ask(directory, "copy-start")
    while not isinstance(answer, Refused):
        answer = ask(directory, "copy-status")
        if isinstance(answer, Refused):
            break
        (row,) = answer.rows
        if not row["running"]:
            return
        done, total = row["done"], row["total"]
        assert isinstance(done, int) and isinstance(total, int)
        progress(done, total)
        time.sleep(_POLL)
    raise CommandFailed(answer.text, ExitCode.REFUSED)
