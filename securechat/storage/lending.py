"""A database in use is copied by another process: what its server does for that.

Theory of operation. The other process reads the file itself, as bytes: it opens no SQLite connection, takes
no lock and holds up nothing. The file changes under its hands only where a checkpoint takes pages from the
log to the file, and each of these pages was in the log before. So the store notes, after each commit, which
pages the log has got (24 bytes a page, https://www.sqlite.org/walformat.html); the reader asks for them at
the end and reads them anew. It is right when all of the log was in the file when it asked, and no checkpoint
has touched the file until it was done. For that moment SQLite's own checkpoints are turned off, until the log
is too long.

A transaction that was rolled back may have left frames behind the end of the log, which later ones overwrite.
From then on, until the log starts over, all of it is looked through after each commit.
"""

import os
import sqlite3
import struct
from collections.abc import Callable, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securechat.storage.errors import StorageError

AUTOCHECKPOINT: Final = 1000
"""Pages of log with which a COMMIT makes a checkpoint."""

_HEADER: Final = 32
_FRAME_HEADER: Final = 24


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a file since the last question.

    `pages` is how many it has, `changed` the numbers of those that are to be read anew. If it is `complete`,
    nothing was in the log alone.
    """

    pages: int
    complete: bool
    changed: Set[int]


class Lending:
    """The server's half of a copy. Only the thread that uses the store calls.

    `checkpoint` makes one, as far as nobody is in the way, and returns whether it was all of the log.
    """

    def __init__(self, driver: sqlite3.Connection, log: Path, checkpoint: Callable[[], bool]) -> None:
        self._driver = driver
        self._log = log
        self._checkpoint = checkpoint
        self._noted: _Noted | None = None
        self._still = False

    def begin(self) -> int:
        """Note from now on what changes; return how many pages there are. Raises OSError."""
        self.end()
        self._checkpoint()  # there is less to be read anew, and something to read in a new database
        self._noted = _Noted(self._log)
        return self._pages()

    def changes(self) -> Changes:
        """Return what has changed, and let the file be as it is if it is complete. Raises StorageError."""
        noted = self._expected()
        complete = self._checkpoint()
        if complete:
            self._still = True
            self._set_autocheckpoint(0)
        return Changes(self._pages(), complete, noted.take())

    def settled(self) -> bool:
        """Return whether the file is as it was at the last `changes`. Raises StorageError."""
        self._expected()
        return self._still

    def end(self) -> None:
        """Note nothing any more."""
        self.move()
        if self._noted is not None:
            self._noted.close()
            self._noted = None

    # The store tells

    def committed(self) -> None:
        """Something may have come to the log."""
        if self._noted is None:
            return
        try:
            self._noted.look()
        except OSError:
            self.end()  # whoever copies learns it with the next question

    def rolled_back(self) -> None:
        """Something may be behind the end of the log."""
        if self._noted is not None:
            self._noted.doubt()

    def move(self) -> None:
        """The file changes, or may change again."""
        if self._still or self._noted is not None:
            self._set_autocheckpoint(AUTOCHECKPOINT)
        self._still = False

    def _expected(self) -> "_Noted":
        if self._noted is None:
            raise StorageError("the server does not wait for this copy any more: try again")
        return self._noted

    def _pages(self) -> int:
        (pages,) = self._driver.execute("PRAGMA page_count").fetchone()
        return int(pages)

    def _set_autocheckpoint(self, pages: int) -> None:
        self._driver.execute(f"PRAGMA wal_autocheckpoint = {pages}")


class _Noted:
    """The pages that were in the log since it was made."""

    def __init__(self, log: Path) -> None:
        self._pages: set[int] = set()
        self._salts = b""
        self._frames = 0
        self._doubtful = False
        # To close it takes nobody's lock away: SQLite's are on other files.
        self._file = os.open(log, os.O_RDONLY | os.O_CLOEXEC)
        self.look()

    def look(self) -> None:
        """Note what the last commit has written. Raises OSError."""
        header = os.pread(self._file, _HEADER, 0)
        if len(header) < _HEADER:
            return
        salts = header[16:24]
        if salts != self._salts:
            self._salts, self._frames, self._doubtful = salts, 0, False
        (page_size,) = struct.unpack(">I", header[8:12])
        index = 0 if self._doubtful else self._frames
        while True:
            frame = os.pread(self._file, _FRAME_HEADER, _HEADER + index * (_FRAME_HEADER + page_size))
            if frame[8:16] != salts:
                break
            page, commits = struct.unpack(">II", frame[:8])
            self._pages.add(page)
            index += 1
            if commits:
                self._frames = index

    def doubt(self) -> None:
        """Do not believe any more that the log goes on where it ended."""
        self._doubtful = True

    def take(self) -> set[int]:
        """Return what was noted, and begin anew."""
        taken, self._pages = self._pages, set()
        return taken

    def close(self) -> None:
        """Close the log."""
        os.close(self._file)
