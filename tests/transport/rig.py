"""A server without threads: one worker and the hub are driven step by step, clients are TLS state machines.

Connections are pairs of Unix sockets: what one end writes is there for the other at once, so a step sees it.
"""

import socket
import ssl
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from itertools import count

from securechat.chat.clock import Now
from securechat.chat.ports import Snapshot
from securechat.chat.records import Record
from securechat.chat.requests import Answer
from securechat.server.admission import Admission
from securechat.server.clock import Clock
from securechat.server.connection import Connection, State
from securechat.server.hub import Hub
from securechat.server.inbox import Inbox
from securechat.server.limits import Limits
from securechat.server.proxy import Header
from securechat.server.transport import Tls
from securechat.server.worker import Worker
from tests.transport.chorus import Chorus

ROUNDS = 5_000
"""Steps after which something that was waited for has not come."""


class Ledger:
    """A store that keeps the records in a list; `problem` is raised instead of that."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.commits = 0
        self.closed = False
        self.problem: Exception | None = None

    def load(self) -> Snapshot:
        return Snapshot((), (), frozenset(), 0)

    def commit(self, records: Sequence[Record]) -> None:
        if self.problem is not None:
            raise self.problem
        self.commits += 1
        self.records += records

    def lacks(self, account: int, nonces: Sequence[str]) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


class HandClock(Clock):
    """A clock that is moved by hand; `seconds` is the monotonic time."""

    __slots__ = ("seconds",)

    def __init__(self) -> None:
        self.seconds = 1000.0

    def now(self) -> Now:
        return Now(int(self.seconds * 1000), self.seconds)

    def monotonic(self) -> float:
        return self.seconds


class Peer:
    """A TLS client on a non-blocking socket. It reads only while `reading`."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext) -> None:
        sock.setblocking(False)
        self.sock = sock
        self.received = b""
        self.raw = bytearray()
        """What arrived encrypted, when it is not decrypted any more."""
        self.reading = True
        self.speaking = True
        """Whether it speaks TLS by itself."""
        self.ended = False
        """The server has closed the socket, or its side of it."""
        self.said_goodbye = False
        """The server has sent close_notify."""
        self.ready = False
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        self._unsent = b""

    @property
    def lines(self) -> list[str]:
        """The whole lines received so far."""
        return self.received.decode().split("\r\n")[:-1]

    def send(self, data: bytes) -> None:
        """Encrypt and send, as one record if it fits into one."""
        self.tls.write(data)
        self.step()

    def send_raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        self._unsent += data
        self.step()

    def step(self) -> None:
        """Read and write as far as that goes."""
        if self.reading:
            self.receive()
        if self.speaking and not self.ready:
            self.handshake()
        if self.ready:
            self._decrypt()
        self._unsent += self._outgoing.read()
        while self._unsent:
            try:
                sent = self.sock.send(self._unsent)
            except OSError:
                return
            self._unsent = self._unsent[sent:]

    def close(self) -> None:
        """Close the socket without a word of TLS."""
        self.sock.close()
        self.ended = True

    def receive(self) -> None:
        while not self.ended:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if data:
                self.raw += data
                self._incoming.write(data)
            else:
                self.ended = True
                self._incoming.write_eof()

    def handshake(self) -> None:
        try:
            self.tls.do_handshake()
            self.ready = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:
            self.ended = True

    def _decrypt(self) -> None:
        while True:
            try:
                data = self.tls.read(65536)
            except (ssl.SSLWantReadError, ssl.SSLEOFError):
                return
            except ssl.SSLZeroReturnError:
                data = b""
            if not data:
                self.said_goodbye = True
                return
            self.received += data


def state(conn: Connection) -> State:
    """Where the connection is now."""
    return conn.state


