"""New files: private from the beginning, and there after a power cut."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


def create_private(path: Path) -> None:
    """Make a file that only this user may read, or take what others may do with it; have its name on disk."""
    with _descriptor(path, os.O_RDWR | os.O_CREAT) as file:
        os.fchmod(file, 0o600)
    sync_directory(path.parent)


@contextmanager
def new_file(path: Path) -> Iterator[IO[bytes]]:
    """Give a private file to write to, which gets its name when it is complete and on disk."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        create_private(partial)
        with partial.open("wb") as stream:
            yield stream
        sync_file(partial)
        partial.rename(path)
        sync_directory(path.parent)
    finally:
        partial.unlink(missing_ok=True)


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
