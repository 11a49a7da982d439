"""TLS contexts for the client, and looking at the certificates that a server sends.

`look` is the only place that takes a connection without verifying it. It has a socket of its own, reads the
certificates, sends nothing, and closes.
"""

import ssl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast

from securechat.client.address import Address
from securechat.client.errors import TrustError, Unreachable
from securechat.client.network import dialing
from securechat.tls.errors import UNKNOWN_ISSUER, CertificateProblem

if TYPE_CHECKING:
    from cryptography import x509

_NOT_YET_VALID: Final = 9
_EXPIRED: Final = 10
_WRONG_NAME: Final = frozenset({62, 64})


def context() -> ssl.SSLContext:
    """A context that verifies chain, name and dates, and trusts nobody yet."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificate and host name from the start
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.hostname_checks_common_name = False
    return made


def system_context(*more: Path) -> ssl.SSLContext:
    """A context that trusts the authorities of this system, and those in the files `more`."""
    made = context()
    made.load_default_certs(ssl.Purpose.SERVER_AUTH)
    for path in more:
        _load(made, path)
    return made


def file_context(path: Path) -> ssl.SSLContext:
    """A context that trusts the certificates in a PEM file and nobody else. Raises TrustError."""
    made = context()
    _load(made, path)
    return made


def anchored_context(certificate: str | bytes) -> ssl.SSLContext:
    """A context whose only trust anchor is this certificate (PEM text or DER), be it a CA or a server's own.

    Raises ValueError or OSError (ssl.SSLError) when it is no certificate.
    """
    made = context()
    # Without this flag only a self-signed certificate can be the end of a chain.
    made.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    made.load_verify_locations(cadata=certificate)
    return made


def _load(made: ssl.SSLContext, path: Path) -> None:
    try:
        made.load_verify_locations(path)
    except ssl.SSLError as error:
        raise TrustError(f"{path} is not a file of PEM certificates") from error
    except OSError as error:
        raise TrustError(f"the certificates in {path} cannot be read: {error.strerror}") from error


def rehearse(address: Address, verifying: ssl.SSLContext) -> None:
    """Make a verified connection and close it again. Raises ssl.SSLCertVerificationError, Unreachable."""
    dialing.connect(address, verifying).close()


def look(address: Address) -> list[bytes]:
    """Return the certificates (DER) that a server sends, its own first. Raises Unreachable, TrustError."""
    looking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    looking.minimum_version = ssl.TLSVersion.TLSv1_3
    looking.check_hostname = False
    looking.verify_mode = ssl.CERT_NONE
    try:
        tls = dialing.connect(address, looking)
    except ssl.SSLCertVerificationError as error:
        raise Unreachable(f"{address} sent a certificate that cannot be read: {error}") from error
    try:
        return _sent_chain(tls)
    finally:
        tls.close()


class _Certificate(Protocol):
    def public_bytes(self, form: int, /) -> bytes: ...


class _Chained(Protocol):
    """What has the chain: the SSLSocket from Python 3.13 on, before that only the object inside it."""

    def get_unverified_chain(self) -> Sequence[bytes | _Certificate]: ...


def _sent_chain(tls: ssl.SSLSocket) -> list[bytes]:
    holder = cast(_Chained, tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj"))  # noqa: B009
    der = 2  # _ssl.ENCODING_DER
    chain = holder.get_unverified_chain() or ()
    sent = [item if isinstance(item, bytes) else item.public_bytes(der) for item in chain]
    if not sent:
        raise TrustError("the server sent no certificate")
    return sent


def read(certificate: bytes) -> "x509.Certificate":
    """Read a certificate in DER. Raises TrustError."""
    from cryptography import x509

    try:
        return x509.load_der_x509_certificate(certificate)
    except ValueError as error:
        raise TrustError(f"the server sent a certificate that cannot be read: {error}") from error


def anchor_to_offer(sent: Sequence[bytes]) -> bytes:
    """The certificate to pin: that of the private authority if it was sent, else the server's own."""
    last = read(sent[-1])
    return sent[-1] if last.issuer == last.subject else sent[0]


def check_name_and_dates(certificate: bytes, address: Address, now: datetime) -> None:
    """See whether a certificate is for this host and valid at `now` (aware). Raises TrustError.

    This decides whether a person is asked about an unknown issuer. It replaces no verification.
    """
    from securechat.tls.names import alternative_names, uncovered

    leaf = read(certificate)
    if now < leaf.not_valid_before_utc:
        raise TrustError(
            _dates(address, f"is valid only from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC")
        )
    if now > leaf.not_valid_after_utc:
        raise TrustError(_dates(address, f"expired on {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"))
    try:
        wrong = uncovered(leaf, [address.host])
    except CertificateProblem as error:
        raise TrustError(str(error)) from error
    if wrong:
        names = ", ".join(str(name.value) for name in alternative_names(leaf)) or "no name at all"
        raise TrustError(f"{_wrong_name(address)}; it is for {names}")


def explain(error: ssl.SSLCertVerificationError, address: Address) -> str | None:
    """What a person should know about a certificate that was not accepted; None for an unknown issuer."""
    if error.verify_code in UNKNOWN_ISSUER:
        return None
    if error.verify_code in _WRONG_NAME:
        return _wrong_name(address)
    if error.verify_code == _EXPIRED:
        return _dates(address, "has expired")
    if error.verify_code == _NOT_YET_VALID:
        return _dates(address, "is not valid yet")
    return f"the certificate of {address} is not acceptable: {error.verify_message}"


def _wrong_name(address: Address) -> str:
    return f"the certificate that {address} sent is not for {address.host}: this may be another server"


def _dates(address: Address, what: str) -> str:
    return f"the certificate of {address} {what}; is this computer's clock right?"
