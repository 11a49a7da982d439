"""What a client would say of a server's certificates, found out by a handshake in memory before it matters.

Theory of operation. OpenSSL is the client, so the rules are those of real clients: signatures, key lengths,
purposes, constraints, and the search for a way from the server's certificate to one that is trusted. The
dates are looked at here, along the way that it found, since a caller says what time it is.

Whom do clients trust? If the chain ends with a self-signed certificate they have it, or its pin: a private
authority, or a server's own. Else they have the authorities of this system. If these do not know the issuer
of the last certificate either, two cases look alike: a part of the chain was forgotten, or the authority is
private and not sent. A chain that is only the server's own certificate is refused then, as most often
something was forgotten. One with an intermediate is taken, with a remark that says who has to be trusted.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Protocol, cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from .errors import UNKNOWN_ISSUER, CertificateProblem

# OpenSSL's flag for "leave the dates to me": x509_vfy.h.
_NO_CHECK_TIME = 0x200000
_MINUTES = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What clients will see: from when until when they accept it, and what only some have against it."""

    starts: datetime
    ends: datetime
    remarks: tuple[str, ...]


def check_order(path: Path, chain: Sequence[x509.Certificate]) -> None:
    """See that each certificate of a file was issued by the next one (RFC 5246 §7.4.2), with a good digest.

    TLS 1.3 only recommends the order, and some clients find their way without. Raises CertificateProblem.
    """
    for number, (one, following) in enumerate(pairwise(chain), 1):
        if isinstance(one.signature_hash_algorithm, hashes.SHA1 | hashes.MD5):
            raise CertificateProblem(
                f"clients refuse the chain in {path}: certificate {number} is signed with "
                f"{one.signature_hash_algorithm.name.upper()}, which is broken: have it issued anew"
            )
        if _issued(following, one):
            continue
        if any(_issued(other, one) for other in chain):
            why = "the certificates are in the wrong order: each has to be followed by the one that issued it"
        elif following.subject == one.issuer:
            why = f"certificate {number + 1} has the name of the issuer of number {number}, but another key"
        else:
            why = (
                f"certificate {number + 1} ({_name(following)}) did not issue certificate {number}: "
                f"{_name_of(one.issuer)} did, whose certificate is missing"
            )
        raise CertificateProblem(f"clients refuse the chain in {path}: {why}")


def rehearse(
    path: Path, chain: Sequence[x509.Certificate], server: ssl.SSLContext, now: datetime
) -> Rehearsed:
    """Do with a server's context, made of the chain in the file `path`, what clients do at `now` (aware).

    Raises CertificateProblem when they refuse it.
    """
    try:
        return _rehearse(path, chain, server, now)
    except ssl.SSLError as error:  # nothing about trust: there is no handshake with such a key
        reason = (error.reason or str(error)).lower().replace("_", " ")
        raise CertificateProblem(
            f"no client can begin TLS with the certificate in {path} and its key (OpenSSL: {reason}): have "
            "one issued for an ECDSA P-256 or an RSA key"
        ) from error


def is_public(server: ssl.SSLContext) -> bool:
    """Return whether clients accept a server's context by the authorities of this system, without a pin."""
    try:
        _shake(_client(), server)
    except ssl.SSLError:
        return False
    return True


def _rehearse(
    path: Path, chain: Sequence[x509.Certificate], server: ssl.SSLContext, now: datetime
) -> Rehearsed:
    remarks: list[str] = []
    client = _client(chain[-1]) if chain[-1].subject == chain[-1].issuer else _client()
    try:
        way = _shake(client, server)
    except ssl.SSLCertVerificationError as error:
        if error.verify_code not in UNKNOWN_ISSUER:
            raise CertificateProblem(f"clients refuse the chain in {path}: {error.verify_message}") from error
        client, way = _private(path, chain, server)
        remarks.append(
            f"this system does not know {_name_of(chain[-1].issuer)}, which issued the last certificate in "
            f"{path}: only clients that were given that authority accept the chain"
        )
    if way[0] != chain[0]:
        raise CertificateProblem(f"{path} was replaced while it was read: try again")
    for certificate in way:
        _check_dates(path, certificate, now)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    try:
        _shake(client, server)
    except ssl.SSLCertVerificationError as error:
        remarks.append(
            "clients that read RFC 5280 strictly, such as Python's from 3.13 on, refuse the chain in "
            f"{path}: {error.verify_message}"
        )
    return Rehearsed(
        max(certificate.not_valid_before_utc for certificate in way),
        min(certificate.not_valid_after_utc for certificate in way),
        tuple(remarks),
    )


