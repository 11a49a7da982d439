"""Turns of reading: sockets into lines for the hub, and back-pressure.

Theory of operation. Each turn reads a bounded amount of one connection and charges it for that (`budget`).
Whoever has too much that the chat has not handled, in lines or in bytes as they lie in memory, is *held*: its
bytes stay in the kernel, whose window then stops the peer. The hub puts it into `resumed` when it has handled
enough. Where the sessions of an account, or all connections, have too much together, those who have most are
held, and whoever has little goes on. When the hub's inbox is full, whoever has lines in it is held as well,
and waits in `postponed`.
"""

from array import array
from collections.abc import Callable
from typing import Final

from securechat.chat.items import Received
from securechat.irc.framing import Rejected
from securechat.irc.message import Message
from securechat.server.budget import LINE_CPU, charge
from securechat.server.burden import Burden, weigh
from securechat.server.connection import Connection, State, drain
from securechat.server.inbox import Inbox
from securechat.server.lifecycle import Lifecycle
from securechat.server.moment import Moment, Outbox
from securechat.server.transport import Broken, Transport
from securechat.server.turns import Turns
from securechat.server.watch import Watch

READ_TURN: Final = 64 * 1024
"""Bytes that one connection may read before the next one's turn."""
READERS: Final = 64
"""Connections that are read in one pass."""
OPEN: Final = State.OPEN


class Reader:
    """Reads one worker's connections. The worker's thread, but for `resumed` and `postponed`.

    `cpu` is the processor time of this thread, in seconds.
    """

    def __init__(
        self,
        lives: Lifecycle,
        moment: Moment,
        turns: Turns,
        outbox: Outbox,
        inbox: Inbox,
        cpu: Callable[[], float],
    ) -> None:
        self.watch = Watch()
        self.burden = Burden()
        self.resumed: list[Connection] = []
        """Those that were held and may be read again. The hub appends."""
        self.postponed: list[Connection] = []
        """Those that wait until the inbox is shorter. The hub looks whether there are any."""
        self._lives = lives
        self._moment = moment
        self._turns = turns
        self._outbox = outbox
        self._inbox = inbox
        self._cpu = cpu
        self._left = array("i", [0])  # what the kernel answers; each worker has its own

    def resume(self) -> None:
        """Go on with those that were held, as far as the hub has got."""
        if self.resumed:
            self._let_go(self.resumed)
        if self.postponed and len(self._inbox) <= self._moment.limits.inbox // 2:
            self._let_go(self.postponed)

    def read_some(self) -> None:
        """Give some connections their turn of reading: first those with a login, then strangers."""
        ready = self._turns.ready
        for _ in range(min(READERS, len(ready))):
            conn = ready.popleft()
            conn.queued_to_read = False
            try:  # here and not by `attempt`: a call for each line that comes alone is felt
                self._take_turn(conn)
            except Exception:
                self._lives.give_up(conn)
        if self._turns.strangers:
            self._read_strangers()

    def _read_strangers(self) -> None:
        """Read connections without a login, up to the first that costs more than its lines are worth."""
        self._outbox.hand_over()  # what the others said need not wait for them
        strangers = self._turns.strangers
        for _ in range(min(READERS, len(strangers))):
            conn = strangers.popleft()
            conn.queued_to_read = False
            wasted = conn.wasted
            self._lives.attempt(self._take_turn, conn)
            if conn.wasted > wasted or conn.state is not OPEN:
                return

    def _let_go(self, held: list[Connection]) -> None:
        for conn in drain(held):
            conn.held = False
            self._turns.to_read(conn)

    def _take_turn(self, conn: Connection) -> None:
        if conn.state is State.LINGERING:
            self._lives.listen_for_the_end(conn)
            return
        transport = conn.transport
        if conn.state is not OPEN or transport is None or transport.pinned is not None:
            return
        if conn.posted != conn.handled and not self._may_read(conn):
            return
        was_blocked = transport.blocked
        self._read(conn, transport)
        if conn.state is not OPEN:
            return
        if transport.blocked != was_blocked:
            self._turns.to_write(conn)
        if transport.readable and not transport.blocked:
            self._turns.to_read(conn)

    def _may_read(self, conn: Connection) -> bool:
        """Back-pressure: leave the bytes in the kernel, whose window then stops the peer."""
        limits = self._moment.limits
        lines, size = limits.unhandled_lines, self._allowance(conn)
        unhandled = conn.unhandled
        if unhandled > lines or conn.unhandled_bytes > size:
            conn.held = True
            # Looked at again after the mark is set: the hub may have handled lines before it could see it.
            if conn.unhandled > lines // 2 or conn.unhandled_bytes > size // 2:
                return False
            conn.held = False
        if unhandled and len(self._inbox) > limits.inbox:
            conn.held = True
            self.postponed.append(conn)
            self.resume()  # the hub may have emptied the inbox before it could see that anybody waits for it
            return False
        return True

    def _allowance(self, conn: Connection) -> int:
        """Return how many bytes a connection's unhandled lines may take in memory."""
        limits = self._moment.limits
        if conn.unhandled_bytes <= limits.modest_share:
            return limits.unhandled_bytes
        share = conn.share
        if self.burden.waiting > limits.unhandled_in_all or (
            share is not None and share.unhandled_bytes > limits.unhandled_of_account
        ):
            return limits.modest_share
        return limits.unhandled_bytes

    def _read(self, conn: Connection, transport: Transport) -> None:
        framer = conn.framer
        assert framer is not None, "an open connection has a framer"
        lines: list[Message | Rejected] = []
        began = self._cpu()
        total = reads = size = 0
        end: str | None = None
        limits = self._moment.limits
        most = limits.unhandled_lines - conn.posted + conn.handled
        room = limits.unhandled_bytes - conn.posted_bytes + conn.handled_bytes
        try:
            while total < READ_TURN and len(lines) <= most and size <= room:
                data = self.watch.read(transport, conn.stranger)
                if not data:
                    end = None if data is None else "Connection closed"
                    break
                reads += 1
                total += len(data)
                fed = framer.feed(data)
                size += weigh(data, len(fed))
                lines += fed
                transport.look(self._left)
                if not transport.readable:
                    break
        except Broken as problem:
            end = str(problem)
        self.burden.lines += len(lines)
        self.burden.received += total
        if lines:
            conn.post(len(lines), size)
            conn.heard = self._moment.now
            conn.fruitless = 0
            self._outbox.add(Received(conn, lines))
        else:
            conn.fruitless += reads or 1  # to be woken for nothing counts, too
        if end is not None:
            self._lives.release(conn, end)
            return
        if conn.stranger and conn.authenticated:
            conn.stranger = False
            transport.widen()
        cpu = self._cpu() - began
        if lines and cpu <= LINE_CPU * len(lines) and not conn.stranger:
            conn.received += total  # as most do: they cost what they are worth
        elif reason := charge(conn, self._moment, total, len(lines), cpu):
            self._lives.finish(conn, reason)
