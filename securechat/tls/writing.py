"""Private files that are replaced as a whole: keys, certificates, and what the client keeps."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Replace the file as one step that survives a power cut; it is 0600 from the moment that it exists.

    What root writes belongs to whom the directory belongs to. Raises OSError.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes 0600
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            _hand_over(handle, path.parent)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sys.platform != "win32":  # which has no descriptors of directories
        _sync_directory(path.parent)


def _hand_over(handle: int, directory: Path) -> None:
    """Give what root has made to the directory's user, which is a server that has to read it."""
    if sys.platform != "win32" and os.geteuid() == 0:
        owner = directory.stat()
        os.fchown(handle, owner.st_uid, owner.st_gid)


def _sync_directory(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
