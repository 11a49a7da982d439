"""Signals as something that is waited for: blocked in all threads, so nothing ever runs inside a handler."""

import signal
import threading
from types import TracebackType
from typing import Final, Self

HANGUP: Final = signal.SIGHUP
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
        """Return the next signal, or None after `timeout` seconds. The thread that entered."""
        found = signal.sigtimedwait(WAITED, timeout)
        return signal.Signals(found.si_signo) if found is not None else None

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
        while signal.sigtimedwait(WAITED, 0) is not None:
            pass  # one that came while the server was stopping anyway
        signal.pthread_sigmask(signal.SIG_SETMASK, self._before)
