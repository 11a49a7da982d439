"""The I/O thread: it owns every TLS connection assigned to it, from the handshake to the close.

Theory of operation. One pass (`run_once`) takes what the kernel reports and what other threads ask for,
writes, reads, and hands everything that came in to the hub at once. Registration is edge-triggered and
happens once per connection, so what is readable or unwritten is remembered in lists here; connections take
turns in them, each with a bounded amount, so that none can keep the others waiting. Other threads append to
this worker's lists and then call `wake`. Writing comes before reading: what the hub has decided leaves first,
and the hub has something to do while this thread reads.
"""

import logging
import select
import time
from collections import deque
from collections.abc import Callable
from threading import Event
from typing import Final

from securechat.chat.items import Drained, Item, Received
from securechat.irc.framing import Rejected
from securechat.irc.message import Message
from securechat.server.admission import Admission
from securechat.server.bell import Bell
from securechat.server.connection import Connection, State, drain
from securechat.server.inbox import Inbox
from securechat.server.lifecycle import Lifecycle
from securechat.server.limits import Limits
from securechat.server.transport import Broken, Tls, Transport
from securechat.server.watch import Watch

READ_TURN: Final = 64 * 1024
"""Bytes that one connection may read before the next one's turn."""
WRITE_TURN: Final = 256 * 1024
READERS: Final = 64
"""Connections that are read in one pass."""
WRITERS: Final = 32
"""Connections that are written to in one pass: the hub gets new lines while the rest is written."""
GREETERS: Final = 4
"""Handshake steps in one pass: each costs up to half a millisecond."""
OPEN: Final = State.OPEN

log: Final = logging.getLogger("securechat.worker")


