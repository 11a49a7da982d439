"""Pins: a public key's fingerprint that people compare and programs remember.

A pin is ``sha256:`` and the unpadded base64url of the SHA-256 of a certificate's SubjectPublicKeyInfo (DER),
as in RFC 7469 §2.4. It names the key and so outlives every renewal of the certificate.

`cryptography` takes 0.1 s to import, so it is imported by the functions that read certificates: parsing a pin
costs nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import CertificateProblem, InvalidPin
from .reading import opened

if TYPE_CHECKING:
    from cryptography import x509

__all__ = ["CertificateProblem", "InvalidPin", "parse_pin", "pin", "pin_of_der", "read_certificates"]

_PREFIX = "sha256:"
_LENGTH = 43  # characters of unpadded base64 for 32 bytes


def pin(certificate: x509.Certificate) -> str:
    """The pin of the certificate's public key."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _PREFIX + base64.urlsafe_b64encode(hashlib.sha256(key).digest()).decode("ascii").rstrip("=")


def pin_of_der(der: bytes) -> str:
    """The pin of a certificate in DER, as a TLS peer sends it. Raises CertificateProblem when it is none."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return pin(x509.load_der_x509_certificate(der))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateProblem(f"the peer sent a certificate that cannot be read: {error}") from error


def parse_pin(text: str) -> str:
    """The pin that a person typed or pasted, in its one canonical form.

    Blanks around it, capitals in the prefix, padding and the characters of plain base64 are forgiven. Raises
    InvalidPin.
    """
    stripped = text.strip()
    if stripped[: len(_PREFIX)].lower() != _PREFIX:
        raise InvalidPin(f"a pin begins with {_PREFIX!r}, but this begins with {stripped[:16]!r}")
    encoded = stripped[len(_PREFIX) :].removesuffix("=").replace("+", "-").replace("/", "_")
    if len(encoded) != _LENGTH:
        raise InvalidPin(f"a pin has {_LENGTH} characters after {_PREFIX!r}, but this has {len(encoded)}")
    try:
        digest = base64.b64decode(encoded.encode("ascii") + b"=", altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InvalidPin("a pin holds only letters, digits, '-' and '_': copy it whole") from error
    if base64.urlsafe_b64encode(digest).rstrip(b"=") != encoded.encode("ascii"):
        raise InvalidPin("the last character of the pin cannot be right: copy it whole")
    return _PREFIX + encoded


def read_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file in their order; at least one. Raises CertificateProblem."""
    from cryptography import x509

    try:
        with opened(path) as stream:
            content = stream.read()
        return x509.load_pem_x509_certificates(content)
    except OSError as error:
        raise CertificateProblem(f"the certificate file {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise CertificateProblem(f"{path} is not a file of PEM certificates ({error})") from error
