"""One verified TLS connection as bytes in and bytes out, without blocking. Belongs to one thread for life.

OpenSSL's rules that shape this: after SSL_ERROR_WANT_WRITE the same bytes must be offered again, and until
they are taken nothing may be read (a KeyUpdate in between breaks the retry); bytes that OpenSSL has decrypted
already do not make the socket readable, so reading goes on until there is nothing more.
"""

import ssl
from contextlib import suppress
from typing import Final

from securechat.client.network.dialing import READ, WRITE

_CHUNK: Final = 16 * 1024
_ALERTS: Final = frozenset(
    {
        *("TLSV1_ALERT_UNKNOWN_CA", "TLSV1_ALERT_ACCESS_DENIED", "TLSV1_ALERT_DECRYPT_ERROR"),
        *(
            "SSLV3_ALERT_BAD_CERTIFICATE",
            "SSLV3_ALERT_CERTIFICATE_UNKNOWN",
            "SSLV3_ALERT_CERTIFICATE_EXPIRED",
        ),
        *("SSLV3_ALERT_CERTIFICATE_REVOKED", "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"),
    }
)
"""How a server says (RFC 8446, 6.2) that it does not want the certificate of a client."""
_MOST_AT_ONCE: Final = 16
"""Chunks of a read turn, so that a server that never stops cannot keep the thread from its other business."""


class ConnectionLost(Exception):
    """The connection is gone; the text says how."""


class CertificateRefused(ConnectionLost):
    """The server does not take the certificate that it was shown."""


class Transport:
    """A connection that `trust.connect` made."""

    def __init__(self, tls: ssl.SSLSocket) -> None:
        self.socket = tls
        self._waiting = bytearray()
        self._offered = b""
        self._read_wants_write = False

    @property
    def idle(self) -> bool:
        """Whether everything is written."""
        return not self._waiting and not self._offered

    @property
    def interest(self) -> int:
        """What to wait for on the socket before the next `advance`."""
        if self._offered:
            return WRITE
        return READ | WRITE if self._read_wants_write or self._waiting else READ

    def write(self, data: bytes) -> None:
        """Add bytes to be written. Raises ConnectionLost."""
        self._waiting += data
        self._flush()

    def advance(self) -> tuple[bytes, bool]:
        """Write and read what is possible now. Returns what came, and whether there is more at once.

        Raises ConnectionLost, but only after the bytes that came before the end of the connection.
        """
        self._flush()
        return (b"", False) if self._offered else self._read()

    def close(self) -> None:
        """Close the connection, saying so to the peer if that is possible at once."""
        with suppress(OSError, ValueError):
            self.socket.unwrap()
        self.socket.close()

    def _flush(self) -> None:
        while self._offered or self._waiting:
            if not self._offered:
                self._offered = bytes(self._waiting[:_CHUNK])
                del self._waiting[:_CHUNK]
            try:
                sent = self.socket.send(self._offered)
            except ssl.SSLWantWriteError:
                return
            except ssl.SSLWantReadError:  # OpenSSL 3 does not ask for this in TLS 1.3
                return
            except OSError as error:
                raise self._unwritten(error) from error
            self._offered = self._offered[sent:]

    def _unwritten(self, error: OSError) -> ConnectionLost:
        """Find out why nothing can be written: what the server said before it closed the connection."""
        try:
            self.socket.recv(1)
        except OSError as reason:
            return _lost(reason if _is_about_certificate(reason) else error)
        return _lost(error)

    def _read(self) -> tuple[bytes, bool]:
        pieces: list[bytes] = []
        self._read_wants_write = False
        try:
            while len(pieces) < _MOST_AT_ONCE:
                piece = self.socket.recv(_CHUNK)
                if not piece:
                    raise ConnectionLost("the server closed the connection")
                pieces.append(piece)
        except ssl.SSLWantReadError:
            return b"".join(pieces), False
        except ssl.SSLWantWriteError:
            self._read_wants_write = True
            return b"".join(pieces), False
        except (OSError, ConnectionLost) as error:
            if pieces:  # the next read fails in the same way
                return b"".join(pieces), True
            raise _lost(error) from error
        return b"".join(pieces), True


def _lost(error: Exception) -> ConnectionLost:
    return (CertificateRefused if _is_about_certificate(error) else ConnectionLost)(_explain(error))


def _is_about_certificate(error: Exception) -> bool:
    return getattr(error, "reason", None) in _ALERTS


def _explain(error: Exception) -> str:
    if isinstance(error, ConnectionLost):
        return str(error)
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return "the connection was cut"
    return f"the connection broke: {error}"
