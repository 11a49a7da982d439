"""Turns of writing: SendQs into sockets.

Theory of operation. The hub appends to a connection's SendQ and puts the connection into `dirty`. Each turn
writes a bounded amount; what the kernel does not take waits until the socket is writable again, and from when
it takes nothing at all that is noted, for the deadline of a peer that does not read.
"""

from collections.abc import Callable
from threading import Event
from typing import Final

from securechat.chat.items import Drained
from securechat.server.connection import PIECE, Connection, State, drain
from securechat.server.lifecycle import Lifecycle
from securechat.server.measuring import Lag
from securechat.server.moment import Moment, Outbox
from securechat.server.transport import Broken, Transport
from securechat.server.turns import Turns

WRITE_TURN: Final = 256 * 1024
"""Bytes that are written to one connection before the next one's turn."""
WRITERS: Final = 32
"""Connections that are written to in one pass: the hub gets new lines while the rest is written."""
NEARLY: Final = 256
"""Connections that are left of a round of writing when it is as good as over: some milliseconds."""
OPEN: Final = State.OPEN


class Writer:
    """Writes to one worker's connections. The worker's thread, but for `dirty`, `flushed`, `nearly` and
    `lag`."""

    def __init__(
        self, lives: Lifecycle, moment: Moment, turns: Turns, outbox: Outbox, clock: Callable[[], float]
    ) -> None:
        self.lag = Lag(clock)
        self.dirty: list[Connection] = []
        """Those with something new in their SendQ. The hub appends."""
        self.flushed = Event()
        """Set after each round of writing. The hub clears it and waits."""
        self.nearly = Event()
        """Set when a round of writing is nearly over. The hub clears it and waits."""
        self._lives = lives
        self._moment = moment
        self._turns = turns
        self._outbox = outbox

    def flush_some(self) -> None:
        """Give some connections their turn of writing."""
        self.lag.begin()
        unwritten, flush = self._turns.unwritten, self._flush
        unwritten += drain(self.dirty)
        for _ in range(min(WRITERS, len(unwritten))):
            conn = unwritten.popleft()
            try:  # here and not by `attempt`: a call for each recipient of a message is felt
                flush(conn)
            except Exception:
                self._lives.give_up(conn)
        if not unwritten:
            self.lag.end()
            if not self.flushed.is_set():
                self.flushed.set()
        if len(unwritten) <= NEARLY and not self.nearly.is_set():
            self.nearly.set()

    def _flush(self, conn: Connection) -> None:
        conn.scheduled = False  # before the queue is looked at: what is appended from now on schedules it
        transport = conn.transport
        if transport is None:
            return
        if (conn.ending or conn.state is not OPEN) and not self._lives.has_last_lines(conn):
            return
        pieces = transport.pieces
        try:
            written = transport.write(conn.sendq, WRITE_TURN)
        except Broken as problem:
            self._lives.release(conn, str(problem))
            return
        size = written + PIECE * (transport.pieces - pieces)
        conn.written += size  # not by `wrote`, for the same reason
        self._lives.written += size
        if transport.blocked:
            self._blocked(conn, written)
        elif transport.rest is not None or conn.sendq:
            if not conn.scheduled:  # else the hub has appended meanwhile: it comes again as it is
                conn.scheduled = True
                self._turns.to_write(conn)
        elif conn.stalled or transport.readable or conn.state is not OPEN:
            self._all_written(conn, transport)
        if conn.awaiting and conn.queued <= self._moment.limits.sendq // 4:
            conn.awaiting = False
            self._outbox.add(Drained(conn))

    def _all_written(self, conn: Connection, transport: Transport) -> None:
        conn.stalled = 0.0
        if conn.state is State.CLOSING:
            self._lives.linger(conn)
        elif transport.readable:  # it was not read while a chunk was pinned
            self._turns.to_read(conn)

    def _blocked(self, conn: Connection, written: int) -> None:
        if conn.overflowed:
            self._lives.release(conn, "SendQ exceeded")  # the ERROR line would wait for ever
        elif written or not conn.stalled:
            conn.stalled = self._moment.now
            self._lives.deadlines.hasten(conn)