class Rig:
    """One worker, the hub with a `Chorus`, and the clients."""

    def __init__(self, server: ssl.SSLContext, client: ssl.SSLContext, limits: Limits) -> None:
        self.limits = limits
        self.clock = HandClock()
        self.cpu = 0.0
        self.inbox = Inbox(self.clock.monotonic)
        self.tls = Tls(server)
        self.admission = Admission(limits, lambda: 0.5)
        self.core = Chorus()
        self.store = Ledger()
        self.answers: list[tuple[int, Answer]] = []
        self.worker = Worker(
            self.inbox,
            self.tls,
            self.admission,
            limits,
            "server",
            clock=self.clock.monotonic,
            cpu=lambda: self.cpu,
        )
        self.hub = self.make_hub()
        self.peers: list[Peer] = []
        self.patience = 0.0
        """Seconds that the worker waits for the kernel; only TCP needs any."""
        self.thinking = True
        """Whether `step` lets the hub take turns."""
        self.client_tls = client
        self._serials = count(1).__next__

    def make_hub(self, latest: int = 0, hash_added: Callable[[str], None] = lambda phc: None) -> Hub:
        """Make a hub of a store whose newest id is of this time."""
        return Hub(
            self.core,
            self.store,
            self.inbox,
            [self.worker],
            self.admission,
            self.limits,
            answered=lambda ticket, answer: self.answers.append((ticket, answer)),
            hash_added=hash_added,
            latest=latest,
            clock=self.clock,
        )

    def adopt(self, sock: socket.socket, source: str = "192.0.2.1", *, proxy: bool = False) -> Connection:
        """Hand a connected socket to the worker, as a listener does; `source` may be a proxy."""
        sock.setblocking(False)
        now = self.clock.seconds
        ticket, evict = self.admission.admit(None if proxy else ip_address(source), now)
        if evict is not None:
            evict()
        conn = Connection(self._serials(), sock, source, ticket, self.worker, now)
        conn.header = Header() if proxy else None
        ticket.evict = lambda: self.worker.evict(conn)
        self.worker.adopt(conn)
        return conn

    def pair(
        self, *, speaking: bool = True, buffer: int = 0, source: str = "192.0.2.1", proxy: bool = False
    ) -> tuple[Peer, Connection]:
        """A new connection; with `buffer`, so many bytes fit into the kernel on the way to the client."""
        ours, theirs = socket.socketpair()
        if buffer:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
        peer = Peer(theirs, self.client_tls)
        peer.speaking = speaking
        self.peers.append(peer)
        return peer, self.adopt(ours, source, proxy=proxy)

    def connect(self, nick: str = "", buffer: int = 0, source: str = "192.0.2.1") -> tuple[Peer, Connection]:
        """A connection after the handshake; with `nick` it has logged in and is in the channel."""
        peer, conn = self.pair(buffer=buffer, source=source)
        peer.step()
        self.until(lambda: peer.ready and conn in self.core.links)
        if nick:
            peer.send(f"NICK {nick}\r\nUSER {nick}\r\nJOIN #c\r\n".encode())
            self.until(lambda: b" 366 " in peer.received)
            peer.received = b""
        return peer, conn

    def connect_by_tcp(self, buffer: int = 0) -> tuple[Peer, Connection]:
        """A connection over loopback, after the handshake; `buffer` is as for a pair."""
        with socket.create_server(("127.0.0.1", 0)) as listening:
            theirs = socket.socket()
            if buffer:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, buffer)
                theirs.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
            theirs.connect(listening.getsockname())
            ours, _ = listening.accept()
        peer = Peer(theirs, self.client_tls)
        self.peers.append(peer)
        self.patience = 0.01
        conn = self.adopt(ours)
        self.until(lambda: peer.ready and conn in self.core.links)
        return peer, conn

    def step(self) -> None:
        """Everybody gets one turn."""
        for peer in self.peers:
            if peer.sock.fileno() >= 0:
                peer.step()
        self.worker.run_once(self.patience)
        if self.thinking and self.inbox:
            self.hub.run_once()

    def settle(self, rounds: int = 30) -> None:
        """Let everything happen that happens by itself."""
        for _ in range(rounds):
            self.step()

    def until(self, condition: Callable[[], bool]) -> None:
        """Go on until something is the case; fail when it does not become so."""
        for _ in range(ROUNDS):
            if condition():
                return
            self.step()
        raise AssertionError("what was waited for did not happen")

    def pass_time(self, seconds: float) -> None:
        """Move the clock second by second, with a step each."""
        whole = int(seconds)
        for advance in (*[1.0] * whole, seconds - whole):
            self.clock.seconds += advance
            self.step()

    def close(self) -> None:
        """Give all descriptors back."""
        for peer in self.peers:
            peer.sock.close()
        self.worker.close()
