"""How connections begin and end in one worker.

Theory of operation. The chat hears of a connection exactly twice: `Connected` after the TLS handshake and
`Disconnected` at its end. Ending takes up to three steps: the last lines are written (CLOSING), then
close_notify and the end of our stream are sent and the peer gets time to read them (LINGERING: to close a
socket with unread input resets the connection, and the reset overtakes the lines), then the socket is closed.
Each step has a deadline (`deadlines`).
"""

import logging
import select
from collections import deque
from collections.abc import Callable
from typing import Final

from securechat.chat.items import Connected, Disconnected
from securechat.irc.framing import Framer
from securechat.irc.text import count
from securechat.server.admission import Admission, Refusal
from securechat.server.connection import PIECE, Connection, State
from securechat.server.deadlines import Deadlines
from securechat.server.introduction import introduce
from securechat.server.moment import Moment, Outbox
from securechat.server.sparing import Sparing
from securechat.server.transport import Broken, Tls, Transport, narrow
from securechat.server.turns import Turns
from securechat.tls.devices import shown_key

EDGE: Final = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET
EXCUSES: Final = 64
"""Times that nobody was to blame for, of which it is known how long they were."""
GREETERS: Final = 4
"""Handshake steps in one pass: each costs up to half a millisecond."""

log: Final = logging.getLogger("securechat.connection")


