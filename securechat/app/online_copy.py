"""A copy of the database of a running server, which only that server may open.

`copy-start` on the control socket begins one, in a thread of its own, `copy-status` tells how far it is, and
`copy-stop` gives it up. The file appears in the directory that the command which asks has made for it: that
may be on another disk, where there is room.
"""

import logging
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from securechat.chat.requests import Answer, Done, Refused
from securechat.log import escape
from securechat.server.loan import Loan, LoanEnded
from securechat.storage.copying import CopyStopped, Progress, Turns
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME

BAD_PLACE: Final = "BAD_PLACE"
"""The code of the refusal of a directory."""

_log: Final = logging.getLogger("securechat.backup")


class OnlineCopy:
    """Copies the database to a file in a directory when it is told to.

    `copy` does it (`SqlStore.copy`), in turns with the hub (`loan`), whose connection it uses.
    """

    def __init__(self, copy: Callable[[Path, Progress, Turns], None], loan: Loan) -> None:
        self._copy = copy
        self._loan = loan
        self._thread: Thread | None = None
        self._stopping = Event()
        self._given_up = Event()
        self._lock = Lock()
        self._progress = (0, 0)
        self._problem: str | None = None

    def commands(self) -> Mapping[str, Callable[[str], Answer]]:
        """Return what the control socket answers with this."""
        return {
            "copy-start": self.start,
            "copy-status": lambda _: self.status(),
            "copy-stop": lambda _: self.give_up(),
        }

    def start(self, place: str) -> Answer:
        """Begin to copy into a directory. The control thread calls."""
        if self._thread is not None and self._thread.is_alive():
            return Refused("BUSY", "the database is being copied already: try again when that is done")
        if (wrong := _wrong_with(place)) is not None:
            return Refused(BAD_PLACE, escape(f"the server cannot copy its database into {place!r}: {wrong}"))
        self._set((0, 0), None)
        self._given_up.clear()
        self._thread = Thread(target=self._run, args=(Path(place) / DATABASE_NAME,), name="copy")
        self._thread.start()
        return Done()

    def status(self) -> Answer:
        """Tell how far it is. The control thread calls."""
        # In this order: a thread that has ended has said everything.
        running = self._thread is not None and self._thread.is_alive()
        with self._lock:
            (done, total), problem = self._progress, self._problem
        if problem is not None and not running:
            return Refused("COPY_FAILED", escape(problem))  # it names files, whatever their names are
        return Done([{"running": running, "done": done, "total": total}])

    def give_up(self) -> Answer:
        """Have the copy end soon; whether it has is in the answers of `status`. The control thread calls."""
        self._given_up.set()
        return self.status()

    def stop(self) -> None:
        """Give up and wait for the thread. The main thread calls, when there are no more requests."""
        self._stopping.set()
        self._loan.end()
        if self._thread is not None:
            self._thread.join()

    def _run(self, target: Path) -> None:
        try:
            self._copy(target, self._report, self._loan)
            _log.info("the database was copied")
        except (CopyStopped, LoanEnded):
            self._set((0, 0), "the server stops" if self._stopping.is_set() else "the copy was given up")
        except StorageError as error:
            _log.error("the database could not be copied: %s", error)
            self._set((0, 0), str(error))
        except Exception as error:
            _log.exception("the database could not be copied")
            self._set((0, 0), f"the copy failed: {type(error).__name__}, see the server's log")

    def _report(self, done: int, total: int) -> None:
        if self._stopping.is_set() or self._given_up.is_set():
            raise CopyStopped
        self._set((done, total), None)

    def _set(self, progress: tuple[int, int], problem: str | None) -> None:
        with self._lock:
            self._progress, self._problem = progress, problem


def _wrong_with(place: str) -> str | None:
    """Return why the server does not write to a directory, None when it does."""
    path = Path(place)
    if not path.is_absolute():
        return "its path is not absolute"
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        return f"the server's user cannot reach it ({getattr(error, 'strerror', error)})"
    if not stat.S_ISDIR(mode):
        return "it is no directory"
    if mode & 0o022:
        return "other users can write to it"
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK, effective_ids=True):
        return "the server's user cannot write to it"
    return None
