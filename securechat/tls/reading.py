"""Reading certificates and keys from files, without ever waiting for somebody who writes them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

LONGEST: Final = 4 << 20
"""Bytes: more than all authorities of a system have."""

_AT_ONCE: Final[int] = getattr(os, "O_NONBLOCK", 0)  # Windows has no pipes with names of files


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Give a regular file to read. Raises OSError, also for a pipe, a device and what is far too long."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | _AT_ONCE)) as stream:
        found = os.fstat(stream.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        if found.st_size > LONGEST:
            raise OSError(errno.EFBIG, f"it has more than {LONGEST} bytes")
        yield stream
