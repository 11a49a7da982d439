"""One TLS connection without waiting: handshake, read, write, close.

Theory of operation. The socket is non-blocking and registered edge-triggered, so `readable` remembers that
the kernel may hold more, until it is known to hold nothing (`look`). OpenSSL commits itself to a chunk once
it has answered WANT_WRITE: the retry must bring exactly the same bytes (a shorter chunk kills the connection
with BAD_LENGTH, other bytes corrupt the stream silently), so the chunk is pinned. While it is, nothing is
read: a KeyUpdate in between would have the same effect. Nothing is read before this connection's own
handshake has returned (CVE-2023-40217).

OpenSSL takes no more from the kernel than the record that it is asked for, and a read takes all of a record,
so what was not read yet is the kernel's. Whatever comes later is told anew. So after a read it is enough to
ask the kernel how much it holds: to read on until OpenSSL wants more costs an exception, a twentieth of a
message. The end of the stream is not counted there; once it was told, the connection is read until it comes.

Some clients read 1,024 bytes and then wait in `select`, which does not know of bytes that their OpenSSL has
decrypted and still holds. They go on only while the kernel has something for them. So the last record before
a pause is never longer than that: while it waits in the kernel, such a client takes what is before it piece
by piece, and then takes it whole. This tail is written in the connection's next turn, together with what was
queued meanwhile. It is so for a connection's first `BURST` bytes, in which what it gets has pauses.
"""

import socket
import ssl
from array import array
from contextlib import suppress
from fcntl import ioctl
from struct import Struct
from termios import FIONREAD
from typing import Final

RECORD: Final = 16 * 1024
"""The most that one TLS record carries."""
CHUNK: Final = 4 * RECORD
"""The most that is handed to OpenSSL at once. More than one record, because the interpreter's lock is free
while OpenSSL writes, and to get it back from a busy hub takes longer than to write a record."""

TAIL: Final = 1024
"""The most that the last record before a pause carries: what the smallest readers take at once."""
BURST: Final = 256 * 1024
"""Bytes after which the login and what follows it are over. Then records are as they come: short ones cost a
tenth of all deliveries."""

RECEIVE_BUFFER: Final = 16 * 1024
"""Of the kernel, per connection: enough for chat, and little enough to hold for every peer that sends and
sends."""
NARROW: Final = 4 * 1024
"""The same before the login: what is there when a peer is cut off is still gone through."""

_IN_WORDS: Final = {
    "HTTP_REQUEST": "it speaks HTTP, not TLS",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "BAD_RECORD_TYPE": "it does not speak TLS",
    "PACKET_LENGTH_TOO_LONG": "it does not speak TLS",
    "UNSUPPORTED_PROTOCOL": "its TLS version is too old",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not trust the certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not trust the certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not trust the certificate",
    "CERTIFICATE_VERIFY_FAILED": "its certificate is not one of this server's devices",
    "NO_SHARED_CIPHER": "it has no cipher suite in common",
    "NO_SUITABLE_KEY_SHARE": "it has no key exchange group in common",
}

_TCP_INFO: Final = Struct("56xI")
"""The beginning of the kernel's `tcp_info`, with the milliseconds since the last acknowledgement."""

FRUITLESS: Final = "Too much input without a line"
"""Why a connection is cut, or ended by its worker: it costs time and says nothing."""


class Broken(Exception):
    """The connection cannot go on. The text says why, in words for the log and the QUIT reason."""


class Tls:
    """The context for new connections. A reload swaps `current` (any thread) and never changes a context in
    use."""

    __slots__ = ("current",)

    def __init__(self, current: ssl.SSLContext) -> None:
        self.current = current


def narrow(plain: socket.socket) -> None:
    """Let the kernel hold little of what a stranger sends."""
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, NARROW)


