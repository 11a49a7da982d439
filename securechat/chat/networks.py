"""Networks of addresses, found by an address that is in them.

For each length of a prefix there is a table of its networks, so an address costs one look for each length
that is there, however many networks there are.
"""

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

BITS: Final = {4: 32, 6: 128}
"""The length of an address, by the version of IP."""

Network = IPv4Network | IPv6Network


class Networks:
    """Networks in CIDR notation. Whoever shares one between threads guards it."""

    __slots__ = ("_lengths",)

    def __init__(self, networks: Iterable[str] = ()) -> None:
        self._lengths: dict[tuple[int, int], dict[int, str]] = {}
        for network in networks:
            self.add(network)

    def __bool__(self) -> bool:
        return bool(self._lengths)

    def add(self, text: str) -> None:
        """Take one more, which may be there already."""
        network = ip_network(text)
        of_length = self._lengths.setdefault((network.version, network.prefixlen), {})
        of_length[_prefix(int(network.network_address), network.version, network.prefixlen)] = text

    def discard(self, text: str) -> None:
        """Forget one, if it is there."""
        network = ip_network(text)
        length = (network.version, network.prefixlen)
        of_length = self._lengths.get(length, {})
        of_length.pop(_prefix(int(network.network_address), *length), None)
        if not of_length:
            self._lengths.pop(length, None)

    def holding(self, address: IPv4Address | IPv6Address) -> Iterator[str]:
        """Return the networks that an address is in."""
        number = int(address)
        for (version, length), networks in self._lengths.items():
            if version == address.version:
                found = networks.get(_prefix(number, version, length))
                if found is not None:
                    yield found


def _prefix(number: int, version: int, length: int) -> int:
    return number >> (BITS[version] - length)


def short(network: Network) -> str:
    """Write a network as people do: a single address without its length."""
    return single(str(network))


def single(text: str) -> str:
    """Write a network in CIDR notation as people do, as `short` does."""
    return text.removesuffix(f"/{BITS[6 if ':' in text else 4]}")
