"""Noticing that one connection keeps a worker inside OpenSSL.

Theory of operation. After a record without content (a KeyUpdate above all) OpenSSL reads on in the same call.
So a peer that sends such records as fast as they are handled keeps a single read going for as long as it
likes; measured, a stock client did so for seconds. The worker is in C then and cannot stop itself. So it
notes when it goes into a read, and the main thread looks every few milliseconds while something is going on:
a read that is the same one as before and has used CPU time in between, twice over, is cut off at the socket.
(Twice, since a collection of garbage, which nobody can look into, may be charged to a read that is on its
way.)

How soon the main thread looks again depends on what is read: soon after connections without a login, now and
then after others, and not at all when nothing is read. Then it sleeps, and the next read rings for it.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import Final

from securechat.server.transport import Transport

BUSY: Final = 0.0015
"""CPU seconds of a single read between two looks: a record takes a hundredth of a millisecond."""
PACE: Final = 0.025
"""Seconds between two looks at a worker that reads now and then."""
CLOSE: Final = 0.003
"""The same, when a read seems to last, or is one of a connection without a login."""


class Watch:
    """The reads of one worker. `ring` is called by its thread to have `look` called."""

    __slots__ = ("_asleep", "_busy", "_cpu", "_drowsy", "_number", "_reading", "_seen", "_stranger", "ring")

    def __init__(self, cpu: Callable[[], float] = time.thread_time) -> None:
        self.ring: Callable[[], None] = _silent
        self._cpu = cpu

        # Written by the worker
        self._number = 0
        self._reading: Transport | None = None
        self._stranger = False
        """A connection without a login was read; the main thread takes it back."""

        # Written by the main thread, and taken back by a worker that rings
        self._asleep = False
        """It looks again when it is rung for."""
        self._drowsy = False
        """It looks again, but not soon enough for a connection without a login."""

        # The main thread's
        self._seen = (-1, 0.0)
        """The last read that was looked at, and the CPU time then."""
        self._busy = False
        """It was busy between the last two looks."""

    def begin(self) -> None:
        """Measure the CPU time of the calling thread from now on. The worker's thread."""
        clock = time.pthread_getcpuclockid(threading.get_ident())
        self._cpu = lambda: time.clock_gettime(clock)

    def read(self, transport: Transport, stranger: bool) -> bytes | None:
        """Read, within sight of `look`; a `stranger` has not logged in. The worker's thread."""
        self._number += 1
        self._reading = transport
        if stranger:
            self._stranger = True
        if self._asleep or (stranger and self._drowsy):
            self._asleep = self._drowsy = False
            self.ring()
        try:
            return transport.read()
        finally:
            self._reading = None

    def look(self) -> float:
        """Cut a read that goes on using CPU time; return how soon to look again, in seconds.

        That is infinity when the worker reads nothing: it rings when it does. The main thread.
        """
        # The clock is read outside of what it measures, before this look and after the earlier one: threads
        # may switch in between, and a read must not be charged for what its worker did after it.
        cpu = self._cpu()
        reading, number = self._reading, self._number
        earlier, used = self._seen
        if number == earlier and reading is None:
            return self._rest(math.inf)
        was_busy = self._busy
        self._busy = number == earlier and cpu - used >= BUSY
        if self._busy and was_busy and reading is not None:
            reading.cut()
        self._seen = (number, self._cpu())
        if self._stranger or (reading is not None and number == earlier):
            self._stranger = False
            return CLOSE
        return self._rest(PACE)

    def _rest(self, pause: float) -> float:
        """Return how long the main thread may rest, at most `pause`."""
        self._drowsy = True
        self._asleep = pause == math.inf
        # Looked at after that is set: a read that begins meanwhile rings, or is seen here.
        missed = self._stranger or (pause == math.inf and self._reading is not None)
        return CLOSE if missed else pause


def _silent() -> None:
    """Ring for nobody."""
