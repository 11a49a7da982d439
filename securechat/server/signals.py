"""Signals as something that is waited for: blocked in all threads, so nothing ever runs inside a handler."""

import signal
import threading
import time
from types import TracebackType
from typing import Final, Self

HANGUP: Final = signal.SIGHUP
LOOK: Final = 0.025
"""Seconds between two looks for a signal."""
WAITED: Final = frozenset({signal.SIGTERM, signal.SIGINT, HANGUP})


class Signals:
    """While this context is entered, the signals wait for `wait`. Threads started inside inherit that."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: int | None = None
        self._before: set[int | signal.Signals] = set()

    def __enter__(self) -> Self:
        self._before = set(signal.pthread_sigmask(signal.SIG_BLOCK, WAITED))
        self._thread = threading.get_ident()
        return self

    def wait(self, timeout: float) -> signal.Signals | None:
        """Return the next signal, or None after `timeout` seconds. The thread that entered.

        Not by `sigtimedwait`: continued after a stop, CPython 3.11 returns from it whatever was in memory.
        """
        deadline = time.monotonic() + timeout
        while not (pending := signal.sigpending() & WAITED):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            time.sleep(min(left, LOOK))
        return signal.Signals(signal.sigwait(pending))

    def interrupt(self) -> None:
        """Have `wait` return SIGTERM at once. Any thread may call."""
        with self._lock:
            if self._thread is not None:
                signal.pthread_kill(self._thread, signal.SIGTERM)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._thread = None
        while pending := signal.sigpending() & WAITED:
            signal.sigwait(pending)  # one that came while the server was stopping anyway
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
