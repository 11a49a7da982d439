"""Certificates of every kind that a client may meet, made for one test."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.tls.authority import Authority, create_authority, issue_server
from securechat.tls.keys import create_key, encode_key
from securechat.tls.pins import pin

NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a server shows: its context, and the pins of what it sends."""

    context: ssl.SSLContext
    pin: str
    leaf_pin: str


class Workshop:
    """One authority, and servers' identities from it or without it."""

    def __init__(self, directory: Path, *, age: timedelta = timedelta()) -> None:
        self._directory = directory
        self._made = 0
        self._then = datetime.now(UTC) - age
        self.authority: Authority = create_authority("a private CA", self._then)
        self.key = create_key()

    def ca_file(self) -> Path:
        """The authority's certificate as a PEM file."""
        path = self._directory / "ca.pem"
        path.write_bytes(self.authority.certificate.public_bytes(Encoding.PEM))
        return path

    def server(self, *names: str, alone: bool = False, other: Authority | None = None) -> Identity:
        """A leaf for these names (default: this machine), with its CA, `alone`, or with an `other` CA."""
        leaf = issue_server(self.authority, names or NAMES, self._then, key=self.key)
        sent = [leaf.certificate] if alone else [leaf.certificate, (other or self.authority).certificate]
        return self._identity(sent)

    def self_signed(self, *, lifetime: timedelta = timedelta(days=30)) -> Identity:
        """A server that signed its own certificate, as `openssl req -x509` makes them."""
        name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, "my server")])
        alternatives = x509.SubjectAlternativeName([x509.DNSName("localhost")])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(self._then - timedelta(days=1))
            .not_valid_after(self._then + lifetime)
            .add_extension(alternatives, critical=False)
            .sign(self.key, hashes.SHA256())
        )
        return self._identity([certificate])

    def _identity(self, sent: list[x509.Certificate]) -> Identity:
        self._made += 1
        chain = self._directory / f"chain-{self._made}.pem"
        key = self._directory / f"key-{self._made}.pem"
        chain.write_bytes(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in sent))
        key.write_bytes(encode_key(self.key))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain, key)
        context.num_tickets = 0
        return Identity(context, pin(sent[-1]), pin(sent[0]))
