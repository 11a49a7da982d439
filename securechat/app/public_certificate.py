"""Putting a public authority's certificate to use: checked first, replaced as one step, and put back.

Theory of operation. Chain and key are one file, so nobody ever sees a chain with another one's key. It is
written beside the one in use and rehearsed as a client would meet it; only what passes takes the name. The
server then reads it anew, for new connections; should it refuse, the file that was there comes back.
"""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from securechat.app.certificates import PUBLIC
from securechat.config import Config
from securechat.tls.context import Checked, checked_context
from securechat.tls.errors import CertificateProblem
from securechat.tls.keys import read_key, understood
from securechat.tls.names import alternative_names
from securechat.tls.pins import read_certificates
from securechat.tls.writing import write_private

_MOST: Final = 1 << 20
"""Bytes of a file with certificates, or a key."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A certificate that has taken its place: its names, what clients say of it, and what was there."""

    path: Path
    names: tuple[str, ...]
    ends: datetime
    remarks: tuple[str, ...]
    before: bytes | None

    def undo(self) -> None:
        """Put back what was there. Raises OSError."""
        if self.before is None:
            self.path.unlink(missing_ok=True)
        else:
            write_private(self.path, self.before)


def place(config: Config, directory: Path, content: bytes) -> Placed:
    """Check a key and its chain, PEM in one, and put them in their place.

    Raises CertificateProblem, and then nothing has changed, and OSError.
    """
    if config.tls.certificate:
        raise CertificateProblem(
            f"the configuration names another certificate, {config.tls.certificate}: take tls.certificate "
            "and tls.key out of it first"
        )
    path, candidate = directory / PUBLIC, directory / f".{PUBLIC}.{os.getpid()}"
    try:
        write_private(candidate, content)
        checked = _check(config, candidate)
        names = alternative_names(read_certificates(candidate)[0])
        before = path.read_bytes() if path.exists() else None
        write_private(path, content)
    except CertificateProblem as problem:
        raise CertificateProblem(str(problem).replace(str(candidate), "what was given")) from problem
    finally:
        candidate.unlink(missing_ok=True)
    remarks = tuple(remark.replace(str(candidate), str(path)) for remark in checked.remarks)
    return Placed(path, tuple(str(name.value) for name in names), checked.ends, remarks, before)


def _check(config: Config, pair: Path) -> Checked:
    now = datetime.now(UTC)
    return checked_context(pair, pair, minimum=config.tls.minimum, names=config.tls.names, now=now)


def read_pair(certificate: Path, key: Path) -> bytes:
    """Return a key and a chain of two files as one. Raises CertificateProblem."""
    read_certificates(certificate)
    read_key(key)
    try:
        return b"\n".join(_read(path) for path in (key, certificate))
    except OSError as error:
        raise CertificateProblem(f"{error.filename} cannot be read: {error.strerror}") from error


def _read(path: Path) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(_MOST + 1)
    if len(content) > _MOST:
        raise CertificateProblem(f"{path} has more than {_MOST} bytes: it is no certificate or key")
    return content.rstrip(b"\n")


def due(directory: Path) -> datetime:
    """Return when the certificate in the data directory is to be renewed: with a third of its time left.

    Raises CertificateProblem when there is none that can be read.
    """
    path = directory / PUBLIC
    leaf = read_certificates(path)[0]
    with understood(path):
        lifetime: timedelta = leaf.not_valid_after_utc - leaf.not_valid_before_utc
        return leaf.not_valid_after_utc - lifetime / 3
