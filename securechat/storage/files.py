"""New files: private from the beginning, and there after a power cut."""

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

_NO_LINKS: Final = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS)
"""What file systems without hard links answer."""


def create_private(path: Path) -> None:
    """Make a file that only this user may read, or take what others may do with it; have its name on disk.

    One that root makes belongs to whom the directory belongs to.
    """
    try:
        with _descriptor(path, os.O_RDWR | os.O_CREAT | os.O_EXCL) as file:
            hand_over(file, path.parent)
    except FileExistsError:
        with _descriptor(path, os.O_RDWR) as file:
            os.fchmod(file, 0o600)
    sync_directory(path.parent)


def create_private_directory(path: Path) -> None:
    """Make a directory that only this user may use, or, when root makes it, the user of the one it is in."""
    path.mkdir(mode=0o700)
    with _descriptor(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW) as directory:
        hand_over(directory, path.parent)


def hand_over(descriptor: int, directory: Path) -> None:
    """Give what root has just made in a directory to the directory's user, who has to work with it.

    Only what was made, never what was there: that user may have put a link to something in its place.
    """
    if os.geteuid() == 0:
        owner = directory.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a private file to write to, which gets its name when it is complete and on disk.

    Raises FileExistsError when there is a file of the name already, which stays. Nothing else in the
    directory is touched.
    """
    try:
        descriptor, name = tempfile.mkstemp(prefix=".securechat-", suffix=".partial", dir=path.parent)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None  # not the name that was tried
    partial = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _name(partial, path)
        sync_directory(path.parent)
    finally:
        partial.unlink(missing_ok=True)


def _name(partial: Path, path: Path) -> None:
    """Give a file its name, unless something has it."""
    try:
        os.link(partial, path)
    except FileExistsError:
        raise FileExistsError(f"{path} is there already: name a new file") from None
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        # FAT, for one: take the name with an empty file, which is replaced.
        with _descriptor(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL):
            partial.replace(path)


def sync_file(path: Path) -> None:
    """Have a file's contents on disk."""
    with _descriptor(path, os.O_RDONLY) as file:
        os.fsync(file)


def sync_directory(path: Path) -> None:
    """Have the names in a directory on disk."""
    with _descriptor(path, os.O_RDONLY | os.O_DIRECTORY) as directory:
        os.fsync(directory)


@contextmanager
def _descriptor(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
