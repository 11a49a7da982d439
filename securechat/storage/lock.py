"""The data directory: private to its owner, and used by one process at a time.

SQLite before 3.51.3 can lose committed rows when two connections of different processes write or checkpoint
at once. So the server holds this lock as long as it runs, and a command that would open the store without
it takes the lock first. The lock is an open file description's (`flock`): it goes with the process, however
that ends.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from securechat.storage.errors import StorageError
from securechat.storage.files import hand_over

LOCK_NAME: Final = "securechat.lock"
DATABASE_NAME: Final = "securechat.db"


class DirectoryBusy(StorageError):
    """Another process uses the data directory. `pid` is its process id, None when it cannot be read."""

    def __init__(self, path: Path, pid: int | None) -> None:
        holder = "another process" if pid is None else f"process {pid}"
        super().__init__(f"the data directory {path} is in use by {holder}: stop it first")
        self.path = path
        self.pid = pid


def prepare_directory(path: Path) -> None:
    """Make the data directory with mode 0700, or make sure that an existing one is safe to use.

    One that is empty or has held our data gets mode 0700, too. Raises `StorageError` when the path is no
    directory, and when others may write to a directory that is not ours alone.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077 and _is_ours(path):
            path.chmod(mode := 0o700)
    except FileExistsError:
        raise StorageError(f"{path} is not a directory: name another data directory") from None
    except OSError as error:
        raise StorageError(f"cannot use the data directory {path}: {error.strerror}") from error
    if mode & 0o022:
        raise StorageError(
            f"the data directory {path} holds other files and other users may write to it: "
            "use a directory of its own"
        )


def _is_ours(path: Path) -> bool:
    if any((path / name).exists() for name in (LOCK_NAME, DATABASE_NAME)):
        return True
    return not any(path.iterdir())


@contextmanager
def shared(path: Path) -> Iterator[None]:
    """See to it that nobody holds a data directory meanwhile; others may look at it at the same time.

    Nothing is written. Raises `DirectoryBusy` when somebody holds it, and `StorageError`.
    """
    try:
        descriptor = os.open(path / LOCK_NAME, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield  # nobody has ever held it
        return
    except OSError as error:
        raise StorageError(f"cannot look at the lock of {path}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryBusy(path, _pid_in(descriptor)) from None
        yield
    finally:
        os.close(descriptor)


class DirectoryLock:
    """Holds the data directory for this process, from `with` to its end; makes it when there is none.

    Raises `DirectoryBusy` at once when another holder exists. May be used by any thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        prepare_directory(self._path)
        try:
            descriptor = self._open()
        except OSError as error:
            raise StorageError(f"cannot lock the data directory {self._path}: {error.strerror}") from error
        try:
            self._lock(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            # The file stays: a process that deletes it could delete one that another has locked meanwhile.
            os.close(descriptor)

    def _open(self) -> int:
        path, flags = self._path / LOCK_NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            descriptor = os.open(path, flags | os.O_EXCL, 0o600)
        except FileExistsError:
            return os.open(path, flags, 0o600)
        hand_over(descriptor, self._path)
        return descriptor

    def _lock(self, descriptor: int) -> None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DirectoryBusy(self._path, _pid_in(descriptor)) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)


def _pid_in(descriptor: int) -> int | None:
    text = os.pread(descriptor, 32, 0).strip()
    # The holder may be about to write it.
    return int(text) if text.isdigit() else None
