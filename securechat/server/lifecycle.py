"""How connections begin and end in one worker, and what happens when their time is up.

Theory of operation. The chat hears of a connection exactly twice: `Connected` after the TLS handshake and
`Disconnected` at its end. Ending takes up to three steps: the last lines are written (CLOSING), then
close_notify and the end of our stream are sent and the peer gets time to read them (LINGERING: to close a
socket with unread input resets the connection, and the reset overtakes the lines), then the socket is closed.
Each step has a deadline. A deadline is looked up in `due` when its slot of the timer wheel comes, so traffic
costs no timer operation.
"""

import logging
import select
from typing import Final

from securechat.chat.items import Connected, Disconnected, Item
from securechat.irc.framing import Framer
from securechat.server.admission import Admission
from securechat.server.connection import Connection, State
from securechat.server.limits import Limits
from securechat.server.transport import FRUITLESS, Broken, Tls, Transport, narrow
from securechat.server.wheel import TimerWheel

EDGE: Final = select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET

EXPIRE_TURN: Final = 256
"""Deadlines looked after in one pass: ten thousand that end in one second shall not hold up the others."""
LINE_CPU: Final = 0.0002
"""CPU seconds that reading one line may cost; it costs a fifth of that."""
FORGIVEN: Final = 0.02
"""CPU seconds of the wasted ones that are forgiven in each second."""

log: Final = logging.getLogger("securechat.connection")


