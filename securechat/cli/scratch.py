"""Private directories for what a command makes on its way; they go with it, also when a signal ends it."""

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

from securechat.cli.exits import CommandFailed

_SCRATCH: Final = "scratch"
_ELSEWHERE: Final = ".securechat-scratch-"


@contextmanager
def scratch(directory: Path, where: Path | None = None) -> Iterator[Path]:
    """Give an empty directory inside the data directory or `where`. What killed commands left goes first.

    It is the user's of the data directory. Raises CommandFailed when another command uses the data
    directory, and OSError.
    """
    with _locked(directory), _unwinding():
        path = directory / _SCRATCH
        shutil.rmtree(path, ignore_errors=True)
        if where is None:
            path.mkdir(mode=0o700)
        else:
            path = _made_in(where)
        try:
            with _held(path) as descriptor:
                _give(descriptor, directory.stat())
                yield path
        finally:
            shutil.rmtree(path)


@contextmanager
def aside(where: Path) -> Iterator[Path]:
    """Give an empty private directory in the directory `where`; it goes in the end. Raises OSError."""
    with _unwinding():
        path = _made_in(where)
        try:
            with _held(path):
                yield path
        finally:
            shutil.rmtree(path)


def _made_in(where: Path) -> Path:
    """Make a private directory among what belongs to others, and remove those that nobody uses any more."""
    for left in where.glob(f"{_ELSEWHERE}*"):
        with suppress(OSError), _held(left):
            shutil.rmtree(left)
    try:
        return Path(tempfile.mkdtemp(prefix=_ELSEWHERE, dir=where))
    except OSError as error:
        # The name that was tried says nothing to whoever named the place.
        raise OSError(error.errno, error.strerror, str(where)) from None


def _give(descriptor: int, owner: os.stat_result) -> None:
    """Give a directory that root has made to the user of the server, which writes there."""
    if os.geteuid() != owner.st_uid:
        with suppress(OSError):  # some disks know no owners: the server says whether it can write
            os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """Have others see that a directory is in use; give its descriptor. Raises OSError when it is in use."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield descriptor
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
