"""One TLS connection of the load: non-blocking, and cheap to read.

TLS runs over memory buffers (`ssl.MemoryBIO`): one `recv` takes up to 256 KiB from the kernel, whatever the
size of the server's TLS records. An `SSLSocket` makes two system calls per record, which costs 1.2 times
(16 KiB records) to 2.6 times (260 bytes) as much, and this program shares its cores with the server that it
measures.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterable
from typing import cast

RECEIVE_SIZE = 256 * 1024
"""Bytes taken from the kernel at once."""

RECORD_SIZE = 16 * 1024
"""The most that one TLS record carries."""

_raw = bytearray(RECEIVE_SIZE)
_raw_view = memoryview(_raw)


class PeerClosed(Exception):
    """The server ended the connection."""


class TlsPeer:
    """A client connection. Used by one thread; all peers of a generator share one receive buffer."""

    __slots__ = ("_incoming", "_object", "_outgoing", "_read", "_socket", "_unsent", "handshaken", "records")

    def __init__(self, context: ssl.SSLContext, host: str, port: int) -> None:
        """Connect (blocking, which on loopback is immediate); the handshake follows by `handshake`."""
        self._socket = socket.create_connection((host, port), timeout=30)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._object = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        # The stubs know only the form that returns bytes; with a buffer, `read` returns a count.
        self._read = cast(Callable[[int, memoryview], int], self._object.read)
        self._unsent = b""
        self.handshaken = False
        self.records = 0
        """TLS records of application data that were read."""

    def fileno(self) -> int:
        """The socket's file descriptor."""
        return self._socket.fileno()

    @property
    def blocked(self) -> bool:
        """Whether bytes wait for the socket to become writable."""
        return bool(self._unsent)

    def describe(self) -> str:
        """The negotiated protocol and cipher suite."""
        cipher = self._object.cipher()
        return f"{self._object.version()} {cipher[0] if cipher else '?'}"

    def handshake(self, readable: bool = True) -> bool:
        """Go on with the handshake; true when it is done. Raises ssl.SSLError or PeerClosed when it fails."""
        if readable:
            self._take()
        try:
            self._object.do_handshake()
            self.handshaken = True
        except ssl.SSLWantReadError:
            pass
        self.flush()
        return self.handshaken

    def send(self, lines: Iterable[bytes]) -> None:
        """Encrypt and send; what the kernel does not take stays queued, in order, for `flush`.

        Every line is a TLS record of its own, as clients write them.
        """
        for line in lines:
            self._object.write(line)
        self.flush()

    def flush(self) -> None:
        """Send what is queued, as far as the kernel takes it. Raises PeerClosed."""
        unsent = self._unsent + self._outgoing.read() if self._outgoing.pending else self._unsent
        if unsent:
            try:
                unsent = unsent[self._socket.send(unsent) :]
            except BlockingIOError:
                pass
            except OSError as error:
                raise PeerClosed(f"the connection broke while sending: {error}") from error
        self._unsent = unsent

    def receive(self, into: memoryview) -> int:
        """Decrypt what the kernel holds (at most `RECEIVE_SIZE`) into a buffer of at least twice that size.

        Returns the number of bytes, 0 when no whole TLS record is there yet. Raises PeerClosed.
        """
        self._take()
        return self.decrypt(into)

    def decrypt(self, into: memoryview) -> int:
        """Decrypt what was taken from the kernel; a handshake may have taken more than it needed."""
        incoming, read = self._incoming, self._read
        filled = 0
        try:
            while incoming.pending:
                count = read(RECORD_SIZE, into[filled:])
                if not count:
                    raise ssl.SSLZeroReturnError
                filled += count
                self.records += 1
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError as error:
            last = bytes(into[max(0, filled - 300) : filled])
            raise PeerClosed(f"the server ended the TLS session after {last!r}") from error
        return filled

    def close(self) -> None:
        """Close the socket at once; what was not read is lost."""
        self._socket.close()

    def _take(self) -> None:
        try:
            count = self._socket.recv_into(_raw)
        except BlockingIOError:
            return
        except OSError as error:
            raise PeerClosed(f"the connection broke: {error}") from error
        if not count:
            raise PeerClosed("the server closed the connection")
        self._incoming.write(_raw_view[:count])
