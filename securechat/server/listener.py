"""Accepting connections: one thread per address, which admits and hands over, and never speaks TLS itself.

Theory of operation. When the process is out of descriptors, accept fails while the connection stays in the
kernel's queue and keeps the listening socket readable, which would make this loop spin. So a spare descriptor
is kept: it is given up, one connection is accepted and closed, the spare is taken again, and the thread waits
a moment; connections wait in the kernel meanwhile and are served when there is room. An event that an
attacker can repeat is logged once a second at the most.
"""

import errno
import logging
import os
import select
import socket
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from typing import Final

from securechat.server.admission import Address, Admission, Refusal
from securechat.server.bell import Bell
from securechat.server.connection import Connection
from securechat.server.proxy import Header
from securechat.server.sparing import Sparing
from securechat.server.transport import RECEIVE_BUFFER
from securechat.server.worker import Worker

BACKLOG: Final = 4096
ACCEPTS: Final = 64
"""Connections accepted before the thread looks whether it shall stop."""
BACK_OFF_MS: Final = 100
SETTLE_MS: Final = 1000
"""Until it is said how many complaints were left out."""
SEND_BUFFER: Final = 256 * 1024
"""Of the kernel, per connection: bytes that a peer does not take wait in the SendQ, which is counted."""

_EXHAUSTED: Final = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
# What the connection at the head of the queue died of, as accept(2) has it: the next one may be well.
_OF_THE_PEER: Final = {
    errno.ECONNABORTED,
    errno.EPROTO,
    errno.EPERM,
    errno.ENETDOWN,
    errno.ENETUNREACH,
    errno.ENOPROTOOPT,
    errno.EHOSTDOWN,
    errno.EHOSTUNREACH,
    errno.ENONET,
    errno.EOPNOTSUPP,
    errno.EINTR,
}
_RESET: Final = struct.pack("ii", 1, 0)

log: Final = logging.getLogger("securechat.listener")


def bind(host: str, port: int) -> list[socket.socket]:
    """Bind every address of `host`; "" is all interfaces, of IPv4 and of IPv6, and port 0 a free one.

    Raises OSError, whose text names the address, when one of them cannot be bound.
    """
    wanted = _addresses(host, port)
    bound: list[socket.socket] = []
    try:
        for family, address in wanted:
            if bound and port == 0:
                address = (address[0], bound[0].getsockname()[1])
            bound.append(_bind(family, address))
    except OSError:
        for sock in bound:
            sock.close()
        raise
    return bound


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[str, int]]]:
    if host:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return list(dict.fromkeys((family, (str(at[0]), port)) for family, _, _, _, at in found))
    wanted = [(socket.AF_INET, ("0.0.0.0", port))]
    if _has_ipv6():
        wanted.append((socket.AF_INET6, ("::", port)))
    return wanted


def _has_ipv6() -> bool:
    """Whether this host can listen on IPv6 at all; Python may be built with it where the kernel is
    without."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _bind(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        set_up(sock)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        text = f"cannot listen on {written(address)}: {error.strerror}"
        raise OSError(error.errno, text) from error
    return sock


def set_up(sock: socket.socket) -> None:
    """Prepare a socket, which listens or is about to."""
    sock.setblocking(False)
    # Accepted sockets inherit these on Linux, which saves system calls for each of them.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)


def written(address: tuple[str, int]) -> str:
    """HOST:PORT, an IPv6 address in brackets."""
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


class Listener:
    """One listening socket. `serials` numbers the connections, for the log."""

    def __init__(
        self,
        sock: socket.socket,
        workers: Sequence[Worker],
        admission: Admission,
        serials: Callable[[], int],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.address = written(sock.getsockname()[:2])
        self.refused = 0
        self._sock = sock
        self._workers = workers
        self._admission = admission
        self._serials = serials
        self._clock = clock
        self._bell = Bell()
        self._pause = select.poll()
        self._pause.register(self._bell.fd, select.POLLIN)
        self._poll = select.poll()
        self._poll.register(self._bell.fd, select.POLLIN)
        self._poll.register(sock, select.POLLIN)
        self._stopping = False
        self._spare = _spare()
        self._exhausted = False
        self._complaints = Sparing(log, most=1)

    def stop(self) -> None:
        """End the loop. Any thread may call."""
        self._stopping = True
        self._bell.ring()

    def run(self) -> None:
        """Accept until `stop`. The listener's thread."""
        while not self._stopping:
            self.run_once(SETTLE_MS if self._complaints.left_out else None)

    def close(self) -> None:
        """Close the listening socket. Called after the loop."""
        self._sock.close()
        self._bell.close()
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def run_once(self, timeout_ms: int | None) -> None:
        """Wait for connections and accept some of them."""
        if self._complaints.left_out:
            self._complaints.settle(self._clock())
        if self._exhausted:  # only the order to stop counts for a moment
            self._pause.poll(BACK_OFF_MS)
            self._exhausted = False
            return
        self._poll.poll(timeout_ms)
        for _ in range(ACCEPTS):
            if self._stopping or not self._accept():
                return

    def _accept(self) -> bool:
        """Accept one connection; False when there is none or there is no room."""
        try:
            sock, address = self._sock.accept()
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno in _EXHAUSTED:
                self._give_way(error)
                return False
            if error.errno in _OF_THE_PEER:
                return True
            raise
        try:
            sock.setblocking(False)
            self._admit(sock, canonical(address[0]))
        except OSError:
            sock.close()
            raise
        return True

    def _admit(self, sock: socket.socket, address: Address) -> None:
        now, is_proxy = self._clock(), self._admission.is_proxy(address)
        try:
            ticket, evict = self._admission.admit(None if is_proxy else address, now)
        except Refusal as refusal:
            # A reset keeps nothing of it in this host's tables.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            sock.close()
            self.refused += 1
            self._complain("%s refused: %s", address, refusal)
            return
        if evict is not None:
            evict()
        worker = min(self._workers, key=lambda each: each.load)
        conn = Connection(self._serials(), sock, str(address), ticket, worker, now)
        conn.header = Header() if is_proxy else None
        ticket.evict = lambda: worker.evict(conn)
        worker.adopt(conn)

    def _give_way(self, error: OSError) -> None:
        self._exhausted = True
        if self._spare is not None:
            os.close(self._spare)
            with suppress(OSError):  # another thread was quicker to use the descriptor, or the peer has gone
                self._sock.accept()[0].close()
        self._spare = _spare()
        text = "cannot accept: %s (raise the limit, or lower limits.connections)"
        self._complain(text, error.strerror)

    def _complain(self, text: str, *words: object) -> None:
        self._complaints.write(logging.WARNING, self._clock(), text, *words)


def _spare() -> int | None:
    try:
        return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None


def canonical(host: str) -> Address:
    """Return a peer's address without its zone; an IPv4 address that came over an IPv6 socket is one of
    IPv4."""
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
