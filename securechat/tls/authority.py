"""The private CA and the server certificates that it issues (RFC 5280).

Both pass the strict reading of RFC 5280 that Python 3.13's clients apply: critical BasicConstraints and
KeyUsage, subject and authority key identifiers, extended key usage, names in SubjectAltName.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .errors import CertificateProblem
from .keys import create_key
from .names import parse_name

AUTHORITY_LIFETIME = timedelta(days=3650)
LONGEST_LEAF_DAYS = 90
# Certificates begin this much before they are made: clients whose clock is behind can use them at once.
CLOCK_SKEW = timedelta(days=1)
_LONGEST_COMMON_NAME = 64  # RFC 5280 appendix A.1: ub-common-name
# The subject is for people who look at the certificate. It holds a blank, so it can never match a host name.
_LEAF_COMMON_NAME = "securechat server"


PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey


@dataclass(frozen=True, slots=True)
class Authority:
    """A CA that can sign: its self-signed certificate and its key (ECDSA P-256)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


@dataclass(frozen=True, slots=True)
class Leaf:
    """A server certificate and its key (ECDSA P-256)."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def create_authority(
    common_name: str, now: datetime, *, key: ec.EllipticCurvePrivateKey | None = None
) -> Authority:
    """A CA of this name, valid for ten years from `now` (aware), for `key` or a new key.

    Raises CertificateProblem when the name is not 1 to 64 characters long.
    """
    if not 0 < len(common_name) <= _LONGEST_COMMON_NAME:
        raise CertificateProblem(
            f"the CA's name {common_name!r} must have 1 to {_LONGEST_COMMON_NAME} characters"
        )
    return _self_signed(named(common_name), now, key or create_key())


def renew_authority(authority: Authority, now: datetime) -> Authority:
    """The same CA with a new certificate: name, key and pin stay, and so does everything that it signed."""
    return _self_signed(authority.certificate.subject, now, authority.key)


def issue_server(
    authority: Authority,
    names: Sequence[str],
    now: datetime,
    *,
    key: ec.EllipticCurvePrivateKey | None = None,
    days: int = LONGEST_LEAF_DAYS,
) -> Leaf:
    """A server certificate for these host names and IP addresses, valid at `now` (aware), for `key` or a new
    key.

    It lives for `days`, of which one lies before `now`, and never longer than its CA. Raises ValueError
    unless `days` is 2 to 90, CertificateProblem when there is no name or the CA is not valid, InvalidName.
    """
    if not 2 <= days <= LONGEST_LEAF_DAYS:
        raise ValueError(f"a server certificate lives for 2 to {LONGEST_LEAF_DAYS} days, not {days}")
    if not names:
        raise CertificateProblem("a server certificate needs at least one host name or IP address")
    issuer = authority.certificate
    if not issuer.not_valid_before_utc <= now < issuer.not_valid_after_utc:
        raise CertificateProblem(
            "the CA's certificate is not valid now, but from "
            f"{issuer.not_valid_before_utc:%Y-%m-%d} to {issuer.not_valid_after_utc:%Y-%m-%d}"
        )
    leaf_key = key or create_key()
    begin = _seconds(now - CLOCK_SKEW)
    # The last second counts (RFC 5280 §4.1.2.5), so `days` days end one second earlier.
    end = min(begin + timedelta(days=days, seconds=-1), issuer.not_valid_after_utc)
    builder = (
        new_certificate(named(_LEAF_COMMON_NAME), issuer.subject, leaf_key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(authority_identifier(issuer), critical=False)
        .add_extension(x509.SubjectAlternativeName(_unique_names(names)), critical=False)
    )
    return Leaf(builder.sign(authority.key, hashes.SHA256()), leaf_key)


def _self_signed(subject: x509.Name, now: datetime, key: ec.EllipticCurvePrivateKey) -> Authority:
    begin = _seconds(now - CLOCK_SKEW)
    public = key.public_key()
    builder = (
        new_certificate(subject, subject, public, begin, begin + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(sign_certificates=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return Authority(builder.sign(key, hashes.SHA256()), key)


def new_certificate(
    subject: x509.Name, issuer: x509.Name, key: PublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    """The beginning of every certificate of ours, valid from `begin` to `end` (aware)."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    """A CA signs certificates and revocation lists; a server signs handshakes. Neither does anything else."""
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def authority_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """The extension that says which key signed."""
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _unique_names(names: Sequence[str]) -> list[x509.GeneralName]:
    return list(dict.fromkeys(parse_name(name) for name in names))


def named(common_name: str) -> x509.Name:
    """The name of a subject, of at most 64 characters."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
