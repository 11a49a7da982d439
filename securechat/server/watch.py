"""Noticing that one connection keeps a worker inside OpenSSL.

Theory of operation. A record without content (a KeyUpdate above all) makes OpenSSL read on by itself, so a
peer that sends such records as fast as they are handled keeps a single read going for as long as it likes;
measured, a stock client did so for seconds. The worker is in C then and cannot stop itself. So it notes when
it goes into a read, and the main thread looks several times a second: a read that is the same one as before
and has used CPU time in between is cut off at the socket. A watch that has seen no read for a while dozes:
the main thread sleeps, and the next read rings for it.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from securechat.server.transport import Transport

STUCK: Final = 0.01
"""CPU seconds of a single read: a record takes a hundredth of a millisecond."""
PACE: Final = 0.025
"""Seconds between two looks at a worker that reads now and then."""
CLOSE: Final = 0.005
"""The same, when a read seems to last."""


class Watch:
    """The reads of one worker. `ring` is called by its thread to have `look` called."""

    __slots__ = ("_cpu", "_dozing", "_number", "_reading", "_seen", "ring")

    def __init__(self, cpu: Callable[[], float] = time.thread_time) -> None:
        self.ring: Callable[[], None] = _silent
        self._cpu = cpu
        self._dozing = False
        self._number = 0
        self._reading: Transport | None = None
        self._seen = (-1, 0.0)

    def begin(self) -> None:
        """Measure the CPU time of the calling thread from now on. The worker's thread."""
        clock = time.pthread_getcpuclockid(threading.get_ident())
        self._cpu = lambda: time.clock_gettime(clock)

    def read(self, transport: Transport) -> bytes | None:
        """Read, within sight of `look`. The worker's thread."""
        self._number += 1
        self._reading = transport
        if self._dozing:
            self._dozing = False
            self.ring()
        try:
            return transport.read()
        finally:
            self._reading = None

    def look(self) -> float:
        """Cut a read that has used CPU time since an earlier look; return how soon to look again, in seconds.

        That is infinity when the worker reads nothing: it rings when it does. The main thread.
        """
        # The clock is read outside of what it measures, before this look and after the earlier one: threads
        # may switch in between, and a read must not be charged for what its worker did after it.
        cpu = self._cpu()
        reading, number = self._reading, self._number
        if self._seen[0] != number:
            self._seen = (number, self._cpu())
            return PACE if reading is None else CLOSE
        if reading is not None:
            if cpu - self._seen[1] >= STUCK:
                reading.cut()
            return CLOSE
        self._dozing = True  # before the second look: a read that begins between the two rings, or is seen
        return math.inf if self._reading is None else CLOSE


def _silent() -> None:
    """Ring for nobody."""
