"""Where a server is: a host and a port."""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from securechat.client.errors import InvalidAddress

DEFAULT_PORT: Final = 6697
_BRACKETED: Final = re.compile(r"\[([^\[\]]*)\](?::([0-9]{1,5}))?", re.ASCII)
_PLAIN: Final = re.compile(r"([^:\[\]]*)(?::([0-9]{1,5}))?", re.ASCII)
_FORBIDDEN: Final = re.compile(r"[\x00-\x20\x7f-\xa0/@#\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Address:
    """A host name or IP address, and a port. As text: `host:port`, with an IPv6 address in brackets."""

    host: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether this is surely the machine itself: a loopback address, or the name localhost (RFC 6761)."""
        if self.host == "localhost" or self.host.endswith(".localhost"):
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str, port: int = DEFAULT_PORT) -> Address:
    """Read HOST, HOST:PORT, [IPv6]:PORT or a bare IPv6 address; `port` is for those without. Raises
    InvalidAddress.
    """
    stripped = text.strip()
    if _is_ipv6(stripped):
        return Address(stripped.lower(), port)
    found = _BRACKETED.fullmatch(stripped)
    if found and not _is_ipv6(found[1]):
        raise InvalidAddress(f"{text!r} has brackets around something that is no IPv6 address")
    found = found or _PLAIN.fullmatch(stripped)
    if not found or not found[1] or _FORBIDDEN.search(found[1]):
        raise InvalidAddress(f"{text!r} is not a server's address: write HOST, HOST:PORT or [IPv6]:PORT")
    try:
        host = found[1].lower().removesuffix(".").encode("ascii" if found[1].isascii() else "idna").decode()
    except UnicodeError as error:
        raise InvalidAddress(f"{text!r} is no host name: {error}") from None
    number = int(found[2]) if found[2] else port
    if not 0 < number < 65536:
        raise InvalidAddress(f"{text!r} has a port that does not exist: ports are 1 to 65535")
    return Address(host, number)


def _is_ipv6(text: str) -> bool:
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return False
    return True
