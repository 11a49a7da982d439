"""The authority of devices: the certificates with which they log in (SASL EXTERNAL).

A device makes its key and sends the public half; this server signs a certificate for it and asks every client
for one that it has signed. The certificate only carries the key through the handshake. Which account a key
belongs to, until when, and that it was revoked, is kept with the accounts; so certificate and authority have
no end of their own (RFC 5280 §4.1.2.5), and a clock that is wrong keeps nobody out.
"""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from .authority import Authority, PublicKey, authority_identifier, key_usage, named, new_certificate
from .errors import CertificateProblem
from .files import ensure_key, read_authority
from .writing import write_private

BEGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_AUTHORITY_NAME: Final = "securechat devices"
_LEAST_RSA_BITS: Final = 2048
_LOSS: Final = "and every device that has a certificate will have to be added anew"


class DeviceAuthority:
    """The authority in two files of a directory. Any thread may call."""

    def __init__(self, directory: Path) -> None:
        """Read the authority, or make it where there is none. Raises CertificateProblem."""
        self.path = directory / "devices.pem"
        key = directory / "devices.key"
        try:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.path.exists():
                made = _create(ensure_key(key))
                write_private(self.path, made.certificate.public_bytes(Encoding.PEM))
        except OSError as error:
            raise CertificateProblem(f"the devices' CA cannot be kept in {directory}: {error}") from error
        self._authority = read_authority(self.path, key, _LOSS)

    def certify(self, subject: str, key: bytes) -> tuple[bytes, str]:
        """Return a certificate for a public key, in DER both, and the SHA-256 of the key in hex.

        `subject`, at most 64 characters, is for people. Raises CertificateProblem for a key that is none, or
        is too weak.
        """
        public = _read(key)
        issuer = self._authority.certificate
        builder = (
            new_certificate(named(subject), issuer.subject, public, BEGIN, END)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(key_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .add_extension(authority_identifier(issuer), critical=False)
        )
        certificate = builder.sign(self._authority.key, hashes.SHA256())
        return certificate.public_bytes(Encoding.DER), key_hash(certificate)


def ask_for_certificates(context: ssl.SSLContext, authority: Path) -> None:
    """Have a server's context ask clients for a certificate of this authority; they may have none.

    Raises CertificateProblem when the file cannot be used.
    """
    try:
        context.load_verify_locations(authority)
    except (OSError, ssl.SSLError) as error:
        raise CertificateProblem(f"{authority} cannot be used: {error}") from error
    context.verify_mode = ssl.CERT_OPTIONAL


def key_hash(certificate: x509.Certificate) -> str:
    """Return the SHA-256, in hex, of a certificate's public key (SubjectPublicKeyInfo, DER)."""
    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(key).hexdigest()


def shown_key(certificate: bytes) -> str:
    """As `key_hash`, of a certificate in DER that the handshake has verified."""
    return key_hash(x509.load_der_x509_certificate(certificate))


def _read(key: bytes) -> PublicKey:
    try:
        public = load_der_public_key(key)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateProblem("this is no public key (SubjectPublicKeyInfo in DER)") from error
    if isinstance(public, rsa.RSAPublicKey) and public.key_size >= _LEAST_RSA_BITS:
        return public
    if isinstance(public, ed25519.Ed25519PublicKey):
        return public
    if isinstance(public, ec.EllipticCurvePublicKey) and isinstance(
        public.curve, ec.SECP256R1 | ec.SECP384R1
    ):
        return public
    raise CertificateProblem("use a key of ECDSA (P-256, P-384), Ed25519 or RSA (2048 bits or more)")


def _create(key: ec.EllipticCurvePrivateKey) -> Authority:
    name = named(_AUTHORITY_NAME)
    builder = (
        new_certificate(name, name, key.public_key(), BEGIN, END)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(sign_certificates=True), critical=True)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)
