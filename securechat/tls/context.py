"""The TLS context of the server: Mozilla's "modern" configuration, or "intermediate" for `minimum` 1.2.

Every call makes a new context and checks the certificate before anyone sees it. A running server that reloads
its certificate swaps the reference; it never calls ``load_cert_chain`` on the context in use, because a key
that does not match breaks every later handshake. Key exchange groups are not a context's matter: see
groups.py.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from .errors import CertificateProblem
from .keys import read_key, same_key, understood
from .names import alternative_names, uncovered
from .pins import read_certificates
from .rehearsal import check_order, rehearse

__all__ = ["CertificateProblem", "Checked", "checked_context", "server_context"]

# Mozilla's intermediate suites for TLS 1.2. Its DHE suites are left out: they need parameters of their own,
# and every client that can do them can do ECDHE as well.
_INTERMEDIATE = (
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
)
_MINUTES = "%Y-%m-%d %H:%M UTC"


@dataclass(frozen=True, slots=True)
class Checked:
    """A context that was made of files which clients accept.

    They do from `starts` to `ends` (aware); `remarks` are what only some clients have against them.
    """

    context: ssl.SSLContext
    starts: datetime
    ends: datetime
    remarks: tuple[str, ...]


def server_context(
    certificate: Path,
    key: Path,
    *,
    minimum: Literal["1.3", "1.2"] = "1.3",
    names: Sequence[str] = (),
    now: datetime,
) -> ssl.SSLContext:
    """As `checked_context`, only the context."""
    return checked_context(certificate, key, minimum=minimum, names=names, now=now).context


def checked_context(
    certificate: Path,
    key: Path,
    *,
    minimum: Literal["1.3", "1.2"] = "1.3",
    names: Sequence[str] = (),
    now: datetime,
) -> Checked:
    """A new context for the server side, from a PEM chain (leaf first) and its PEM key. Any thread may call.

    Raises CertificateProblem when a file cannot be read, other users can read the key, it is not the
    certificate's, or clients would refuse the chain: a certificate is missing, of another authority, in the
    wrong place, not valid at `now` (aware), weak, not for servers, or does not stand for one of `names`.
    InvalidName for a name that is none.
    """
    chain = read_certificates(certificate)
    with understood(certificate):
        _check(certificate, chain[0], key, names, now)
        check_order(certificate, chain)
        context = _context(minimum)
        _load(context, certificate, key)
        rehearsed = rehearse(certificate, chain, context, now)
        remarks = (*_remarks(certificate, chain[0]), *rehearsed.remarks)
    return Checked(context, rehearsed.starts, rehearsed.ends, remarks)


def _context(minimum: Literal["1.3", "1.2"]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # No tickets: a ticket key that lives as long as the server would undo forward secrecy. OP_NO_TICKET would
    # not do it for TLS 1.3, where it only makes them refer to the server's memory.
    context.num_tickets = 0
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    # All suites are good ones, so the client may choose what its hardware does best.
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if minimum == "1.2":
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_TICKET
        context.set_ciphers(_INTERMEDIATE)
    return context


def _check(certificate: Path, leaf: x509.Certificate, key: Path, names: Sequence[str], now: datetime) -> None:
    if not same_key(leaf.public_key(), read_key(key).public_key()):
        raise CertificateProblem(f"the key in {key} is not the key of the first certificate in {certificate}")
    if now < leaf.not_valid_before_utc:
        raise CertificateProblem(
            f"the certificate in {certificate} is valid only from {leaf.not_valid_before_utc:{_MINUTES}}: "
            "check this machine's clock"
        )
    if now > leaf.not_valid_after_utc:
        raise CertificateProblem(
            f"the certificate in {certificate} expired on {leaf.not_valid_after_utc:{_MINUTES}}: renew it"
        )
    if not _for_servers(leaf):
        raise CertificateProblem(f"the certificate in {certificate} is not meant for servers (no serverAuth)")
    if is_authority(leaf) and leaf.subject != leaf.issuer:
        raise CertificateProblem(
            f"the first certificate in {certificate} is that of an authority (CA:TRUE), which clients do not "
            "take from a server: put the server's own certificate first, or have one issued"
        )
    _check_names(certificate, leaf, names)


def _check_names(certificate: Path, leaf: x509.Certificate, names: Sequence[str]) -> None:
    missing, present = uncovered(leaf, names), alternative_names(leaf)
    if missing:
        raise CertificateProblem(
            f"the certificate in {certificate} does not stand for {', '.join(missing)}, "
            f"only for {', '.join(str(name.value) for name in present) or 'no name at all'}"
        )
    if not present:
        raise CertificateProblem(
            f"the certificate in {certificate} stands for no host name or address (SubjectAltName), so "
            "clients refuse it: have one issued with the names that people connect to"
        )


def _remarks(certificate: Path, leaf: x509.Certificate) -> Iterator[str]:
    if is_authority(leaf):
        yield (
            f"the certificate in {certificate} says that it is an authority's (CA:TRUE), which some clients "
            "do not take from a server: make it with CA:FALSE"
        )


def _for_servers(leaf: x509.Certificate) -> bool:
    """RFC 5280 §4.2.1.12: a certificate without extended key usage is not restricted."""
    try:
        usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return ExtendedKeyUsageOID.SERVER_AUTH in usage or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in usage


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether a certificate may issue others (RFC 5280 §4.2.1.9)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def _load(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    try:
        # An empty password: OpenSSL must never ask for one on the terminal.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:  # ssl.SSLError is one: too weak a key, or a file that was replaced a moment ago
        raise CertificateProblem(f"{certificate} and {key} cannot be used: {error}") from error