class Transport:
    """The TLS side of one connection. Used by its worker's thread only, except for `cut`."""

    __slots__ = (
        "_left",
        "_socket",
        "blocked",
        "ending",
        "pieces",
        "pinned",
        "readable",
        "rest",
        "severed",
        "tail",
    )

    def __init__(self, plain: socket.socket, context: ssl.SSLContext) -> None:
        """Take over a connected non-blocking socket. Raises Broken when the peer has gone already."""
        try:
            self._socket = context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
        except (OSError, ValueError) as error:
            plain.close()
            raise Broken(_words(error)) from error
        self.readable = True
        """The kernel may hold input."""
        self.ending = False
        """The kernel has told of the end of the stream, or of an error."""
        self.blocked = False
        """Nothing can go on before the socket is writable again."""
        self.pinned: memoryview | bytes | None = None
        """What OpenSSL has to be given again."""
        self.rest: memoryview | None = None
        """What was taken from the queue and comes after that."""
        self.pieces = 0
        """How many pieces were taken from the queue so far."""
        self.tail = TAIL
        """The most that a last record carries; 0 once the burst is over."""
        self._left = BURST
        self.severed = False
        """It was cut."""

    def handshake(self) -> bool:
        """Go on with the handshake; True when it is done. Raises Broken when it has failed."""
        try:
            self._socket.do_handshake()
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return False
        except OSError as error:
            raise Broken(_words(error)) from error
        self._acknowledge()
        return True

    def certificate(self) -> bytes | None:
        """Return the certificate that the peer showed, in DER, None without one. After the handshake."""
        return self._socket.getpeercert(binary_form=True)

    def _acknowledge(self) -> None:
        """Acknowledge the client's last handshake message now.

        Without session tickets nothing follows it on our side, so the acknowledgement would be delayed by 40
        ms, and the first line of a client with Nagle's algorithm on, which is the default, with it.
        """
        if self._socket.family != socket.AF_UNIX:
            with suppress(OSError):  # the peer has gone already: reading will tell
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def read(self) -> bytes | None:
        """Return bytes, b"" when the peer has closed its side, or None when there is nothing (more) to read
        now."""
        if self.pinned is not None:
            return None
        try:
            data = self._socket.read(RECORD)
        except ssl.SSLWantReadError:
            self.readable = False
            self.blocked = False
            return None
        except ssl.SSLWantWriteError:  # the answer to a KeyUpdate does not fit into the socket
            self.blocked = True
            return None
        except OSError as error:
            raise Broken(_words(error)) from error
        self.blocked = False
        if not data and self.severed:
            raise Broken(FRUITLESS)
        return data

    def look(self, left: "array[int]") -> None:
        """Take the mark `readable` back if the kernel holds nothing more; its answer goes to `left`.

        To be called after a read that has returned bytes.
        """
        if not self.ending:
            ioctl(self._socket.fileno(), FIONREAD, left)
            if not left[0]:
                self.readable = False

    def write(self, queue: list[bytes], budget: int) -> int:
        """Write what the queue holds, about `budget` bytes at the most; return how many bytes were written.

        Somebody else may append to the queue at any moment: it is shortened in place, never replaced.
        """
        chunk = self.pinned
        if chunk is None and not self.blocked:
            if self.rest is None and len(queue) == 1 and len(queue[0]) <= (self.tail or CHUNK):
                self.pieces += 1  # as it is most often, for one message: here, since a call is felt
                chunk = queue.pop(0)
            else:
                chunk = self._next(queue)
        written = 0
        try:
            while chunk is not None:
                sent = self._socket.send(chunk)
                written += sent
                if sent < len(chunk):  # the peer negotiated smaller records
                    self._push_back(chunk, sent)
                if self.tail:
                    self._shorten_burst(sent)
                self.pinned = None
                self.blocked = False
                if self.rest is None and not queue:
                    break
                chunk = self._next(queue) if written < budget and not self._has_tail else None
        except ssl.SSLWantWriteError:
            self.pinned = chunk
            self.blocked = True
        except ssl.SSLWantReadError as error:  # a renegotiation, which TLS 1.3 does not have
            raise Broken("it asked for a renegotiation") from error
        except OSError as error:
            raise Broken(_words(error)) from error
        return written

    def _shorten_burst(self, sent: int) -> None:
        self._left -= sent
        if self._left < 0:
            self.tail = 0

    @property
    def _has_tail(self) -> bool:
        """Whether a tail is what comes next."""
        return self.rest is not None and len(self.rest) <= self.tail

    def _next(self, queue: list[bytes]) -> memoryview | bytes | None:
        """Take the next chunk: the rest of what was joined before, or else everything that is queued.

        A tail is joined with what was queued since.
        """
        rest = self.rest
        if rest is None or len(rest) <= self.tail:
            count = len(queue)
            if rest is None and not count:
                return None
            self.pieces += count
            data = b"".join((rest or b"", *queue[:count]))
            self.rest = None
            del queue[:count]
            if len(data) <= (self.tail or CHUNK):
                return data
            rest = memoryview(data)
        size = _first_part(len(rest), self.tail)
        self.rest = rest[size:] if len(rest) > size else None
        return rest[:size]

    def _push_back(self, chunk: memoryview | bytes, sent: int) -> None:
        rest = chunk[sent:] if self.rest is None else b"".join((chunk[sent:], self.rest))
        self.rest = memoryview(rest)

    def widen(self) -> None:
        """Let the kernel hold more: the peer is known now."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)

    def say_goodbye(self) -> None:
        """Send close_notify and end our side of the stream, as far as that goes without waiting."""
        if self.pinned is None:
            # Most often WANT_READ is raised: our close_notify is out and the peer's has not come yet.
            with suppress(OSError, ValueError):
                self._socket.unwrap()
        with suppress(OSError):  # the peer has gone already
            self._socket.shutdown(socket.SHUT_WR)

    def discard(self) -> bool:
        """After `say_goodbye`: throw away what still comes, at most 64 KiB; True when the peer has gone,
        too."""
        for _ in range(4):
            try:
                if not self._socket.recv(RECORD):
                    return True
            except BlockingIOError:
                return False
            except OSError:
                return True
        return True  # whoever goes on talking does not listen

    def unconfirmed(self) -> float:
        """Return for how many seconds the peer's kernel has confirmed nothing.

        It may never get the bytes of that time; there are none when it was sent nothing.
        """
        try:
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        except OSError:  # no TCP connection (any more): nothing is known against it
            return 0.0
        (milliseconds,) = _TCP_INFO.unpack(info)
        return float(milliseconds) / 1000

    def close(self) -> None:
        """Close the socket at once."""
        self._socket.close()

    def cut(self) -> None:
        """Reset the stream, so that a read in progress comes to its end. Any thread may call.

        Works on the descriptor alone and does not touch the TLS state, which belongs to the worker.
        """
        self.severed = True
        with suppress(OSError):  # it is closed
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def _first_part(size: int, tail: int) -> int:
    """Return how much of `size` bytes to write at once, so that the last record is a short one."""
    if size > CHUNK + tail:
        return CHUNK
    if size <= tail or 0 < size % RECORD <= tail:
        return size
    return size - tail


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return "Connection closed"
    if isinstance(error, ssl.SSLError) and isinstance(error.reason, str):
        return _IN_WORDS.get(error.reason, f"TLS: {error.reason.lower().replace('_', ' ')}")
    if isinstance(error, ConnectionResetError | BrokenPipeError):
        return "Connection reset"
    return getattr(error, "strerror", None) or str(error)
