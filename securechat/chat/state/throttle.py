"""Guessing passwords: delays that grow with every failed attempt, per account and per source.

Theory of operation. A failed login adds a failure to two counters: the account's and the source's. From a
threshold on, each further failure doubles the time until the next attempt is heard at all; an attempt during
the delay is refused at once, costs no hash and counts for nothing, and it is the same for names that do not
exist, so the delay tells nothing.

Nobody can lock an owner out: networks that the account recently logged in from have a counter of their own,
which the failures of strangers do not touch. With the constants below an account sees at most some 65 guesses
an hour from all unknown networks of the world together.

A source is the address's network, /32 or /64, because a host commands a whole IPv6 /64. Known networks are
/24 and /48: people's addresses move within them.
"""

from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Final

ACCOUNT_FREE: Final = 3
"""Failures on an account that cost no delay."""
SOURCE_FREE: Final = 10
"""Failures from a source that cost no delay: a class behind one address mistypes more than a person."""
LONGEST: Final = 64.0
"""Seconds: the longest delay."""
FORGET: Final = 3600.0
"""Seconds without a failure after which a counter starts anew."""
MOST_FAMILIAR: Final = 65_536
"""Networks that are remembered for having had a login."""
KNOWN_FOR_MS: Final = 30 * 24 * 3600 * 1000
"""Milliseconds for which the network of a login stays known."""


def source_of(address: str) -> str:
    """Return the network that an address's failures count for: /32 of IPv4, /64 of IPv6."""
    return _network(address, 32, 64)


def known_network(address: str) -> str:
    """Return the network that a login from this address makes known: /24 of IPv4, /48 of IPv6."""
    return _network(address, 24, 48)


def _network(address: str, v4: int, v6: int) -> str:
    ip = ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped if isinstance(mapped, IPv4Address) else ip
    return str(ip_network((ip, v4 if ip.version == 4 else v6), strict=False))


def is_known(sources: Mapping[str, int], address: str, wall: int) -> bool:
    """Return whether the account logged in from this address's network within the last 30 days."""
    at = sources.get(known_network(address))
    return at is not None and wall - at < KNOWN_FOR_MS


class Delays:
    """Failure counters for one kind of key; the least recently touched ones are forgotten first."""

    __slots__ = ("_entries", "_free", "_size")

    def __init__(self, free: int, size: int = 65_536) -> None:
        self._free = free
        self._size = size
        self._entries: OrderedDict[Hashable, tuple[int, float]] = OrderedDict()

    def wait(self, key: Hashable, now: float) -> float:
        """Return for how many seconds an attempt is not heard; 0 is now."""
        failures, at = self._entries.get(key, (0, now))
        if failures <= self._free or now - at > FORGET:
            return 0.0
        delay = min(LONGEST, 2.0 ** min(failures - self._free - 1, 16))
        return max(0.0, at + delay - now)

    def failed(self, key: Hashable, now: float) -> None:
        """Count a failure."""
        failures, at = self._entries.pop(key, (0, now))
        self._entries[key] = (1 if now - at > FORGET else failures + 1, now)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def succeeded(self, key: Hashable) -> None:
        """Start anew: the owner got in."""
        self._entries.pop(key, None)


class Throttle:
    """The delays of all logins, and the networks that people log in from."""

    __slots__ = ("_accounts", "_familiar", "_sources")

    def __init__(self, sources: Iterable[Mapping[str, int]] = ()) -> None:
        """`sources` are the networks of each account's logins."""
        self._accounts = Delays(ACCOUNT_FREE)
        self._sources = Delays(SOURCE_FREE)
        self._familiar: dict[str, int] = {}
        for networks in sources:
            for network, at in networks.items():
                self._familiar[network] = max(at, self._familiar.get(network, at))

    def is_familiar(self, address: str, wall: int) -> bool:
        """Return whether anybody logged in from this address's network within the last 30 days.

        It says nothing of the account that is asked for, so it may decide about whose turn it is.
        """
        return is_known(self._familiar, address, wall)

    def wait(self, name: str, address: str, known: bool, now: float) -> float:
        """Return the seconds for which a login as `name` (folded) from `address` is refused unheard."""
        by_source = 0.0 if known else self._sources.wait(source_of(address), now)
        return max(by_source, self._accounts.wait(self._key(name, address, known), now))

    def failed(self, name: str, address: str, known: bool, now: float) -> None:
        """Count a failed login."""
        self._accounts.failed(self._key(name, address, known), now)
        self._sources.failed(source_of(address), now)

    def succeeded(self, name: str, address: str, known: bool, wall: int) -> None:
        """Forget the failures of this owner, and remember the network.

        The failures of the source stay, or a guesser's own account would clear them.
        """
        network = known_network(address)
        self._familiar.pop(network, None)
        self._familiar[network] = wall
        if len(self._familiar) > MOST_FAMILIAR:
            del self._familiar[next(iter(self._familiar))]
        self._accounts.succeeded(self._key(name, address, known))

    @staticmethod
    def _key(name: str, address: str, known: bool) -> Hashable:
        return (name, known_network(address)) if known else name
