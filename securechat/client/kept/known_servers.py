"""The servers that a person has decided to trust: one line `host:port sha256:…` each, in a file of mode 0600.

Lines that begin with "#" are comments. A line that cannot be read is an error: passing it over would turn a
known server into an unknown one, which a person might then trust anew without knowing that its key has
changed.
"""

import os
from pathlib import Path

from securechat.client.address import Address, parse_address
from securechat.client.errors import InvalidAddress, TrustError
from securechat.client.paths import write_own
from securechat.tls.errors import InvalidPin
from securechat.tls.pins import parse_pin


class KnownServers:
    """The file of known servers, read anew by every call. All methods raise TrustError if it cannot be."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def all(self) -> list[tuple[Address, str]]:
        """Return every server with its pin, in the order of the file."""
        return [entry for line in self._lines() if (entry := self._read(line)) is not None]

    def pin_of(self, address: Address) -> str | None:
        """Return the pin of a server, if it is known."""
        return dict(self.all()).get(address)

    def add(self, address: Address, pin: str) -> None:
        """Remember a server that is not known yet."""
        self._write([*self._lines(), f"{address} {pin}"])

    def remove(self, address: Address) -> bool:
        """Forget a server; return whether it was known."""
        lines = self._lines()
        kept = [line for line in lines if (entry := self._read(line)) is None or entry[0] != address]
        if len(kept) < len(lines):
            self._write(kept)
        return len(kept) < len(lines)

    def _lines(self) -> list[str]:
        try:
            text = self._path.read_text(encoding="utf-8-sig")
            if os.name == "posix" and self._path.stat().st_mode & 0o022:
                raise TrustError(f"others can change {self._path}: chmod 600 {self._path}")
        except FileNotFoundError:
            return []
        except (OSError, UnicodeDecodeError) as error:
            raise TrustError(f"the known servers in {self._path} cannot be read: {error}") from error
        return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n") if text else []

    def _read(self, line: str) -> tuple[Address, str] | None:
        if not line.strip() or line.startswith("#"):
            return None
        host, _, pin = line.partition(" ")
        try:
            return parse_address(host), parse_pin(pin)
        except (InvalidAddress, InvalidPin) as error:
            raise TrustError(f"{self._path} has a line that cannot be read ({error}): {line!r}") from error

    def _write(self, lines: list[str]) -> None:
        try:
            write_own(self._path, "".join(f"{line}\n" for line in lines).encode())
        except OSError as error:
            raise TrustError(f"the known servers cannot be kept in {self._path}: {error.strerror}") from error