class Lifecycle:
    """The connections of one worker. Used by the worker's thread only."""

    def __init__(
        self, tls: Tls, admission: Admission, limits: Limits, server_name: str, outbox: list[Item], now: float
    ) -> None:
        self.limits = limits
        self.now = now
        self.connections: dict[int, Connection] = {}
        self.epoll = select.epoll()
        self.overdue: list[Connection] = []
        """What is left for the next call of `expire`."""
        self.failures = 0
        """TLS handshakes that have failed."""
        self._tls = tls
        self._admission = admission
        self._outbox = outbox
        self._wheel: TimerWheel[Connection] = TimerWheel(now)
        self._ping = f"PING :{server_name}\r\n".encode()

    def adopt(self, conn: Connection) -> None:
        """Take over an accepted connection. TLS state is made when its first byte comes."""
        if conn.state is State.GONE:
            return  # it had to make room before it got here
        if conn.plain is not None:
            narrow(conn.plain)
        self.connections[conn.fd] = conn
        self._wheel.schedule(conn, due(conn, self.limits, self.now))
        self.epoll.register(conn.fd, EDGE)

    def greet(self, conn: Connection) -> bool:
        """Go on with the TLS handshake; True when it is done and the chat knows the connection."""
        try:
            if conn.transport is None:
                assert conn.plain is not None, "a silent connection has its plain socket"
                plain, conn.plain = conn.plain, None
                conn.state = State.GREETING
                conn.transport = Transport(plain, self._tls.current)
            if not conn.transport.handshake():
                conn.fruitless += 1
                if conn.fruitless > self.limits.fruitless_reads:
                    self.release(conn, "too many steps without progress")
                return False
        except Broken as problem:
            self.release(conn, str(problem))
            return False
        conn.fruitless = 0
        conn.framer = Framer()
        conn.state = State.OPEN
        conn.heard = self.now
        self._outbox.append(Connected(conn, conn.address))
        log.info("%d + %s connected", conn.serial, conn.address)
        return True

    def finish(self, conn: Connection, reason: str, *, farewell: bool) -> None:
        """Begin to end an open connection: the chat is told, and what is queued will be written.

        With `farewell` the peer reads `ERROR :Closing link: (reason)` as the last line.
        """
        if conn.state is not State.OPEN:
            return
        self._disconnected(conn, reason)
        if farewell:
            self.append(conn, f"ERROR :Closing link: ({reason})\r\n".encode())
        conn.state = State.CLOSING
        conn.held = False
        self._set_deadline(conn, self.limits.closing)

    def has_last_lines(self, conn: Connection) -> bool:
        """Begin to end a connection that the hub wants ended; False when there is nothing to write."""
        if conn.state is State.OPEN:
            reason = "SendQ exceeded" if conn.overflowed else "Closed by the server"
            self.finish(conn, reason, farewell=False)
        return conn.state is State.CLOSING

    def over_budget(self, conn: Connection, received: int, lines: int, cpu: float) -> bool:
        """Charge a connection for a turn of reading; begin to end it and return True when it was too much.

        `cpu` seconds above what the `lines` are worth are wasted: a KeyUpdate costs as much as several lines.
        """
        limits = self.limits
        reason = ""
        excess = cpu - lines * LINE_CPU
        if excess > 0:
            forgiven = (self.now - conn.charged) * FORGIVEN
            conn.wasted = max(0.0, conn.wasted - forgiven) + excess
            conn.charged = self.now
        wasted_cpu = limits.wasted_cpu
        if conn.stranger:
            if conn.authenticated:
                self._welcome(conn)
            else:
                wasted_cpu = limits.wasted_before_login
                conn.received += received
                if conn.received > limits.bytes_before_login:
                    reason = "Too much input before the login"
        if conn.fruitless > limits.fruitless_reads or conn.wasted > wasted_cpu:
            reason = FRUITLESS
        if reason:
            self.finish(conn, reason, farewell=True)
        return bool(reason)

    def _welcome(self, conn: Connection) -> None:
        conn.stranger = False
        if conn.transport is not None:
            conn.transport.widen()

    def append(self, conn: Connection, line: bytes) -> None:
        """Queue a line of the worker's own; it counts in `written`, since `appended` is the hub's."""
        conn.written -= len(line)
        conn.sendq.append(line)

    def linger(self, conn: Connection) -> None:
        """Everything is written: end our side of the stream, and let the peer read."""
        assert conn.transport is not None, "only a connection that was open is closed in order"
        conn.transport.say_goodbye()
        conn.state = State.LINGERING
        self._set_deadline(conn, self.limits.lingering)
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
        conn.state = State.GONE
        conn.closed = True
        self._wheel.remove(conn)
        if self.connections.get(conn.fd) is conn:
            del self.connections[conn.fd]  # before the number is free for the next connection
        if conn.transport is not None:
            conn.transport.close()
        if conn.plain is not None:
            conn.plain.close()
        conn.transport = conn.plain = conn.framer = None
        conn.sendq.clear()
        self._admission.leave(conn.ticket)

    def note_stall(self, conn: Connection) -> None:
        """The peer takes nothing more from this moment on."""
        conn.stalled = self.now
        self._wheel.hasten(conn, due(conn, self.limits, self.now))

    def expire(self) -> list[Connection]:
        """Do what is due; return the connections that have something to write because of it."""
        self.overdue += self._wheel.expired(self.now)
        spoken = []
        for conn in self.overdue[:EXPIRE_TURN]:
            if conn.held:
                conn.heard = self.now  # not read, by our own decision: its silence is ours
            if due(conn, self.limits, self.now) <= self.now and self._overdue(conn):
                spoken.append(conn)
            if conn.state is not State.GONE and conn.slot < 0:
                self._wheel.schedule(conn, due(conn, self.limits, self.now))
        del self.overdue[:EXPIRE_TURN]
        return spoken

    def _overdue(self, conn: Connection) -> bool:
        """End or ping a connection whose time is up; True when it has something to write."""
        limits, now = self.limits, self.now
        if conn.state is State.SILENT:
            self.release(conn, "it sent nothing")
        elif conn.state is not State.OPEN:
            self.release(conn, "it took too long")
        elif conn.stalled and now >= conn.stalled + limits.stall:
            self.release(conn, f"Write timeout: {limits.stall:g} seconds")
        elif not conn.authenticated and now >= conn.login_due(limits.login, now):
            self.finish(conn, f"Login timeout: {limits.login:g} seconds", farewell=True)
            return True
        elif now >= conn.heard + limits.gone_after:
            self.finish(conn, f"Ping timeout: {limits.gone_after:g} seconds", farewell=True)
            return True
        else:
            conn.pinged = now
            self.append(conn, self._ping)
            return True
        return False

    def _disconnected(self, conn: Connection, reason: str) -> None:
        conn.closed = True
        self._outbox.append(Disconnected(conn, reason, self._taken(conn)))
        log.info("%d - %s disconnected: %s", conn.serial, conn.address, reason)

    def _taken(self, conn: Connection) -> float:
        """Return up to when the peer can have taken what was sent to it."""
        assert conn.transport is not None, "the connection was open"
        alive = max(conn.heard, self.now - conn.transport.unconfirmed())
        return min(alive, conn.stalled or alive)

    def _set_deadline(self, conn: Connection, seconds: float) -> None:
        conn.deadline = self.now + seconds
        self._wheel.hasten(conn, conn.deadline)


def due(conn: Connection, limits: Limits, now: float) -> float:
    """Return when something has to happen to the connection if nothing happens by itself."""
    match conn.state:
        case State.SILENT | State.GREETING:
            return conn.accepted + limits.handshake
        case State.OPEN:
            asked = conn.pinged >= conn.heard
            when = conn.heard + (limits.gone_after if asked else limits.ping_after)
            if not conn.authenticated:
                when = min(when, conn.login_due(limits.login, now))
            if conn.stalled:
                when = min(when, conn.stalled + limits.stall)
            return when
        case _:
            return conn.deadline
