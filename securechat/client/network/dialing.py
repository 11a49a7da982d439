"""From an address to a TLS connection: name resolution, TCP to whichever address answers, handshake.

A name may have several addresses of which some do not work. They are tried by turns, IPv6 first, each a
quarter of a second after the one before, and the first that answers is taken (RFC 8305). Sockets do not
block: the caller gives the function that waits, so that a thread with other business can be called away.
"""

import errno
import os
import selectors
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, zip_longest
from typing import Final

from securechat.client.address import Address
from securechat.client.errors import Unreachable

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for TCP, over all addresses."""
HANDSHAKE_TIMEOUT: Final = 10.0
"""Seconds for the TLS handshake."""
_NEXT_ADDRESS_AFTER: Final = 0.25
_IN_PROGRESS: Final = {
    0,
    errno.EINPROGRESS,
    errno.EWOULDBLOCK,
    errno.EAGAIN,
    getattr(errno, "WSAEWOULDBLOCK", 0),
}

Wait = Callable[[Mapping[socket.socket, int], float], Sequence[socket.socket]]
"""Wait until one of the sockets is ready for its event (`selectors`), at most this many seconds; return those
ready.
"""

_Candidate = tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]

READ: Final = selectors.EVENT_READ
WRITE: Final = selectors.EVENT_WRITE


def wait(interest: Mapping[socket.socket, int], timeout: float) -> Sequence[socket.socket]:
    """The simplest `Wait`: nothing else can happen."""
    with selectors.DefaultSelector() as selector:
        sockets = {selector.register(sock, events).fd: sock for sock, events in interest.items()}
        return [sockets[key.fd] for key, _ in selector.select(max(0.0, timeout))]


def connect(
    address: Address, context: ssl.SSLContext, wait: Wait = wait, clock: Callable[[], float] = time.monotonic
) -> ssl.SSLSocket:
    """Make a TLS connection. The socket that is returned does not block.

    Raises Unreachable, and ssl.SSLCertVerificationError when the context does not accept the certificate.
    """
    sock = dial(address, wait, clock)
    try:
        tls = context.wrap_socket(sock, server_hostname=address.host, do_handshake_on_connect=False)
    except BaseException:
        sock.close()
        raise
    try:
        _handshake(tls, address, wait, clock)
    except BaseException:
        tls.close()
        raise
    return tls


def dial(address: Address, wait: Wait, clock: Callable[[], float]) -> socket.socket:
    """Make a TCP connection. Raises Unreachable."""
    candidates = _resolve(address)
    now = clock()
    deadline, next_at = now + CONNECT_TIMEOUT, now
    pending: list[socket.socket] = []
    problem = "nobody answers"
    try:
        while candidates or pending:
            if candidates and (now >= next_at or not pending):
                problem = _start(candidates.pop(0), pending) or problem
                next_at = now + _NEXT_ADDRESS_AFTER
            until = min(deadline, next_at) if candidates else deadline
            for sock in wait(dict.fromkeys(pending, WRITE), until - now) if pending else ():
                code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                pending.remove(sock)
                if code == 0:
                    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return sock
                sock.close()
                problem, next_at = os.strerror(code), now
            now = clock()
            if now >= deadline:
                raise Unreachable(
                    f"{address} does not answer: nothing came within {CONNECT_TIMEOUT:.0f} seconds"
                )
        raise Unreachable(f"{address} cannot be reached: {problem}")
    finally:
        for sock in pending:
            sock.close()


def _resolve(address: Address) -> list[_Candidate]:
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unreachable(f"the name {address.host!r} cannot be resolved: {error.strerror}") from error
    by_family: dict[socket.AddressFamily, list[_Candidate]] = {}
    for family, _, _, _, where in found:
        by_family.setdefault(family, []).append((family, where))
    first = by_family.pop(socket.AF_INET6, [])
    turns = chain.from_iterable(zip_longest(first, *by_family.values()))
    return [candidate for candidate in turns if candidate is not None]


def _start(candidate: _Candidate, pending: list[socket.socket]) -> str | None:
    """Begin to connect; return what is wrong if that is already impossible (no route, no such family)."""
    family, where = candidate
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return error.strerror
    sock.setblocking(False)
    code = sock.connect_ex(where)
    if code not in _IN_PROGRESS:
        sock.close()
        return os.strerror(code)
    pending.append(sock)
    return None


def _handshake(tls: ssl.SSLSocket, address: Address, wait: Wait, clock: Callable[[], float]) -> None:
    deadline = clock() + HANDSHAKE_TIMEOUT
    while True:
        try:
            tls.do_handshake()
            return
        except ssl.SSLWantReadError:
            event = READ
        except ssl.SSLWantWriteError:
            event = WRITE
        except ssl.SSLCertVerificationError:
            raise
        except OSError as error:  # ssl.SSLError is one
            raise Unreachable(f"{address} {_explain(error)}") from error
        if clock() >= deadline:
            raise Unreachable(f"{address} does not finish the TLS handshake")
        wait({tls: event}, deadline - clock())


def _explain(error: OSError) -> str:
    reason = getattr(error, "reason", None) or ""
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"):
        return "does not speak TLS on this port"
    if "PROTOCOL_VERSION" in reason or reason == "UNSUPPORTED_PROTOCOL":
        return "speaks no TLS 1.3, the only version that this client uses"
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return "closed the connection at once: it may have too many connections from here, try again later"
    return f"cannot do a TLS handshake with this client: {error}"
