"""What this computer is to its servers: the key of a device for each server and account, or the answer no.

One file of mode 0600 each, in a directory of mode 0700. Its first line is JSON: for which server, account and
device it is, until when, and on which keys the trust in the server stood (`trust.Trust.anchors`). After it
come the certificate and the key, in PEM, which OpenSSL reads without minding the line. So a file is complete
or not there. A person's answer no is a file with the line alone.
"""

import hashlib
import json
import os
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, TypedDict

from securechat.client.address import Address, parse_address
from securechat.client.errors import CredentialError, InvalidAddress
from securechat.client.network.trust import Trust
from securechat.client.paths import write_own
from securechat.irc.names import fold

_UNFIT: Final = re.compile("[^A-Za-z0-9._-]+")
_LONGEST: Final = 24
"""Characters of this computer's name in a device's: a number may come behind it."""


class _Line(TypedDict):
    server: str
    account: str
    device: str
    until: int
    anchors: list[str]


@dataclass(frozen=True, slots=True)
class Kept:
    """The device that this computer is for an account on a server; `device` is "" when a person said no.

    `until` is in milliseconds since the epoch; `anchors` as in `Trust`.
    """

    server: str
    account: str
    device: str = ""
    until: int = 0
    anchors: tuple[str, ...] = ()

    def fits(self, trust: Trust) -> bool:
        """Whether the server that is trusted is the one that the key was made for."""
        if not self.device or self.server != str(trust.address):
            return False
        anchors = trust.anchors
        return bool(set(self.anchors) & set(anchors)) if self.anchors else not anchors


class DeviceFiles:
    """The files in one directory. Any thread may call. All methods raise CredentialError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def all(self) -> list[Kept]:
        """Return what there is, by server and account."""
        found = (_read(path) for path in self._directory.glob("*.pem"))
        return sorted(
            (kept for kept in found if kept is not None), key=lambda kept: (kept.server, kept.account)
        )

    def find(self, address: Address, account: str) -> Kept | None:
        """Return what this computer is for an account on a server."""
        return _read(self.path(address, account))

    def path(self, address: Address, account: str) -> Path:
        """Return the file for an account on a server, whether it is there or not."""
        name = f"{address} {own_name(account)}"
        return self._directory / f"{hashlib.sha256(name.encode(errors='replace')).hexdigest()[:32]}.pem"

    def keep(self, kept: Kept, pem: bytes) -> Path:
        """Keep a device with its certificate and key."""
        path = self._path_of(kept)
        try:
            write_own(path, f"{json.dumps(_line(kept))}\n".encode() + pem)
        except OSError as error:
            raise CredentialError(f"the key cannot be kept in {path.parent}: {error.strerror}") from error
        return path

    def renew(self, kept: Kept, until: int) -> None:
        """Keep that a device may log in until another time."""
        try:
            _, _, pem = self._path_of(kept).read_bytes().partition(b"\n")
        except OSError as error:
            raise CredentialError(f"the key of this computer cannot be read: {error.strerror}") from error
        self.keep(replace(kept, until=until), pem)

    def decline(self, address: Address, account: str) -> None:
        """Keep that a person does not want this computer to be a device."""
        self.keep(Kept(str(address), own_name(account)), b"")

    def forget(self, kept: Kept) -> None:
        """Remove what this computer is."""
        try:
            self._path_of(kept).unlink(missing_ok=True)
        except OSError as error:
            raise CredentialError(f"{self._path_of(kept)} cannot be removed: {error.strerror}") from error

    def _path_of(self, kept: Kept) -> Path:
        try:
            return self.path(parse_address(kept.server), kept.account)
        except InvalidAddress as error:
            raise CredentialError(f"{self._directory} has a file that cannot be read: {error}") from error


def own_name(account: str) -> str:
    """Return the account's name, without that of a session (`alice@laptop`), as names are compared."""
    return fold(account.partition("@")[0])


def names() -> Iterator[str]:
    """Yield names for a device: this computer's, then with numbers."""
    name = _UNFIT.sub("-", socket.gethostname().partition(".")[0])[:_LONGEST].strip("-") or "computer"
    yield name
    for number in range(2, 100):
        yield f"{name}-{number}"


def _line(kept: Kept) -> _Line:
    return _Line(
        server=kept.server,
        account=kept.account,
        device=kept.device,
        until=kept.until,
        anchors=list(kept.anchors),
    )


def _read(path: Path) -> Kept | None:
    try:
        with path.open(encoding="utf-8") as stream:
            if os.name == "posix" and os.fstat(stream.fileno()).st_mode & 0o077:
                raise CredentialError(f"others can read the key in {path}: chmod 600 {path}")
            line: _Line = json.loads(stream.readline())
        return Kept(
            str(parse_address(line["server"])),
            str(line["account"]),
            str(line["device"]),
            int(line["until"]),
            tuple(map(str, line["anchors"])),
        )
    except FileNotFoundError:
        return None
    except OSError as error:
        raise CredentialError(
            f"the key of this computer in {path} cannot be read: {error.strerror}"
        ) from error
    except (ValueError, TypeError, KeyError, InvalidAddress) as error:
        raise CredentialError(f"{path} is damaged: remove it, and enrol this computer anew") from error
