"""Where a server is: a host and a port."""

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from securechat.client.errors import InvalidAddress

DEFAULT_PORT: Final = 6697
_LINK: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^/?#]*)")
_SHAPE: Final = re.compile(r"(\[[^\[\]]*\]|[^:\[\]]+)(?::(.*))?", re.DOTALL)
_PORT: Final = re.compile("[0-9]{1,5}")
_MOST_IN_LABEL: Final = 63
_MOST_IN_NAME: Final = 253
_TOO_LONG: Final = f"a part of its name is longer than {_MOST_IN_LABEL} characters"
_NOT_IN_NAME: Final = re.compile("[^a-z0-9_.-]")
# IDNA of 2003, which Python has, maps these to other letters, and that of 2008 to other names.
_AMBIGUOUS: Final = re.compile("[ß\u1e9eς]")
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class Address:
    """A host name or IP address, and a port. As text: `host:port`, with an IPv6 address in brackets."""

    host: str
    port: int = DEFAULT_PORT

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def short(self) -> str:
        """The text without the port if that is the usual one."""
        return str(self).removesuffix(f":{DEFAULT_PORT}")

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

    The result can be resolved and be looked for in a certificate: a name of ASCII letters (an
    international one in its xn-- form), or an IP address.
    """
    try:
        link = _LINK.match(text.strip(" \t\r\n"))
        if link:
            raise InvalidAddress(f"it is a link: write only the server in it, {link[1] or 'HOST:PORT'}")
        host, number = _split(text.strip(" \t\r\n"))
        if number is not None and not _PORT.fullmatch(number):
            raise InvalidAddress("its port is not a number from 1 to 65535")
        return Address(host, _existing(int(number) if number is not None else port))
    except InvalidAddress as error:
        raise InvalidAddress(f"{text!r} is not a server's address: {error}") from None


def _existing(port: int) -> int:
    if not 0 < port < 65536:
        raise InvalidAddress("its port is not a number from 1 to 65535")
    return port


def _split(text: str) -> tuple[str, str | None]:
    """The host, and the text of the port if there is one."""
    if text.count(":") > 1 and not text.startswith("["):
        return _ipv6(text, "an address with more than one colon has to be an IPv6 address"), None
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise InvalidAddress("write HOST, HOST:PORT or [IPv6]:PORT")
    if text.startswith("["):
        return _ipv6(found[1][1:-1], "the brackets are for an IPv6 address only"), found[2]
    return _name(found[1]), found[2]


def _ipv6(text: str, otherwise: str) -> str:
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        raise InvalidAddress(otherwise) from None
    if address.scope_id is not None:
        raise InvalidAddress(f"no certificate can name the zone %{address.scope_id}: leave it out")
    return str(address)


def _name(text: str) -> str:
    """A host name or IPv4 address, in lower case, without a final dot."""
    host = _ascii(text.lower()).removesuffix(".")
    if len(host) > _MOST_IN_NAME:
        raise InvalidAddress(f"a host name cannot be longer than {_MOST_IN_NAME} characters")
    for label in host.split("."):
        _check_label(label)
    if host.rpartition(".")[2].isdigit() and not (text.isascii() and _is_ipv4(host)):
        raise InvalidAddress("it looks like an IP address, but it is not one")
    return host


def _ascii(name: str) -> str:
    for char in name:
        if unicodedata.category(char) in _UNSEEN:
            raise InvalidAddress(f"{char!a} cannot be part of a host name")
    if name.isascii():
        return name
    if _AMBIGUOUS.search(name):
        raise InvalidAddress("not every program reads this name in the same way: write its xn-- form")
    # The codec takes these for dots, too; an empty label has a clearer error of ours.
    labels = re.split("[.\u3002\uff0e\uff61]", name)
    try:
        return ".".join(label.encode("idna").decode() if label else "" for label in labels)
    except UnicodeError as error:
        if "too long" in str(error):
            raise InvalidAddress(_TOO_LONG) from None
        raise InvalidAddress("it has letters that a host name cannot have: write its xn-- form") from None


def _check_label(label: str) -> None:
    wrong = _NOT_IN_NAME.search(label)
    if not label:
        raise InvalidAddress("a part of its name is empty")
    if wrong:
        raise InvalidAddress(f"{wrong[0]!a} cannot be part of a host name")
    if len(label) > _MOST_IN_LABEL:
        raise InvalidAddress(_TOO_LONG)
    if label.startswith("-") or label.endswith("-"):
        raise InvalidAddress("no part of a host name begins or ends with a hyphen")


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