class Lifecycle:
    """The connections of one worker, which registers them with its `epoll`. The worker's thread."""

    def __init__(
        self,
        tls: Tls,
        admission: Admission,
        server_name: str,
        epoll: select.epoll,
        moment: Moment,
        turns: Turns,
        outbox: Outbox,
    ) -> None:
        self.connections: dict[int, Connection] = {}
        """By their descriptors; only this class changes it."""
        self.failures = 0
        """TLS handshakes that have failed, and headers of proxies."""
        self.written = 0
        """Bytes of SendQs that do not wait any more: the sum of `Connection.written`."""
        self.deadlines = Deadlines(moment)
        self._excused: deque[tuple[float, float]] = deque(maxlen=EXCUSES)
        """When each of these times ended, and how many seconds it was."""
        self._refusals = Sparing(log, most=1)
        self._tls = tls
        self._admission = admission
        self._ping = f"PING :{server_name}\r\n".encode()
        self._epoll = epoll
        self._moment = moment
        self._turns = turns
        self._outbox = outbox

    # The beginning

    def adopt(self, conn: Connection) -> None:
        """Take over an accepted connection. TLS state is made when its first byte comes."""
        if conn.state is State.GONE:
            return  # it had to make room before it got here
        if conn.plain is not None:
            narrow(conn.plain)
        self.connections[conn.fd] = conn
        self.deadlines.watch(conn)
        self._epoll.register(conn.fd, EDGE)

    def greet_some(self) -> None:
        """Go on with a few TLS handshakes."""
        greeting = self._turns.greeting
        for _ in range(min(GREETERS, len(greeting))):
            self.attempt(self._greet, greeting.popleft())

    def _greet(self, conn: Connection) -> None:
        if conn.state not in (State.SILENT, State.GREETING):
            return
        try:
            if conn.header is not None and not introduce(conn, self._admission, self._moment.now):
                return
            if conn.transport is None:
                assert conn.plain is not None, "a silent connection has its plain socket"
                plain, conn.plain = conn.plain, None
                conn.state = State.GREETING
                conn.transport = Transport(plain, self._tls.current)
            if conn.transport.handshake():
                self._open(conn)
                return
        except Broken as problem:
            self.release(conn, str(problem))
            return
        except Refusal as refusal:
            self._refusals.write(logging.WARNING, self._moment.now, "%s refused: %s", conn.address, refusal)
            self.release(conn, "")
            return
        conn.fruitless += 1
        if conn.fruitless > self._moment.limits.fruitless_reads:
            self.release(conn, "too many steps without progress")

    def _open(self, conn: Connection) -> None:
        conn.fruitless = 0
        conn.framer = Framer()
        conn.state = State.OPEN
        conn.heard = self._moment.now
        shown = conn.transport.certificate() if conn.transport is not None else None
        key = shown_key(shown) if shown is not None else None
        self._outbox.add(Connected(conn, conn.address, key))
        log.info("%d + %s connected", conn.serial, conn.address)
        self._turns.to_read(conn)  # what came with the end of the handshake makes no event of its own

    # The end

    def attempt(self, step: Callable[[Connection], None], conn: Connection) -> None:
        """Do something with one connection; a mistake of ours costs this connection and no other."""
        try:
            step(conn)
        except Exception:
            self.give_up(conn)

    def give_up(self, conn: Connection) -> None:
        """Close a connection with which the error went wrong that is being handled."""
        log.exception("%d ! connection closed after an internal error", conn.serial)
        self.release(conn, "Internal error")

    def finish(self, conn: Connection, reason: str) -> None:
        """Begin to end an open connection: the peer reads `ERROR :Closing link: (reason)` as the last
        line."""
        if conn.state is State.OPEN:
            self._begin_to_close(conn, reason)
            self._say(conn, f"ERROR :Closing link: ({reason})\r\n".encode())

    def has_last_lines(self, conn: Connection) -> bool:
        """Begin to end a connection that the hub wants ended; False when there is nothing to write."""
        if conn.state is State.OPEN:
            self._begin_to_close(conn, "SendQ exceeded" if conn.overflowed else "Closed by the server")
        return conn.state is State.CLOSING

    def linger(self, conn: Connection) -> None:
        """Everything is written: end our side of the stream, and let the peer read."""
        assert conn.transport is not None, "only a connection that was open is closed in order"
        conn.transport.say_goodbye()
        conn.state = State.LINGERING
        self._set_deadline(conn, self._moment.limits.lingering)
        self.listen_for_the_end(conn)

    def listen_for_the_end(self, conn: Connection) -> None:
        """Close a lingering connection when its peer has closed, too."""
        if conn.transport is None or conn.transport.discard():
            self.release(conn, "closed")

    def release(self, conn: Connection, reason: str) -> None:
        """Close the socket at once and forget the connection."""
        if conn.state is State.GONE:
            return
        if conn.state is State.OPEN:
            self._disconnected(conn, reason)
        elif conn.state is State.GREETING:
            self.failures += 1
            log.info("%d ! %s TLS handshake failed: %s", conn.serial, conn.address, reason)
        elif conn.header is not None and reason:
            self.failures += 1
            log.info("%d ! %s gave no PROXY header: %s", conn.serial, conn.address, reason)
        conn.closed = True
        self.wrote(conn, conn.queued)
        conn.state = State.GONE  # after that: what the hub has appended meanwhile is the hub's to take back
        self.deadlines.forget(conn)
        if self.connections.get(conn.fd) is conn:
            del self.connections[conn.fd]  # before the number is free for the next connection
        if conn.transport is not None:
            conn.transport.close()
        if conn.plain is not None:
            conn.plain.close()
        conn.transport = conn.plain = conn.framer = None
        conn.sendq.clear()
        self._admission.leave(conn.ticket)

    def release_those_without_tls(self, reason: str) -> None:
        """Close whatever has not got through its handshake."""
        for conn in [c for c in self.connections.values() if c.state in (State.SILENT, State.GREETING)]:
            self.release(conn, reason)

    def release_all(self, reason: str) -> None:
        """Close everything at once."""
        for conn in list(self.connections.values()):
            self.release(conn, reason)

    # Deadlines

    def expire(self) -> None:
        """Do what is due: end connections whose time is up, and ping those that are silent."""
        for conn in self.deadlines.take():
            self._overdue(conn)
        if self._refusals.left_out:
            self._refusals.settle(self._moment.now)

    def excuse(self, seconds: float) -> None:
        """Nobody was heard or written to for so long, and no peer is to blame: give everybody that time."""
        self._moment.now += seconds
        self._excused.append((self._moment.now, seconds))
        for conn in self.connections.values():
            conn.accepted += seconds
            conn.heard += seconds
            conn.pinged += seconds
            conn.deadline += seconds
            if conn.stalled:
                conn.stalled += seconds

    def _overdue(self, conn: Connection) -> None:
        limits, now = self._moment.limits, self._moment.now
        if conn.state is State.SILENT:
            self.release(conn, "it sent nothing")
        elif conn.state is not State.OPEN:
            self.release(conn, "it took too long")
        elif conn.stalled and now >= conn.stalled + limits.stall:
            self.release(conn, f"Write timeout: {count(limits.stall, 'second')}")
        elif not conn.authenticated and now >= conn.login_due(limits.login, now):
            self.finish(conn, f"Login timeout: {count(limits.login, 'second')}")
        elif now >= conn.heard + limits.gone_after:
            self.finish(conn, f"Ping timeout: {count(limits.gone_after, 'second')}")
        else:
            conn.pinged = now
            self._say(conn, self._ping)
            self.deadlines.watch(conn)

    def _set_deadline(self, conn: Connection, seconds: float) -> None:
        conn.deadline = self._moment.now + seconds
        self.deadlines.hasten(conn)

    # What the peer and the chat are told

    def _say(self, conn: Connection, line: bytes) -> None:
        """Queue a line of the worker's own; it counts in `written`, since `appended` is the hub's."""
        self.wrote(conn, -len(line) - PIECE)
        conn.sendq.append(line)
        self._turns.to_write(conn)

    def wrote(self, conn: Connection, size: int) -> None:
        """Count bytes of a SendQ that do not wait any more."""
        conn.written += size
        self.written += size

    def _begin_to_close(self, conn: Connection, reason: str) -> None:
        self._disconnected(conn, reason)
        conn.state = State.CLOSING
        conn.held = False
        self._set_deadline(conn, self._moment.limits.closing)

    def _disconnected(self, conn: Connection, reason: str) -> None:
        conn.closed = True
        self._outbox.add(Disconnected(conn, reason, self._taken(conn)))
        log.info("%d - %s disconnected: %s", conn.serial, conn.address, reason)

    def _taken(self, conn: Connection) -> float:
        """Return up to when the peer can have taken what was sent to it."""
        assert conn.transport is not None, "the connection was open"
        alive = max(self._really(conn.heard), self._moment.now - conn.transport.unconfirmed())
        return min(alive, self._really(conn.stalled) if conn.stalled else alive)

    def _really(self, at: float) -> float:
        """Return when something was that `excuse` may have put off: what a dead peer missed is not taken."""
        for ended, seconds in reversed(self._excused):
            if at > ended:
                break
            at -= seconds
        return at
