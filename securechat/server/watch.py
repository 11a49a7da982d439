"""Noticing that one connection keeps a worker inside OpenSSL.

Theory of operation. A record without content (a KeyUpdate above all) makes OpenSSL read on by itself, so a
peer that sends such records as fast as they are handled keeps a single read going for as long as it likes;
measured, a stock client did so for seconds. The worker is in C then and cannot stop itself. So it notes when
it goes into a read, and the main thread looks several times a second: a read that is the same one as before
and has used CPU time in between is cut off at the socket.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

from securechat.server.transport import Transport

STUCK: Final = 0.01
"""CPU seconds of a single read: a record takes a hundredth of a millisecond."""


class Watch:
    """The reads of one worker."""

    __slots__ = ("_cpu", "_number", "_reading", "_seen")

    def __init__(self, cpu: Callable[[], float] = time.thread_time) -> None:
        self._cpu = cpu
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
        try:
            return transport.read()
        finally:
            self._reading = None

    def look(self) -> bool:
        """Cut a read that has used CPU time since an earlier look; True when another look soon is worth it.

        The main thread.
        """
        # The clock is read outside of what it measures, before this look and after the earlier one: threads
        # may switch in between, and a read must not be charged for what its worker did after it.
        cpu = self._cpu()
        reading, number = self._reading, self._number
        if reading is None:
            return False
        if self._seen[0] != number:
            self._seen = (number, self._cpu())
        elif cpu - self._seen[1] >= STUCK:
            reading.cut()
        return True
