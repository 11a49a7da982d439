"""The server's own certificate files: made at the first start, renewed before they expire.

Theory of operation: `ensure` looks at four files and makes what is missing. Keys are what people pin, so a
key that exists is kept for ever; certificates are made again from their keys whenever they have become unfit.
Each key is written before its certificate, and each file appears whole (temporary file, fsync, rename), so a
crash leaves keys without certificates, which the next call completes. The opposite, a certificate whose key
is gone, can only come from a lost or moved file. That and everything that cannot be read is an error:
silently making a new CA would turn every client away.
"""

from __future__ import annotations

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from .authority import Authority, create_authority, issue_server, renew_authority
from .errors import CertificateProblem, InvalidName
from .keys import create_key, encode_key, read_key, same_key, understood
from .names import parse_name, uncovered
from .pins import read_certificates
from .writing import write_private

RENEW_LEAF_BEFORE = timedelta(days=30)
# Time enough to give ca.pem to those who configured it as a file; pins do not notice.
RENEW_AUTHORITY_BEFORE = timedelta(days=365)
_LOSS = "which every client will have to trust anew"


@dataclass(frozen=True, slots=True)
class ServerFiles:
    """The four files. ``certificate`` is the leaf and its CA: a pin of the CA finds it in the sent chain."""

    ca: Path
    ca_key: Path
    certificate: Path
    key: Path

    @classmethod
    def under(cls, directory: Path) -> ServerFiles:
        """The files of this directory, by their fixed names."""
        return cls(*(directory / name for name in ("ca.pem", "ca.key", "server.pem", "server.key")))


def ensure(
    directory: Path, names: Sequence[str], now: datetime, *, authority_name: str, renew: bool = False
) -> tuple[ServerFiles, bool]:
    """See to it that the directory holds a CA and a server certificate for all `names`.

    What is missing is made; what is not valid at `now` (aware), or soon will not be, is renewed, with `renew`
    the server's certificate in any case. What is there stays until its successor is on disk. Returns the
    files and whether any of them is new. The directory is made with mode 0700, the files with 0600; one
    process at a time may call. Raises CertificateProblem when a file is broken, cannot be read or written, or
    lacks its key, or a key is open to other users; InvalidName.
    """
    files = ServerFiles.under(directory)
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with understood(directory):
            authority, new_authority = _ensure_authority(files, authority_name, now)
            new_leaf = _ensure_leaf(files, authority, names, now, renew)
    except OSError as error:
        raise CertificateProblem(f"the certificates cannot be kept in {directory}: {error}") from error
    return files, new_authority or new_leaf


def default_names() -> list[str]:
    """localhost, its addresses and this machine's names.

    The full name comes from the system's resolver, which may wait for a DNS server.
    """
    hosts = ["localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()]
    return list(dict.fromkeys(host.lower() for host in hosts if _is_usable(host)))


def _is_usable(host: str) -> bool:
    """A machine may have a name that no certificate can hold, or be known by a reverse-lookup name only."""
    try:
        parse_name(host)
    except InvalidName:
        return False
    return not host.lower().endswith(".arpa")


def _ensure_authority(files: ServerFiles, name: str, now: datetime) -> tuple[Authority, bool]:
    if _is_there(files.ca):
        authority = read_authority(files.ca, files.ca_key)
        if _is_fresh(authority.certificate, now, RENEW_AUTHORITY_BEFORE):
            return authority, False
        authority = renew_authority(authority, now)
    else:
        authority = create_authority(name, now, key=ensure_key(files.ca_key))
    write_private(files.ca, authority.certificate.public_bytes(Encoding.PEM))
    return authority, True


def read_authority(certificate_file: Path, key_file: Path, loss: str = _LOSS) -> Authority:
    """Read a CA of two files. Raises CertificateProblem, which says `loss` of a CA whose key is gone."""
    certificate = read_certificates(certificate_file)[0]
    if not _is_there(key_file):
        raise CertificateProblem(
            f"{key_file} is missing: restore it from a backup. Or move {certificate_file} away as well to "
            f"have a new CA made, {loss}"
        )
    key = _read_own_key(key_file)
    if not same_key(certificate.public_key(), key.public_key()):
        raise CertificateProblem(
            f"{certificate_file} is not the certificate of the key in {key_file}: restore the one that is "
            f"wrong from a backup, or move {certificate_file} away to have it made again for this key"
        )
    return Authority(certificate, key)


def _ensure_leaf(
    files: ServerFiles, authority: Authority, names: Sequence[str], now: datetime, renew: bool
) -> bool:
    if _is_there(files.certificate) and not _is_there(files.key):
        raise CertificateProblem(
            f"{files.key} is missing: restore it from a backup, or move {files.certificate} away as well to "
            "have both made again by the same CA"
        )
    key = ensure_key(files.key)
    if _is_there(files.certificate) and not renew:
        chain = read_certificates(files.certificate)
        if _is_good_chain(chain, key, authority, now) and not uncovered(chain[0], names):
            return False
    leaf = issue_server(authority, names, now, key=key)
    write_private(
        files.certificate,
        leaf.certificate.public_bytes(Encoding.PEM) + authority.certificate.public_bytes(Encoding.PEM),
    )
    return True


def _is_good_chain(
    chain: Sequence[x509.Certificate], key: ec.EllipticCurvePrivateKey, authority: Authority, now: datetime
) -> bool:
    leaf, *rest = chain
    if rest != [authority.certificate] or not same_key(leaf.public_key(), key.public_key()):
        return False
    try:
        leaf.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return _is_fresh(leaf, now, RENEW_LEAF_BEFORE)


def _is_fresh(certificate: x509.Certificate, now: datetime, margin: timedelta) -> bool:
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - margin


def _is_there(path: Path) -> bool:
    """A link to nowhere (a volume that is not mounted) counts as there: reading it is the error to report."""
    return path.is_symlink() or path.exists()


def ensure_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Read the key of a file, or make it. Raises CertificateProblem."""
    if _is_there(path):
        return _read_own_key(path)
    key = create_key()
    write_private(path, encode_key(key))
    return key


def _read_own_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = read_key(path)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise CertificateProblem(
            f"{path} is not an ECDSA P-256 key: these files are the server's own. Name a certificate of "
            "yours with --cert and --key instead"
        )
    return key
