"""The I/O thread: it alone touches the socket and the session.

Theory of operation. The caller's threads hand it functions of the session (`submit`), and wake it up. It
makes the connection, feeds the session, writes what the session wants written, and hands events to `deliver`
in batches, in order, on its own thread. A connection that is lost is made again after half a second, then
after twice as long each time up to 30 s, with jitter, so that many clients do not come back all at once. It
gives up only for what waiting does not mend: a first connection that fails, a certificate that is not the
right one, a login that is refused. The last event is always `Ended`.

The thread is a daemon, because resolving a name cannot be interrupted and must not hold up the end of the
program; `close` asks it to stop and waits for it.
"""

import math
import random
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from securechat.client.clock import Now
from securechat.client.errors import ClientError, DeviceRefused, LoginFailed, Unreachable
from securechat.client.events import Disconnected, Ended, Event
from securechat.client.network import dialing
from securechat.client.network.enrolment import Enrolment
from securechat.client.network.transport import CertificateRefused, ConnectionLost, Transport
from securechat.client.network.trust import Trust
from securechat.client.network.trust import connect as connect_verified
from securechat.client.protocol.history import Bookmarks
from securechat.client.protocol.outbox import Outbox
from securechat.client.protocol.registration import NOT_LET_IN, Credentials
from securechat.client.protocol.session import Session

FIRST_RETRY: Final = 0.5
LAST_RETRY: Final = 30.0
_STABLE_AFTER: Final = 30.0
"""Seconds after which a connection was a good one: the next retry begins with the shortest wait again."""
_GOODBYE: Final = 2.0
"""Seconds for the server to close a connection after QUIT."""

Command = Callable[[Session], object]
"""A function of the session. Nobody gets its result: its consequences are events."""


class _Stopped(Exception):
    """The caller has asked the thread to stop."""


def retry_delay(attempt: int, jitter: float) -> float:
    """Seconds before connection attempt `attempt` (0 is the first after a loss); `jitter` is from 0 to 1."""
    longest = min(LAST_RETRY, FIRST_RETRY * 2.0 ** min(attempt, 16))
    return longest * (0.5 + jitter / 2)


