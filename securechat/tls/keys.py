"""Private keys and the files that hold them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes, PublicKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from .errors import CertificateProblem
from .reading import opened


@contextmanager
def understood(place: Path) -> Iterator[None]:
    """Turn what is found wrong inside the certificates of a file or directory into a CertificateProblem.

    Keys and extensions are read only when they are looked at, so any look may find it.
    """
    try:
        yield
    except (ValueError, TypeError, OverflowError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise CertificateProblem(f"{place} holds a certificate that is damaged: {error}") from error


def create_key() -> ec.EllipticCurvePrivateKey:
    """A new ECDSA P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def encode_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """The key as unencrypted PKCS #8 in PEM."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def read_key(path: Path) -> PrivateKeyTypes:
    """The private key of a PEM file, which no other user may be able to read. Raises CertificateProblem."""
    try:
        with opened(path) as stream:
            _check_private(path, os.fstat(stream.fileno()))
            content = stream.read()
        return load_pem_private_key(content, password=None)
    except OSError as error:
        raise CertificateProblem(f"the key file {path} cannot be read: {error.strerror}") from error
    except TypeError as error:  # the one cause: the key is encrypted
        raise CertificateProblem(f"the key in {path} has a passphrase: store it without one") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateProblem(f"{path} is not a PEM private key that can be used") from error


def _check_private(path: Path, found: os.stat_result) -> None:
    """Only root may let its group read: there is no other way to give a key of root's to one service."""
    roots = found.st_uid == 0 != os.geteuid()
    if found.st_mode & (0o037 if roots else 0o077):
        raise CertificateProblem(
            f"{path} is open to other users of this machine: chmod {640 if roots else 600} "
            f"{shlex.quote(str(path))}"
        )


def same_key(one: PublicKeyTypes, other: PublicKeyTypes) -> bool:
    """Whether two public keys, of any kind, are the same."""
    return _encoded(one) == _encoded(other)


def _encoded(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
