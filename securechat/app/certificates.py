"""The certificate that a server uses: its own in the data directory, or the one that is configured."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from securechat.app.expiry import state
from securechat.config import Config
from securechat.tls.context import Checked, checked_context
from securechat.tls.errors import CertificateProblem
from securechat.tls.files import ServerFiles, default_names, ensure
from securechat.tls.keys import understood
from securechat.tls.names import alternative_names
from securechat.tls.pins import pin, read_certificates

if TYPE_CHECKING:
    from cryptography import x509

PUBLIC: Final = "public.pem"
"""The file in the data directory with a public authority's chain and its key, in one, so that both change as
one step. It is used where the configuration names no certificate."""
_AUTHORITY_NAME: Final = "securechat private CA"


@dataclass(frozen=True, slots=True)
class Certificates:
    """The files of the certificate in use; `own` when this program made them."""

    certificate: Path
    key: Path
    own: bool


def certificates_of(config: Config, directory: Path) -> Certificates:
    """Return which files are used, whether they are there or not."""
    if config.tls.certificate:
        return Certificates(Path(config.tls.certificate), Path(config.tls.key), own=False)
    public = directory / PUBLIC
    if public.exists():
        return Certificates(public, public, own=False)
    files = ServerFiles.under(directory)
    return Certificates(files.certificate, files.key, own=True)


def prepare(config: Config, directory: Path, *, renew: bool = False) -> bool:
    """Make or renew the server's own certificate where it is needed; return whether anything was written.

    With `renew` it is renewed in any case. The process that holds the directory's lock calls. Raises
    CertificateProblem.
    """
    if not certificates_of(config, directory).own:
        return False
    names, now = _own_names(config), _now()
    _, changed = ensure(directory, names, now, authority_name=_AUTHORITY_NAME, renew=renew)
    return changed


def check_own(files: Certificates) -> None:
    """Raise CertificateProblem when a certificate is not this server's to renew."""
    if not files.own:
        raise CertificateProblem(
            f"{files.certificate} was not made by this server: renew it where it came from, "
            "then run `securechat reload`"
        )


def make_context(config: Config, directory: Path) -> Checked:
    """Return a context for new connections. Raises CertificateProblem when the certificate cannot be used."""
    files = certificates_of(config, directory)
    return checked_context(
        files.certificate,
        files.key,
        minimum=config.tls.minimum,
        names=config.tls.names,
        now=_now(),
    )


def how_to_renew(config: Config, directory: Path) -> str:
    """Return what the operator does when the certificate in use is about to end."""
    if config.tls.certificate:
        return f"renew {config.tls.certificate} where it came from, then run `securechat reload`"
    if not certificates_of(config, directory).own:
        return "run `securechat certs acme --renew`, or `securechat certs install` with a new one"
    return "it renews itself, unless the log says why it could not; try `securechat certs renew`"


@dataclass(frozen=True, slots=True)
class Identity:
    """What clients need to know of a certificate: a pin, which is the authority's if the chain holds it."""

    pin: str
    names: tuple[str, ...]
    starts: datetime
    expires: datetime

    def is_valid(self) -> bool:
        """Return whether it is valid now."""
        return self.starts <= _now() <= self.expires

    def state(self) -> str:
        """Return "not valid yet", or what `expiry.state` says."""
        return "not valid yet" if _now() < self.starts else state(self.expires, _now())


def read_identity(certificate: Path) -> Identity:
    """Read a certificate file. Raises CertificateProblem."""
    chain = read_certificates(certificate)
    with understood(certificate):
        return Identity(
            pin(_to_pin(chain)),
            tuple(str(name.value) for name in alternative_names(chain[0])),
            chain[0].not_valid_before_utc,
            chain[0].not_valid_after_utc,
        )


def connect_line(config: Config, identity: Identity, port: int) -> str:
    """Return the command with which somebody connects to this server for the first time."""
    host = public_name(config, identity.names)
    address = f"[{host}]" if ":" in host else host
    place = address if port == 6697 else f"{address}:{port}"
    return f"securechat connect --host {place} --user NAME --pin {identity.pin}"


def _now() -> datetime:
    return datetime.now(UTC)


def _own_names(config: Config) -> Sequence[str]:
    configured = [config.server.name] if config.server.name else []
    return list(dict.fromkeys([*_host_names(), *configured, *config.tls.names]))


@cache
def _host_names() -> Sequence[str]:
    """Ask the resolver once: a server that runs looks at its certificate again and must not wait for DNS."""
    return default_names()


def _to_pin(chain: Sequence["x509.Certificate"]) -> "x509.Certificate":
    """An authority that is sent along outlives the leaf; a public one's intermediate is not ours to pin."""
    last = chain[-1]
    return last if last.subject == last.issuer else chain[0]


def public_name(config: Config, names: Sequence[str]) -> str:
    """Return the first name that others can reach this server by, and that the certificate holds."""
    wanted = [config.server.name, *config.tls.names, config.server.host, os.uname().nodename.lower(), *names]
    return next((name for name in wanted if name in names), "localhost")
