"""The reserve on the disk: when it is touched, members have nothing more stored, and operators go on."""

import logging
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from securechat.chat.items import DiskSpace
from securechat.storage.lock import DATABASE_NAME

MIB: Final = 1 << 20

_log: Final = logging.getLogger("securechat.storage")


def free_bytes(directory: Path) -> int | None:
    """Return how much this user may still write on the file system; None where that does not know it."""
    space = os.statvfs(directory)
    return space.f_bavail * space.f_frsize if space.f_blocks else None


def database_files(directory: Path) -> Mapping[str, int]:
    """Return the bytes of the SQLite file and of its log, as `status` calls them; those that are there."""
    database = directory / DATABASE_NAME
    files = {"database_bytes": database, "database_log_bytes": database.with_name(f"{DATABASE_NAME}-wal")}
    sizes = {}
    for name, file in files.items():
        with suppress(OSError):  # there is none with PostgreSQL, or nothing is known of its disk
            sizes[name] = file.stat().st_size
    return sizes


class Space:
    """Looks at the free space of the data directory's file system, about once a second.

    `reserve` returns the setting in force, in MiB; 0 is none. `tell` is called when the reserve is touched,
    and when there is an eighth more than it again. The main thread calls; `status` and `low` are for any.
    """

    def __init__(
        self,
        directory: Path,
        reserve: Callable[[], int],
        tell: Callable[[DiskSpace], None],
        measure: Callable[[Path], int | None] = free_bytes,
    ) -> None:
        self._directory = directory
        self._reserve = reserve
        self._tell = tell
        self._measure = measure
        self._files: Mapping[str, int] = {}
        self._free: int | None = None
        self._blind = False
        self.low = False
        """True from when the reserve is touched until there is room again."""

    def __call__(self) -> None:
        """Look, and tell what has changed."""
        self._files = database_files(self._directory)
        try:
            free = self._free = self._measure(self._directory)
        except OSError as error:
            self._free = None
            self._tell_blind(error)
            return
        self._blind = False
        reserve = self._reserve() * MIB
        wanted = reserve + reserve // 8 if self.low else reserve
        low = free is not None and free < wanted
        if low == self.low:
            return
        self.low = low
        if low:
            _log.error(
                "%d MiB are free on the disk, less than storage.reserve (%d MiB): members have nothing more "
                "stored until there is room, operators go on",
                (free or 0) // MIB,
                reserve // MIB,
            )
        else:
            _log.warning("there is room on the disk again: members are served as before")
        self._tell(DiskSpace(low))

    def _tell_blind(self, error: OSError) -> None:
        """Say once that nothing is known: the directory was renamed, or its volume is away."""
        if not self._blind:
            text = "how much is free on the disk of %s is not known: %s"
            _log.error(text, self._directory, error.strerror)
        self._blind = True

    def status(self) -> Mapping[str, int | bool | None]:
        """Return what `status` shows: the bytes that are free, and whether the reserve is touched."""
        return {
            "disk_free": self._free,
            "disk_low": self.low,
            "disk_reserve": self._reserve() * MIB,
            **self._files,
        }