def _private(
    path: Path, chain: Sequence[x509.Certificate], server: ssl.SSLContext
) -> tuple[ssl.SSLContext, list[x509.Certificate]]:
    """Take the last certificate for one that leads to a private authority."""
    if len(chain) == 1:
        raise CertificateProblem(
            f"clients refuse the chain in {path}: it ends with a certificate of {_name_of(chain[0].issuer)}, "
            "which this system does not know. Append that authority's certificate, and those between, to the "
            "file (a public authority calls the whole the full chain)"
        )
    client = _client(chain[-1])
    try:
        return client, _shake(client, server)
    except ssl.SSLCertVerificationError as error:
        raise CertificateProblem(f"clients refuse the chain in {path}: {error.verify_message}") from error


def _client(anchor: x509.Certificate | None = None) -> ssl.SSLContext:
    """A client that trusts one certificate, or the authorities of this system, and looks at no dates."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False  # the names were compared with every name that is wanted
    client.verify_flags |= ssl.VerifyFlags(_NO_CHECK_TIME)
    if anchor is None:
        client.load_default_certs(ssl.Purpose.SERVER_AUTH)
    else:
        # Without this flag only a self-signed certificate can be the end of a chain.
        client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        client.load_verify_locations(cadata=anchor.public_bytes(Encoding.DER))
    return client


def _shake(client: ssl.SSLContext, server: ssl.SSLContext) -> list[x509.Certificate]:
    """Shake hands in memory; return the way that the client found, from the server's certificate up."""
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(downward, upward)
    far = server.wrap_bio(upward, downward, server_side=True)
    while True:
        try:
            near.do_handshake()
        except ssl.SSLWantReadError:
            with suppress(ssl.SSLWantReadError):
                far.do_handshake()
        else:
            return _verified(near)


class _Chained(Protocol):
    """What has the chain: the SSLObject from Python 3.13 on, before that only the object inside it."""

    def get_verified_chain(self) -> Sequence[bytes | _Certificate]: ...


class _Certificate(Protocol):
    def public_bytes(self, form: int, /) -> bytes: ...


def _verified(near: ssl.SSLObject) -> list[x509.Certificate]:
    holder = cast(_Chained, near if hasattr(near, "get_verified_chain") else getattr(near, "_sslobj"))  # noqa: B009
    der = 2  # _ssl.ENCODING_DER
    items = holder.get_verified_chain()
    return [
        x509.load_der_x509_certificate(item if isinstance(item, bytes) else item.public_bytes(der))
        for item in items
    ]


def _check_dates(path: Path, certificate: x509.Certificate, now: datetime) -> None:
    if now < certificate.not_valid_before_utc:
        raise CertificateProblem(
            f"clients refuse the chain in {path}: the certificate {_name(certificate)} is valid only from "
            f"{certificate.not_valid_before_utc:{_MINUTES}}: check this machine's clock"
        )
    if now > certificate.not_valid_after_utc:
        raise CertificateProblem(
            f"clients refuse the chain in {path}: the certificate {_name(certificate)} expired on "
            f"{certificate.not_valid_after_utc:{_MINUTES}}: get the chain anew from its authority"
        )


def _issued(issuer: x509.Certificate, certificate: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _name(certificate: x509.Certificate) -> str:
    return _name_of(certificate.subject)


def _name_of(name: x509.Name) -> str:
    return f'"{name.rfc4514_string()}"' if name.rdns else "without a name"
