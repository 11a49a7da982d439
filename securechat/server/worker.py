"""The I/O thread: it owns every TLS connection assigned to it, from the handshake to the close.

Theory of operation. One pass (`run_once`) takes what the kernel reports and what other threads ask for,
writes, reads, and hands everything that came in to the hub at once. What the parts of it have in common is
the moment (`moment`), whose turn it is (`turns`) and the connections themselves (`lifecycle`); `reading` and
`writing` do not know each other. Other threads append to this worker's lists and then call `wake`. Writing
comes before reading: what the hub has decided leaves first, and the hub has something to do while this thread
reads.
"""

import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from securechat.chat.items import Item
from securechat.server.admission import Admission
from securechat.server.bell import Bell
from securechat.server.connection import Connection, State
from securechat.server.inbox import Inbox
from securechat.server.lifecycle import Lifecycle
from securechat.server.limits import Limits
from securechat.server.moment import Moment, Outbox
from securechat.server.reading import Reader
from securechat.server.transport import Tls
from securechat.server.turns import Turns
from securechat.server.writing import NEARLY, Writer

FEW: Final = 4
"""Items for which a worker takes the hub's turn itself (`seat`)."""
LONG: Final = 1.0
"""Seconds of such a turn (the disk was busy) for which peers are not to blame that they were not heard."""


def _nobody(worker: "Worker", items: Sequence[Item]) -> bool:
    """Take no turn."""
    return False


