"""The header with which a proxy says whose connection it hands on: the PROXY protocol, version 2.

16 bytes come first: a signature, version and command, address family and transport, and the length of what
follows. That is the address of the peer and of the proxy, and more that is skipped (TLV). What comes next
belongs to TLS, so a reader never asks for a byte beyond the header.
https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.2
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
FIXED: Final = 16
"""Bytes up to the length, which is the last two of them."""
LONGEST: Final = 536
"""Bytes of a whole header: what every network carries in one piece. The longest address takes 232."""

VERSION: Final = 2
LOCAL, PROXY = 0, 1
TCP4, TCP6 = 0x11, 0x21
ADDRESS_BYTES: Final = {TCP4: 4, TCP6: 16}
PORTS: Final = 4
"""Bytes of the two ports that follow the two addresses."""


class BadHeader(Exception):
    """What came is no header that can be used. The text says why, for the log."""


class Header:
    """A header while it comes: `feed` it what was read, at most `wanted` bytes, until that is 0."""

    __slots__ = ("_data", "address", "wanted")

    def __init__(self) -> None:
        self._data = b""
        self.wanted = FIXED
        """Bytes that are missing, as far as is known; 0 at the end."""
        self.address: IPv4Address | IPv6Address | None = None
        """At the end the peer's; None when the proxy comes for itself (LOCAL), to see whether we are well."""

    @property
    def begun(self) -> bool:
        """Whether any of it has come."""
        return bool(self._data)

    def feed(self, data: bytes) -> None:
        """Take the next bytes. Raises BadHeader."""
        known = len(self._data)
        self._data += data
        if not SIGNATURE.startswith(self._data[: len(SIGNATURE)]):
            raise BadHeader(_instead(self._data))
        self.wanted -= len(data)
        if known < FIXED <= len(self._data):
            self.wanted = self._length()
        if not self.wanted:
            self.address = self._address()

    def _length(self) -> int:
        version, command = divmod(self._data[12], 16)
        if version != VERSION or command not in (LOCAL, PROXY):
            raise BadHeader(f"version {version}, command {command} of the PROXY header is unknown")
        length = int.from_bytes(self._data[14:FIXED])
        if length > LONGEST - FIXED:
            raise BadHeader(f"its PROXY header is longer than {LONGEST} bytes")
        return length

    def _address(self) -> IPv4Address | IPv6Address | None:
        # "the receiver must accept this connection as valid and must use the real connection endpoints and
        # discard the protocol block including the family which is ignored"
        if self._data[12] % 16 == LOCAL:
            return None
        family, content = self._data[13], self._data[FIXED:]
        size = ADDRESS_BYTES.get(family)
        if size is None:
            # "The receiver is free to accept the connection anyway and use the real endpoint addresses or to
            # reject it": all whose address the proxy does not say would be one source, and seem to be it.
            raise BadHeader(f"its PROXY header names no address of TCP (family {family:#04x})")
        if len(content) < 2 * size + PORTS:
            raise BadHeader("its PROXY header is too short for the addresses")
        address = ip_address(content[:size])
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return mapped or address


def _instead(data: bytes) -> str:
    if data.startswith(b"PROXY"):
        return "it sent a PROXY header of version 1: have the proxy send version 2 (haproxy: send-proxy-v2)"
    return "it sent no PROXY header, and is in server.proxies"
