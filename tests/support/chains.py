"""Chains of certificates as all kinds of people make them: right, and wrong in one thing."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
DAYS = 100


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key


def make(
    name: str,
    now: datetime,
    issuer: Made | None = None,
    *,
    ca: bool | None = True,
    names: Sequence[str] = (),
    begin: int = -1,
    end: int = DAYS,
    usage: x509.ObjectIdentifier | None = None,
    key: Key | None = None,
    bare: bool = False,
) -> Made:
    """A certificate that is valid from `begin` to `end` (days from `now`), signed by `issuer` or itself.

    `ca` None leaves out what says whether it is an authority's; `bare` leaves out the key identifiers and the
    key's usage, as people do who call openssl without a configuration of their own.
    """
    key = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer = issuer.key if issuer else key
    builder = x509.CertificateBuilder(
        issuer.certificate.subject if issuer else subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
    )
    builder = builder.not_valid_before(now + timedelta(days=begin)).not_valid_after(now + timedelta(days=end))
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(each) for each in names]), critical=False
        )
    if usage is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
    if not bare:
        builder = (
            builder.add_extension(_usage(bool(ca)), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
            )
        )
    return Made(builder.sign(signer, hashes.SHA256()), key)


def server(now: datetime, issuer: Made | None, **different: object) -> Made:
    """A server's certificate for localhost and chat.example.org, `different` from the usual one."""
    wanted: dict[str, object] = {
        "ca": False,
        "names": ("localhost", "chat.example.org"),
        "usage": ExtendedKeyUsageOID.SERVER_AUTH,
    }
    return make("server", now, issuer, **{**wanted, **different})  # type: ignore[arg-type]


def with_sha1(made: Made, issuer: Made, directory: Path) -> Made:
    """The same certificate, signed with SHA-1 by the openssl program: nobody else does that any more."""
    directory.mkdir()
    request = x509.CertificateSigningRequestBuilder(made.certificate.subject)
    for extension in made.certificate.extensions:
        request = request.add_extension(extension.value, extension.critical)
    asked = request.sign(made.key, hashes.SHA256()).public_bytes(Encoding.PEM)
    authority, key = write(directory, issuer)
    command: list[str | Path] = ["openssl", "x509", "-req", "-sha1", "-copy_extensions", "copyall"]
    command += ["-days", "9999", "-CAcreateserial", "-CA", authority, "-CAkey", key]
    ended = subprocess.run(command, input=asked, capture_output=True, check=True)
    return Made(x509.load_pem_x509_certificate(ended.stdout), made.key)


def write(directory: Path, leaf: Made, *more: Made) -> tuple[Path, Path]:
    """Write a chain and the key of its first certificate; return the two files."""
    certificate, key = directory / "chain.pem", directory / "chain.key"
    certificate.write_bytes(b"".join(made.certificate.public_bytes(Encoding.PEM) for made in (leaf, *more)))
    key.touch(0o600)
    key.write_bytes(leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return certificate, key


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
