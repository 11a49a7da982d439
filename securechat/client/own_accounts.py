"""One's own accounts: which name one has on which server, so that it need not be typed again.

A file of mode 0600 with one line `host:port name` each, the newest last. There is no secret in it. A line
that cannot be read is passed over: then the name has to be typed.
"""

from contextlib import suppress
from pathlib import Path

from securechat.client.address import Address, parse_address
from securechat.client.errors import InvalidAddress
from securechat.client.paths import write_own


class OwnAccounts:
    """The file of one's own accounts, read anew by every call."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def newest(self) -> Address | None:
        """Return the server where one has made an account last, if there is one."""
        return next(reversed(self._all()), None)

    def on(self, address: Address) -> str | None:
        """Return one's name on a server, if it is known."""
        return self._all().get(address)

    def add(self, address: Address, name: str) -> None:
        """Remember a name. Raises OSError."""
        others = {server: own for server, own in self._all().items() if server != address}
        lines = [f"{server} {own}\n" for server, own in {**others, address: name}.items()]
        write_own(self._path, "".join(lines).encode())

    def _all(self) -> dict[Address, str]:
        try:
            lines = self._path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, ValueError):
            return {}
        found: dict[Address, str] = {}
        for line in lines:
            server, _, name = line.strip().partition(" ")
            with suppress(InvalidAddress):
                if name:
                    found[parse_address(server)] = name
        return found
