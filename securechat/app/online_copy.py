"""A copy of the database of a running server, which only that server may open.

`copy-start` on the control socket begins one, in a thread of its own, and `copy-status` tells how far it is.
The file appears in the data directory, for the command that asked; the next copy takes its place.
"""

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Final

from securechat.chat.requests import Answer, Done, Refused
from securechat.server.loan import Loan, LoanEnded
from securechat.storage.copying import CopyStopped, Progress, Turns
from securechat.storage.errors import StorageError

COPY_NAME: Final = "securechat.db.copy"

_log: Final = logging.getLogger("securechat.backup")


class OnlineCopy:
    """Copies the database to a file in `directory` when it is told to.

    `copy` does it (`SqlStore.copy`), in turns with the hub (`loan`), whose connection it uses.
    """

    def __init__(self, directory: Path, copy: Callable[[Path, Progress, Turns], None], loan: Loan) -> None:
        self._directory = directory
        self._copy = copy
        self._loan = loan
        self._thread: Thread | None = None
        self._stopping = Event()
        self._lock = Lock()
        self._progress = (0, 0)
        self._problem: str | None = None

    def start(self) -> Answer:
        """Begin. The control thread calls."""
        if self._thread is not None and self._thread.is_alive():
            return Refused("BUSY", "the database is being copied already: try again when that is done")
        self._set((0, 0), None)
        self._thread = Thread(target=self._run, name="copy")
        self._thread.start()
        return Done()

    def status(self) -> Answer:
        """Tell how far it is. The control thread calls."""
        # In this order: a thread that has ended has said everything.
        running = self._thread is not None and self._thread.is_alive()
        with self._lock:
            (done, total), problem = self._progress, self._problem
        if problem is not None and not running:
            return Refused("COPY_FAILED", problem)
        return Done([{"running": running, "done": done, "total": total}])

    def stop(self) -> None:
        """Give up and wait for the thread. The main thread calls, when there are no more requests."""
        self._stopping.set()
        self._loan.end()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._copy(self._directory / COPY_NAME, self._report, self._loan)
            _log.info("the database was copied")
        except (CopyStopped, LoanEnded):
            self._set((0, 0), "the server stops")
        except StorageError as error:
            _log.error("the database could not be copied: %s", error)
            self._set((0, 0), str(error))
        except Exception as error:
            _log.exception("the database could not be copied")
            self._set((0, 0), f"the copy failed: {type(error).__name__}, see the server's log")

    def _report(self, done: int, total: int) -> None:
        if self._stopping.is_set():
            raise CopyStopped
        self._set((done, total), None)

    def _set(self, progress: tuple[int, int], problem: str | None) -> None:
        with self._lock:
            self._progress, self._problem = progress, problem
