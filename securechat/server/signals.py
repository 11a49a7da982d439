"""Signals as something that is waited for: a handler only notes which came.

Theory of operation. The signals are blocked in all threads, and unblocked in the main thread from its first
wait on, which comes when the others have been started. (To unblock them for each wait would cost more than
the wait: it is done forty times a second.) For a signal that arrives then, or was pending, the interpreter's
own handler writes a byte to a pipe that `wait` polls, and `interrupt` does the same. The byte only ends the
wait: when the pipe is full, as after 65,536 signals during a reload, more of them say no more. Which signals
came is what the handler in Python notes, in the main thread. (`sigtimedwait` would need no pipe, but
continued after a SIGSTOP CPython 3.11 returns from it whatever was in memory.)
"""

import math
import os
import select
import signal
import threading
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, Self

HANGUP: Final = signal.SIGHUP
WAITED: Final = frozenset({signal.SIGTERM, signal.SIGINT, HANGUP})


def leave_to_others() -> None:
    """Have the signals come to another thread than the calling one: for a thread that the main thread starts
    before it enters `Signals`, or after its first wait."""
    signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)


class Signals:
    """While this context is entered, the signals wait for `wait`. Threads that are started inside, before the
    first wait, inherit that.

    After an orderly exit they stay blocked: the process is about to end, and one that comes once more must
    not change how it ends. Entered in another thread than the main one, which alone can have handlers, it
    hears `interrupt` only.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pipe: tuple[int, int] | None = None
        self._interrupted = False
        self._handled = self._unblocked = False
        self._poll = select.poll()
        self._mask: set[int | signal.Signals] = set()
        self._handlers = {number: signal.getsignal(number) for number in WAITED}
        self._wakeup = -1
        self._came: set[int] = set()

    def __enter__(self) -> Self:
        self._mask = set(signal.pthread_sigmask(signal.SIG_BLOCK, WAITED))
        self._pipe = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._poll.register(self._pipe[0], select.POLLIN)
        self._handled = threading.current_thread() is threading.main_thread()
        if self._handled:
            self._wakeup = signal.set_wakeup_fd(self._pipe[1], warn_on_full_buffer=False)
            self._handlers = {number: signal.signal(number, self._note) for number in WAITED}
        return self

    def wait(self, timeout: float) -> list[signal.Signals]:
        """Return the signals that came, each once and a SIGHUP first, after `timeout` seconds at the latest.

        Nothing when the time is over or there was an `interrupt`. The thread that entered.
        """
        assert self._pipe is not None, "signals are waited for inside the context only"
        if self._handled and not self._unblocked:
            self._unblocked = True
            signal.pthread_sigmask(signal.SIG_UNBLOCK, WAITED)
        if not self._came and not self._poll.poll(max(0, math.ceil(timeout * 1000))):
            return []
        with suppress(BlockingIOError):
            os.read(self._pipe[0], 4096)
        # After the read: an interrupt before it is heard now, one from now on writes for the next wait.
        self._interrupted = False
        # Of signals that wait together the kernel runs the last one's handler first: their order means
        # nothing, and a reload comes before the end.
        came, self._came = self._came, set()
        return sorted(signal.Signals(number) for number in came)

    def interrupt(self) -> None:
        """Have `wait` return at once, now or the next time. Any thread may call."""
        with self._lock:
            if self._pipe is not None and not self._interrupted:
                self._interrupted = True
                with suppress(BlockingIOError):  # full of signals: the wait ends anyway
                    os.write(self._pipe[1], b"\0")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._handled:
            signal.pthread_sigmask(signal.SIG_BLOCK, WAITED)
            self._unblocked = False
            signal.set_wakeup_fd(self._wakeup)
            for number, handler in self._handlers.items():
                signal.signal(number, handler)
        with self._lock:
            pipe, self._pipe = self._pipe, None
        for descriptor in pipe or ():
            os.close(descriptor)
        self._poll = select.poll()
        if kind is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Be the handler of a signal."""
        self._came.add(number)