class Worker:
    """A loop over its connections. The hub uses `dirty`, `resumed`, `postponed`, `flushed`, `nearly`, `lag`
    and `burden`, the main thread `watch`.

    `turn_here` takes the hub's turn for some items on this thread, or says that it cannot (`Hub.turn_here`).
    """

    def __init__(
        self,
        inbox: Inbox,
        tls: Tls,
        admission: Admission,
        limits: Limits,
        server_name: str,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._clock = clock
        self._limits = limits
        self._moment = moment = Moment(clock(), limits)
        self._turns = turns = Turns()
        self._outbox = outbox = Outbox(inbox)
        self._epoll = select.epoll()
        self._bell = Bell()
        self._epoll.register(self._bell.fd, select.EPOLLIN)
        self._lives = Lifecycle(tls, admission, server_name, self._epoll, moment, turns, outbox)
        self._writer = Writer(self._lives, moment, turns, outbox, clock)
        self._reader = Reader(self._lives, moment, turns, outbox, inbox, cpu)
        self._adopted: deque[Connection] = deque()
        self._evicted: deque[Connection] = deque()
        self._stop_at: float | None = None
        self.turn_here: Callable[[Worker, Sequence[Item]], bool] = _nobody
        self.dirty, self.lag = self._writer.dirty, self._writer.lag
        self.flushed, self.nearly = self._writer.flushed, self._writer.nearly
        self.resumed, self.postponed = self._reader.resumed, self._reader.postponed
        self.watch, self.burden = self._reader.watch, self._reader.burden

    # Called by other threads

    @property
    def load(self) -> int:
        """Connections that are here or on their way. Any thread may call."""
        return len(self._lives.connections) + len(self._adopted)

    @property
    def busy_writing(self) -> bool:
        """Whether many connections still wait to be written to. Any thread may call."""
        return len(self._turns.unwritten) + len(self.dirty) > NEARLY

    @property
    def failures(self) -> int:
        """TLS handshakes that have failed. Any thread may call."""
        return self._lives.failures

    @property
    def written(self) -> int:
        """What was written, or will never be, in bytes as SendQs count them. Any thread may call."""
        return self._lives.written

    def adopt(self, conn: Connection) -> None:
        """Take over an accepted connection. Called by listeners."""
        self._adopted.append(conn)
        self.wake()

    def evict(self, conn: Connection) -> None:
        """Close a connection that has to make room. Called by listeners."""
        self._evicted.append(conn)
        self.wake()

    def wake(self) -> None:
        """Have what was appended to the lists looked at. Any thread may call."""
        self._bell.ring()

    def reconfigure(self, limits: Limits) -> None:
        """Use these limits from the next pass on. Any thread may call."""
        self._limits = limits

    def stop(self, deadline: float) -> None:
        """End when all connections have, at `deadline` of the clock at the latest. Any thread may call."""
        self._stop_at = deadline
        self.wake()

    # The loop

    def run(self) -> None:
        """Serve until `stop`, then close every connection. The worker's thread."""
        self.watch.begin()
        try:
            while not self._over():
                self.run_once(1.0 if self._stop_at is None else 0.05)
        finally:
            self._release_all()

    def close(self) -> None:
        """Give the descriptors back. Called when neither `run` nor anybody who could `wake` goes on."""
        self._release_all()
        self._epoll.close()
        self._bell.close()

    def run_once(self, timeout: float) -> None:
        """One pass; waits at most `timeout` seconds when there is nothing to do."""
        lives = self._lives
        deadlines = lives.deadlines
        if self._turns or deadlines.late:
            timeout = 0
        events = self._epoll.poll(timeout, 1024)
        self._moment.now, self._moment.limits = self._clock(), self._limits
        rung = False
        for fd, mask in events:
            if fd == self._bell.fd:
                self._bell.hear()
                rung = True
            elif (conn := lives.connections.get(fd)) is not None:
                self._notice(conn, mask)
        if rung:
            self._take_requests()
            self._reader.resume()
        if rung or self._turns.unwritten:
            self._writer.flush_some()
        self._reader.read_some()
        if self._turns.greeting:
            lives.greet_some()
        if deadlines.late or self._moment.now >= deadlines.next:
            lives.expire()
        self._hand_over()

    def _hand_over(self) -> None:
        """Give the hub what there is, or take its turn for it where nothing else is to be done."""
        items = self._outbox.items
        if not items or len(items) > FEW or self._turns or not self.turn_here(self, items):
            self._outbox.hand_over()
            return
        items.clear()
        held_up = self._clock() - self._moment.now
        if held_up > LONG:
            self._lives.excuse(held_up)
            for conn in tuple(self._adopted):  # accepted meanwhile: their time begins now
                conn.accepted = conn.heard = self._moment.now
        self._reader.resume()
        self._writer.flush_some()
        self._outbox.hand_over()  # who has drained or gone meanwhile: the next pass may be a second later

    def _over(self) -> bool:
        return self._stop_at is not None and (not self.load or self._clock() >= self._stop_at)

    def _release_all(self) -> None:
        self._take_requests()
        self._lives.release_all("Server shutting down")
        self._outbox.hand_over()

    def _notice(self, conn: Connection, mask: int) -> None:
        """Remember what the kernel reports of a connection: it does so once."""
        transport = conn.transport
        if transport is None:
            if mask & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
                self._lives.release(conn, "")  # came and went
            elif mask & select.EPOLLIN:
                self._turns.to_greet(conn)
            return
        if mask & ~(select.EPOLLIN | select.EPOLLOUT):
            transport.ending = True
        if conn.state is State.GREETING:
            self._turns.to_greet(conn)
        else:
            if mask & ~select.EPOLLOUT:
                transport.readable = True
                self._turns.to_read(conn)
            if mask & select.EPOLLOUT and transport.blocked:
                conn.stalled = 0.0  # the peer has taken something, though perhaps not a whole record
                self._turns.to_write(conn)
                self._turns.to_read(conn)

    def _take_requests(self) -> None:
        """Do what other threads have asked for."""
        lives = self._lives
        while self._adopted:
            lives.attempt(lives.adopt, self._adopted.popleft())
        while self._evicted:
            lives.release(self._evicted.popleft(), "no room for connections without a login")
        if self._stop_at is not None:
            lives.release_those_without_tls("the server stops")
