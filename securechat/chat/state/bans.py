"""Who is kept out of the whole server: by account, mask and network."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Final

from securechat.chat.networks import Networks
from securechat.chat.records import Ban
from securechat.irc.masks import Mask
from securechat.irc.names import fold

ACCOUNT: Final = "account"
MASK: Final = "mask"
NETWORK: Final = "network"
REMEMBERED: Final = 4096
"""Sources of which it is known which masks stand for them."""


class Bans:
    """The bans by kind and target; each says itself whether it is in force. Loopback is never kept out."""

    __slots__ = ("_by_key", "_masks", "_matching", "_networks", "lapsed", "settling", "temporary")

    def __init__(self, stored: Iterable[Ban]) -> None:
        self._by_key: dict[tuple[str, str], Ban] = {}
        self._masks: dict[str, Mask] = {}
        self._matching: dict[str, tuple[tuple[str, str], ...]] = {}
        """Which masks stand for a source: who has many names would have them all looked at each time."""
        self._networks = Networks()
        self.temporary: dict[tuple[str, str], Ban] = {}
        """Those that end by themselves."""
        self.lapsed: dict[tuple[str, str], float] = {}
        """Of those that have ended, the monotonic time when that was seen."""
        self.settling = False
        """True while it is looked, in several turns, which of them have ended."""
        for ban in stored:
            self.put(ban)

    def __len__(self) -> int:
        return len(self._by_key)

    def all(self) -> Iterator[Ban]:
        """Return the bans, the oldest first."""
        return iter(self._by_key.values())

    def get(self, kind: str, target: str) -> Ban | None:
        """Return the ban of a target."""
        return self._by_key.get((kind, target))

    @property
    def masks(self) -> int:
        """How many masks there are: each is looked at for everybody who logs in."""
        return len(self._masks)

    def put(self, ban: Ban) -> None:
        """Keep a target out; a ban of the same one that there was is replaced."""
        self.remove(ban)
        self._by_key[ban.key] = ban
        if ban.expires:
            self.temporary[ban.key] = ban
        if ban.kind == MASK:
            self._matching.clear()
            self._masks[ban.target] = Mask(ban.target)
        elif ban.kind == NETWORK:
            self._networks.add(ban.target)

    def remove(self, ban: Ban) -> None:
        """Let a target in again."""
        self._by_key.pop(ban.key, None)
        self.temporary.pop(ban.key, None)
        self.lapsed.pop(ban.key, None)
        if ban.kind == MASK:
            self._matching.clear()
            self._masks.pop(ban.target, None)
        elif ban.kind == NETWORK:
            self._networks.discard(ban.target)

    def of_account(self, account: int, now: int) -> Iterator[Ban]:
        """Return the ban of an account, if there is one at the time `now`."""
        return self._in_force([(ACCOUNT, str(account))], now)

    def of_address(self, address: str, now: int) -> Iterator[Ban]:
        """Return the bans of an address."""
        if not self._networks:
            return iter(())
        where = ip_address(address)
        found = () if where.is_loopback else self._networks.holding(where)
        return self._in_force([(NETWORK, network) for network in found], now)

    def of_source(self, nick: str, account: str, server: str, now: int) -> Iterator[Ban]:
        """Return the bans by mask of somebody who is called so."""
        if not self._masks:
            return iter(())
        source = f"{fold(nick)}!{fold(account)}@{server.lower()}"
        matching = self._matching.get(source)
        if matching is None:
            matching = tuple((MASK, text) for text, mask in self._masks.items() if mask.matches(source))
            if len(self._matching) >= REMEMBERED:
                self._matching.clear()
            self._matching[source] = matching
        return self._in_force(matching, now)

    def networks(self, now: int) -> list[str]:
        """Return the networks that are kept out at the time `now`."""
        return [ban.target for ban in self.all() if ban.kind == NETWORK and ban.holds(now)]

    def _in_force(self, keys: Iterable[tuple[str, str]], now: int) -> Iterator[Ban]:
        bans = (self._by_key.get(key) for key in keys)
        return (ban for ban in bans if ban is not None and ban.holds(now))
