"""When each connection's time is up.

Theory of operation. A deadline follows from what is known of the connection (`due`), and is looked up only
when its slot of the timer wheel comes, so traffic costs no timer operation: whoever has been heard meanwhile
has a later one and is put into another slot. Only a deadline that comes nearer has to be announced
(`hasten`).
"""

from typing import Final

from securechat.server.connection import Connection, State
from securechat.server.moment import Moment
from securechat.server.wheel import TimerWheel

EXPIRE_TURN: Final = 256
"""Deadlines looked after in one pass: ten thousand that end in one second shall not hold up the others."""


class Deadlines:
    """The deadlines of one worker's connections. The worker's thread."""

    __slots__ = ("_moment", "_wheel", "late", "next")

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._wheel: TimerWheel[Connection] = TimerWheel(moment.now)
        self.late: list[Connection] = []
        """What `take` has left for its next call."""
        self.next = 0.0
        """When it is to be called next, if it has left nothing: a second is over then."""

    def watch(self, conn: Connection) -> None:
        """Have the connection come up when its time is up, from the present state of things."""
        self._wheel.schedule(conn, due(conn, self._moment))

    def hasten(self, conn: Connection) -> None:
        """Look whether the connection's time is up earlier than was thought."""
        self._wheel.hasten(conn, due(conn, self._moment))

    def forget(self, conn: Connection) -> None:
        """The connection is gone."""
        self._wheel.remove(conn)

    def take(self) -> list[Connection]:
        """Return connections whose time is up; those that go on have to be watched again."""
        now = self._moment.now
        self.next = float(int(now) + 1)
        self.late += self._wheel.expired(now)
        if not self.late:
            return []
        taken = []
        for conn in self.late[:EXPIRE_TURN]:
            if conn.state is State.GONE:
                continue
            if conn.held:
                conn.heard = now  # not read, by our own decision: its silence is ours
            if due(conn, self._moment) <= now:
                taken.append(conn)
            elif conn.slot < 0:  # it was not hastened since
                self.watch(conn)
        del self.late[:EXPIRE_TURN]
        return taken


def due(conn: Connection, moment: Moment) -> float:
    """Return when something has to happen to the connection if nothing happens by itself."""
    limits = moment.limits
    match conn.state:
        case State.SILENT | State.GREETING:
            return conn.accepted + limits.handshake
        case State.OPEN:
            asked = conn.pinged >= conn.heard
            when = conn.heard + (limits.gone_after if asked else limits.ping_after)
            if not conn.authenticated:
                when = min(when, conn.login_due(limits.login, moment.now))
            if conn.stalled:
                when = min(when, conn.stalled + limits.stall)
            return when
        case _:
            return conn.deadline
