"""One client that asks and waits for the answer: TLS, blocking, lines."""

from __future__ import annotations

import socket
import ssl
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from scripts.bench.ircbench.plan import Account, Target

PATIENCE = 60.0
_PIECE = 400
"""Characters of a certificate's base64 in one line; a shorter piece is the last."""


class Asker:
    """A client that is logged in. Used by one thread."""

    def __init__(
        self, context: ssl.SSLContext, target: Target, account: Account | None, nick: str, caps: str = "sasl"
    ) -> None:
        """Connect and log in, with these capabilities where there is an account. Raises OSError."""
        plain = socket.create_connection((target.host, target.port), timeout=PATIENCE)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = context.wrap_socket(plain, server_hostname=target.host)
        self._lines = self._socket.makefile("rb")
        # One by one: a request is refused as a whole.
        self.send(*(f"CAP REQ {cap}" for cap in caps.split()), f"NICK {nick}", f"USER {nick} 0 * :{nick}")
        if account is not None:
            self.send("AUTHENTICATE PLAIN")
            self.until(lambda words: words[0] == b"AUTHENTICATE")
            proof = f"\0{account.name}\0{account.password}".encode()
            self.send(f"AUTHENTICATE {b64encode(proof).decode()}")
        self.send("CAP END")
        self.until(lambda words: words[1:2] == [b"001"])

    def send(self, *lines: str) -> None:
        """Send lines."""
        self._socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def until(self, last: Callable[[list[bytes]], bool]) -> list[bytes]:
        """Return the lines up to one of whose words, without its tags, `last` is true. Raises OSError."""
        lines: list[bytes] = []
        while True:
            line = self._lines.readline()
            if not line:
                raise ConnectionError(f"the server ended the connection after {lines[-1:]!r}")
            lines.append(line)
            words = line.split()
            if words[0].startswith(b"@"):
                words.pop(0)
            if words[0] == b"PING":
                self.send(f"PONG {words[1].decode()}")
            if last(words):
                return lines

    def batch(self, line: str) -> float:
        """Ask something that a batch answers; return the milliseconds that it took."""
        began = time.perf_counter()
        self.send(line)
        self.until(lambda words: words[1:2] == [b"BATCH"] and words[2].startswith(b"-"))
        return (time.perf_counter() - began) * 1000

    def close(self) -> None:
        """Leave at once."""
        self._lines.close()
        self._socket.close()


def add_device(asker: Asker, file: Path) -> None:
    """Let the account log in with a certificate: its key and itself go to `file`, in PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    asker.send(f"DEVICE KEY {file.stem} {b64encode(public).decode()}")
    written, piece = "", "x" * _PIECE
    while len(piece) == _PIECE:
        answer = asker.until(lambda words: words[1:3] == [b"DEVICE", b"CERTIFICATE"])[-1]
        piece = answer.split()[-1].decode().removeprefix(":")
        written += "" if piece == "+" else piece
    certificate = x509.load_der_x509_certificate(b64decode(written))
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