class Worker:
    """A loop over its connections. The hub uses `dirty`, `resumed`, `postponed` and `flushed`."""

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
        self.dirty: list[Connection] = []
        self.resumed: list[Connection] = []
        self.postponed: list[Connection] = []
        self.watch = Watch()
        self.flushed = Event()
        """Set after each round of writing."""
        self._inbox = inbox
        self._limits = limits
        self._clock = clock
        self._cpu = cpu
        self._outbox: list[Item] = []
        self._lives = Lifecycle(tls, admission, limits, server_name, self._outbox, clock())
        self._adopted: deque[Connection] = deque()
        self._evicted: deque[Connection] = deque()
        self._greeting: deque[Connection] = deque()
        self._ready: deque[Connection] = deque()
        self._strangers: deque[Connection] = deque()
        self._unwritten: deque[Connection] = deque()
        self._bell = Bell()
        self._lives.epoll.register(self._bell.fd, select.EPOLLIN)
        self._stop_at: float | None = None

    # Called by other threads

    @property
    def load(self) -> int:
        """Connections that are here or on their way. Any thread may call."""
        return len(self._lives.connections) + len(self._adopted)

    @property
    def failures(self) -> int:
        """TLS handshakes that have failed. Any thread may call."""
        return self._lives.failures

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
        self._limits = self._lives.limits = limits

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
        self._lives.epoll.close()
        self._bell.close()

    def run_once(self, timeout: float) -> None:
        """One pass; waits at most `timeout` seconds when there is nothing to do."""
        lives = self._lives
        if self._ready or self._strangers or self._unwritten or self._greeting or lives.overdue:
            timeout = 0
        events = lives.epoll.poll(timeout, 1024)
        lives.now = self._clock()
        for fd, mask in events:
            if fd == self._bell.fd:
                self._bell.hear()
            elif (conn := lives.connections.get(fd)) is not None:
                self._notice(conn, mask)
        self._take_requests()
        self._flush_some()
        self._read_some()
        if self._strangers:
            self._read_strangers()
        self._greet_some()
        self._unwritten += lives.expire()
        self._hand_over()

    def _over(self) -> bool:
        return self._stop_at is not None and (not self.load or self._clock() >= self._stop_at)

    def _release_all(self) -> None:
        self._take_requests()
        for conn in list(self._lives.connections.values()):
            self._lives.release(conn, "Server shutting down")
        self._hand_over()

    def _hand_over(self) -> None:
        if self._outbox:
            self._inbox.extend(self._outbox)
            self._outbox.clear()

    def _attempt(self, step: Callable[[Connection], None], conn: Connection) -> None:
        """Do something with one connection; a mistake of ours costs this connection and no other."""
        try:
            step(conn)
        except Exception:
            log.exception("%d ! connection closed after an internal error", conn.serial)
            self._lives.release(conn, "Internal error")

    def _notice(self, conn: Connection, mask: int) -> None:
        transport = conn.transport
        if transport is None:
            if mask & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP):
                self._lives.release(conn, "")  # came and went
            elif mask & select.EPOLLIN:
                self._greeting.append(conn)
        elif conn.state is State.GREETING:
            self._greeting.append(conn)
        else:
            if mask & ~select.EPOLLOUT:
                transport.readable = True
                self._queue_to_read(conn)
            if mask & select.EPOLLOUT and transport.blocked:
                conn.stalled = 0.0  # the peer has taken something, though perhaps not a whole record
                self._unwritten.append(conn)
                self._queue_to_read(conn)

    def _take_requests(self) -> None:
        lives = self._lives
        while self._adopted:
            self._attempt(lives.adopt, self._adopted.popleft())
        while self._evicted:
            lives.release(self._evicted.popleft(), "no room for connections without a login")
        if self._stop_at is not None:
            for conn in [c for c in lives.connections.values() if c.state in (State.SILENT, State.GREETING)]:
                lives.release(conn, "the server stops")
        for conn in drain(self.resumed):
            conn.held = False
            self._queue_to_read(conn)
        if self.postponed and len(self._inbox) <= self._limits.inbox // 2:
            for conn in drain(self.postponed):
                conn.held = False
                self._queue_to_read(conn)

    # Writing

    def _flush_some(self) -> None:
        self._unwritten += drain(self.dirty)
        for _ in range(min(WRITERS, len(self._unwritten))):
            self._attempt(self._flush, self._unwritten.popleft())
        if not self._unwritten and not self.flushed.is_set():
            self.flushed.set()

    def _flush(self, conn: Connection) -> None:
        conn.scheduled = False  # before the queue is looked at: what is appended from now on schedules it
        lives, transport = self._lives, conn.transport
        if transport is None or ((conn.ending or conn.state is not OPEN) and not lives.has_last_lines(conn)):
            return
        try:
            written = transport.write(conn.sendq, WRITE_TURN)
        except Broken as problem:
            lives.release(conn, str(problem))
            return
        conn.written += written
        if transport.blocked:
            self._blocked(conn, written)
        elif transport.rest is not None or conn.sendq:
            self._unwritten.append(conn)
        elif conn.stalled or conn.state is not OPEN:
            self._all_written(conn, transport)
        if conn.awaiting and conn.queued <= self._limits.sendq // 4:
            conn.awaiting = False
            self._outbox.append(Drained(conn))

    def _all_written(self, conn: Connection, transport: Transport) -> None:
        conn.stalled = 0.0
        if conn.state is State.CLOSING:
            self._lives.linger(conn)
        elif transport.readable:  # it was not read while a chunk was pinned
            self._queue_to_read(conn)

    def _blocked(self, conn: Connection, written: int) -> None:
        if conn.overflowed:
            self._lives.release(conn, "SendQ exceeded")  # the ERROR line would wait for ever
        elif written or not conn.stalled:
            self._lives.note_stall(conn)

    # Reading

    def _queue_to_read(self, conn: Connection) -> None:
        if not conn.queued_to_read and not conn.held:
            conn.queued_to_read = True
            (self._strangers if conn.stranger else self._ready).append(conn)

    def _read_some(self) -> None:
        for _ in range(min(READERS, len(self._ready))):
            conn = self._ready.popleft()
            conn.queued_to_read = False
            self._attempt(self._take_turn, conn)

    def _read_strangers(self) -> None:
        """Read connections without a login, up to the first that costs more than its lines are worth."""
        self._hand_over()  # what the others said need not wait for them
        for _ in range(min(READERS, len(self._strangers))):
            conn = self._strangers.popleft()
            conn.queued_to_read = False
            wasted = conn.wasted
            self._attempt(self._take_turn, conn)
            if conn.wasted > wasted or conn.state is not OPEN:
                return

    def _greet_some(self) -> None:
        for _ in range(min(GREETERS, len(self._greeting))):
            self._attempt(self._greet, self._greeting.popleft())

    def _greet(self, conn: Connection) -> None:
        if conn.state in (State.SILENT, State.GREETING) and self._lives.greet(conn):
            self._queue_to_read(conn)  # what came with the end of the handshake makes no event of its own

    def _take_turn(self, conn: Connection) -> None:
        if conn.state is State.LINGERING:
            self._lives.listen_for_the_end(conn)
            return
        transport = conn.transport
        if conn.state is not OPEN or transport is None or transport.pinned is not None:
            return
        if not self._may_read(conn):
            return
        was_blocked = transport.blocked
        self._read(conn, transport)
        if conn.state is not OPEN:
            return
        if transport.blocked != was_blocked:
            self._unwritten.append(conn)
        if transport.readable and not transport.blocked:
            self._queue_to_read(conn)

    def _may_read(self, conn: Connection) -> bool:
        """Back-pressure: leave the bytes in the kernel, whose window then stops the peer."""
        unhandled = conn.unhandled
        if unhandled > self._limits.unhandled_lines:
            conn.held = True
            # Looked at again after the mark is set: the hub may have handled lines before it could see it.
            if conn.unhandled > self._limits.unhandled_lines // 2:
                return False
            conn.held = False
        if unhandled and len(self._inbox) > self._limits.inbox:
            conn.held = True
            self.postponed.append(conn)
            return False
        return True

    def _read(self, conn: Connection, transport: Transport) -> None:
        framer = conn.framer
        assert framer is not None, "an open connection has a framer"
        lines: list[Message | Rejected] = []
        began = self._cpu()
        total = reads = 0
        end: str | None = None
        most = self._limits.unhandled_lines - conn.unhandled
        try:
            while total < READ_TURN and len(lines) <= most:
                data = self.watch.read(transport, conn.stranger)
                if not data:
                    end = None if data is None else "Connection closed"
                    break
                reads += 1
                total += len(data)
                lines += framer.feed(data)
        except Broken as problem:
            end = str(problem)
        if lines:
            conn.posted += len(lines)
            conn.heard = self._lives.now
            conn.fruitless = 0
            self._outbox.append(Received(conn, lines))
        else:
            conn.fruitless += reads or 1  # to be woken for nothing counts, too
        if end is not None:
            self._lives.release(conn, end)
        elif self._lives.over_budget(conn, total, len(lines), self._cpu() - began):
            self._unwritten.append(conn)