class Connection:
    """A connection that is kept up until it is closed. `start`, `submit`, `renew`, `leave` and `close` may be
    called by any thread.
    """

    def __init__(
        self,
        session: Session,
        trust: Trust,
        deliver: Callable[[Sequence[Event]], None],
        *,
        enrolment: Enrolment | None = None,
        patience: bool = False,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._patience = patience
        self._enrolment = enrolment
        self._session = session
        self._trust = trust
        self._deliver = deliver
        self._jitter = jitter
        self._commands: deque[Command] = deque()
        self._goodbye: str | None = None
        self._renew = False
        self._attempt = 0
        self._wake_up, self._woken = socket.socketpair()
        self._wake_up.setblocking(False)
        self._woken.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="connection", daemon=True)

    def start(self) -> None:
        """Begin to connect, unless that was begun. Raises RuntimeError when there can be no more threads."""
        if self._thread.ident is None:
            self._thread.start()

    def submit(self, command: Command) -> None:
        """Have a function of the session called on the I/O thread, also while there is no connection."""
        self._commands.append(command)
        self._wake()

    def renew(self) -> None:
        """Make a new connection at once, instead of this one or of waiting."""
        self._renew = True
        self._wake()

    def leave(self, reason: str = "") -> None:
        """Say goodbye and close, without waiting for that."""
        self._goodbye = reason
        self._wake()

    def close(self, reason: str = "") -> None:
        """Say goodbye, close, and wait for the thread. Must not be called by the I/O thread itself."""
        self.leave(reason)
        if self._thread.ident is not None:
            self._thread.join(_GOODBYE + 1.0)
        if not self._thread.is_alive():
            self._wake_up.close()
            self._woken.close()

    def _wake(self) -> None:
        with suppress(
            BlockingIOError, OSError
        ):  # full: it is going to wake up; closed: there is nobody to wake
            self._wake_up.send(b"\0")

    # The I/O thread

    def _run(self) -> None:
        error: ClientError | None = ClientError("the connection ended by an error in this program")
        try:
            while True:
                self._once()
        except _Stopped:
            error = None
        except ClientError as problem:
            error = problem
        finally:
            self._hand_over(Ended(error, len(self._session.outbox)))

    def _once(self) -> None:
        """Make one connection and use it until it is lost, then wait until it is time for the next one."""
        session, self._renew = self._session, False
        try:
            reason = self._use(Transport(connect_verified(self._trust, self._wait)))
        except Unreachable as error:
            if not (session.logins or self._patience):
                raise
            reason = str(error)
        if self._goodbye is not None:
            raise _Stopped
        if session.tries_password:
            return
        if session.failure is not None and not self._may_pass(session.failure):
            raise session.failure
        if not (session.logins or self._patience):
            raise Unreachable(f"{self._trust.address} ended the connection before the login: {reason}")
        delay = retry_delay(self._attempt, self._jitter())
        self._attempt += 1
        self._hand_over(Disconnected(reason, delay, len(session.outbox)))
        until = time.monotonic() + delay
        while (left := until - time.monotonic()) > 0 and not self._renew:
            self._wait({}, left)
            self._hand_over()

    def _may_pass(self, failure: ClientError) -> bool:
        """Whether a login that worked before may work again later."""
        return self._session.logins > 0 and isinstance(failure, LoginFailed) and failure.temporary

    def _use(self, transport: Transport) -> str:
        """Run a connection to its end; return how it ended."""
        session, began = self._session, time.monotonic()
        reason = ""
        try:
            session.open(_now())
            self._converse(transport)
            reason = str(session.failure)
        except ConnectionLost as lost:
            reason = session.last_words or str(lost)
            if isinstance(lost, CertificateRefused) and session.credentials.device is not None:
                session.failure = DeviceRefused(NOT_LET_IN)
        finally:
            session.lose()
            transport.close()
        if time.monotonic() - began > _STABLE_AFTER:
            self._attempt = 0
        return reason

    def _converse(self, transport: Transport) -> None:
        """Move bytes until the session fails. Raises ConnectionLost; _Stopped when the goodbye takes too
        long.
        """
        session = self._session
        more, stop_at = False, math.inf
        while session.failure is None:
            if self._goodbye is not None and stop_at == math.inf:
                session.quit(self._goodbye)
                stop_at = time.monotonic() + _GOODBYE
            next_beat = session.beat(_now())
            if not next_beat:
                raise ConnectionLost("the server does not answer any more")
            self._hand_over()
            transport.write(session.take_output())  # also the PING that has just become due
            if time.monotonic() >= stop_at:
                raise _Stopped
            if self._renew:
                raise ConnectionLost("a new connection was asked for")
            if not more:
                self._turn({transport.socket: transport.interest}, min(next_beat, stop_at) - time.monotonic())
            data, more = transport.advance()
            if data:
                session.receive(data, _now())

    def _turn(self, interest: Mapping[socket.socket, int], timeout: float) -> Sequence[socket.socket]:
        """Wait for sockets or for the caller, and do what the caller wants."""
        ready = dialing.wait({**interest, self._woken: dialing.READ}, timeout)
        if self._woken in ready:
            self._woken.recv(4096)
        while self._commands:
            self._commands.popleft()(self._session)
        self._session.outbox.sync()
        return [sock for sock in ready if sock is not self._woken]

    def _wait(self, interest: Mapping[socket.socket, int], timeout: float) -> Sequence[socket.socket]:
        """Do the same while there is no connection: then a goodbye needs nobody's answer."""
        ready = self._turn(interest, timeout)
        if self._goodbye is not None:
            raise _Stopped
        return ready

    def _hand_over(self, *more: Event) -> None:
        events: list[Event] = [*self._session.take_events(), *more]
        if self._enrolment is not None:
            events = self._enrolment.watch(self._session, events)
        if events:
            self._deliver(events)


def keep_connected(
    trust: Trust,
    credentials: Credentials,
    deliver: Callable[[Sequence[Event]], None],
    channels: Iterable[str] = (),
    *,
    bookmarks: Bookmarks | None = None,
    replay: bool = True,
    outbox: Outbox | None = None,
    enrolment: Enrolment | None = None,
    patience: bool = False,
) -> Connection:
    """Make the connection of an account to the server that is trusted; the caller starts it.

    `bookmarks` are moved by the I/O thread, until the connection is closed; an `outbox` belongs to it.
    `enrolment` has this computer's key renewed. With `patience` a connection that never got through is tried
    again, too.
    """
    session = Session(
        credentials,
        mint=lambda: secrets.token_urlsafe(15),
        channels=channels,
        bookmarks=bookmarks,
        replay=replay,
        outbox=outbox,
    )
    return Connection(session, trust, deliver, enrolment=enrolment, patience=patience)


def _now() -> Now:
    return Now(time.time_ns() // 1_000_000, time.monotonic())
