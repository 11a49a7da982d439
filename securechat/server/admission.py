"""Who may connect: bounds per source and for everybody who has not logged in yet.

Theory of operation. Only connections without a login count against their source, so a class behind one
address gets in: a login gives both the place and the connection of the window back. When half of the places
for connections without a login are taken, a newcomer throws a random one of them out, the more likely the
fuller it is, and always when it is full, or when all places together are taken. A flood from many sources so
throws itself out, while somebody who logs in within a second rarely meets the dice.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, ip_network
from threading import Lock
from typing import Final, Literal, get_args

from securechat.chat.networks import Networks
from securechat.server.limits import Limits

FORGIVEN: Final = 3
"""New connections that a login takes off its source's count: its own, and the two with which a client that
does not know the server yet looks at its certificate. A class behind one address must get in at once."""
LEAVING: Final = 16
"""Connections beyond the last place, while those that make room for them are being closed."""
MAX_SOURCES: Final = 65_536
"""Sources that are remembered at the same time."""
Limit = Literal["connections", "connections_per_source", "connections_window"]
LIMITS: Final[tuple[Limit, ...]] = get_args(Limit)

Address = IPv4Address | IPv6Address


class Refusal(Exception):
    """The newcomer is not let in. The text says why, for the log."""


class Source:
    """What is known of a network: /32 of IPv4, /64 of IPv6."""

    __slots__ = ("connected", "name", "since", "waiting")

    def __init__(self, name: str, since: float) -> None:
        self.name = name
        self.since = since
        """The beginning of the current window."""
        self.connected = 0
        """Connections of the window that have not logged in."""
        self.waiting = 0
        """Connections that are there and have not logged in."""


class Ticket:
    """One connection's admission. `evict` ends the connection when it has to make room; a login takes it
    away."""

    __slots__ = ("evict", "live", "place", "source", "window")

    def __init__(self, source: Source | None) -> None:
        self.source = source
        self.window = source.since if source is not None else 0.0
        self.place = -1
        self.live = True
        self.evict: Callable[[], None] | None = None


class Admission:
    """Shared by listeners, workers and the hub; a lock of its own guards it and is held for microseconds.

    `random` returns a number from 0 up to, but not including, 1. Networks that are `banned` get no place,
    whatever else applies to them; this host does. Every method may be called by any thread.
    """

    def __init__(self, limits: Limits, random: Callable[[], float], banned: Iterable[str] = ()) -> None:
        self.limits = limits
        self.total = 0
        self.refused = 0
        """Connections of proxies that were refused for where they come from."""
        self.refusals = dict.fromkeys((*LIMITS, "banned"), 0)
        """All that were refused, by the limit that was met, or since their network is banned."""
        self._random = random
        self._lock = Lock()
        self._sources: OrderedDict[str, Source] = OrderedDict()
        self._waiting: list[Ticket] = []
        self._banned = Networks(banned)

    @property
    def unauthenticated(self) -> int:
        """Connections that are there and have not logged in."""
        return len(self._waiting)

    def is_proxy(self, address: Address) -> bool:
        """Return whether this is a proxy that is trusted to say from where its connections come."""
        return any(address in network for network in self.limits.proxies)

    def ban(self, network: str, banned: bool) -> None:
        """Refuse newcomers of a network (in CIDR notation) from now on, or no more."""
        with self._lock:
            (self._banned.add if banned else self._banned.discard)(network)

    def admit(self, address: Address | None, now: float) -> tuple[Ticket, Callable[[], None] | None]:
        """Let a newcomer in; also return what ends the connection that has to make room, if any. Raises
        Refusal.

        No address is that of a proxy's connection, which counts for no source until it is identified.
        """
        with self._lock:
            full = self.total >= self.limits.max_connections
            if full and (not self._waiting or self.total >= self.limits.max_connections + LEAVING):
                raise self._refusal("connections", "all places are taken")
            source = self._source(address, now) if address is not None else None
            evict = self._draw(full)
            ticket = Ticket(source)
            self.total += 1
            if source is not None:
                source.waiting += 1
                source.connected += 1
            ticket.place = len(self._waiting)
            self._waiting.append(ticket)
            return ticket, evict

    def identify(self, ticket: Ticket, address: Address, now: float) -> None:
        """A proxy has said from where this connection comes, for which it counts now. Raises Refusal."""
        with self._lock:
            if ticket.place < 0:
                return  # it has to make room, and ends
            try:
                source = self._source(address, now)
            except Refusal:
                self.refused += 1
                raise
            if source is not None:
                ticket.source, ticket.window = source, source.since
                source.waiting += 1
                source.connected += 1

    def logged_in(self, ticket: Ticket) -> None:
        """The connection has an account: it does not count any more."""
        with self._lock:
            if ticket.place >= 0:
                self._settle(ticket)
                source = ticket.source
                if source is not None and source.since == ticket.window:
                    source.connected = max(0, source.connected - FORGIVEN)

    def leave(self, ticket: Ticket) -> None:
        """The connection is gone."""
        with self._lock:
            self._settle(ticket)
            if ticket.live:
                ticket.live = False
                self.total -= 1

    def _source(self, address: Address, now: float) -> Source | None:
        limits = self.limits
        if self._banned and not address.is_loopback:
            network = next(self._banned.holding(address), None)
            if network is not None:
                self.refusals["banned"] += 1
                raise Refusal(f"{network} is banned")
        if any(address in network for network in limits.exempt):
            return None
        name = source_of(address)
        source = self._sources.get(name)
        if source is None:
            self._make_room(now)
            source = self._sources[name] = Source(name, now)
        elif now - source.since >= limits.window:
            source.since = now
            source.connected = 0
            self._sources.move_to_end(name)
        if 0 < limits.connections_per_source <= source.waiting:
            raise self._refusal("connections_per_source", f"{source.waiting} of it wait for their login")
        if 0 < limits.connections_window <= source.connected:
            text = f"{source.connected} new ones of it within the window"
            raise self._refusal("connections_window", text)
        return source

    def _refusal(self, limit: Limit, text: str) -> Refusal:
        """Count a newcomer that is not let in, and return the reason."""
        self.refusals[limit] += 1
        return Refusal(f"{text} (limits.{limit})")

    def _make_room(self, now: float) -> None:
        """Forget a few sources whose window is over, the oldest first, and at the bound the oldest idle
        one."""
        for _ in range(2):
            oldest = next(iter(self._sources.values()), None)
            if oldest is None:
                return
            if now - oldest.since < self.limits.window and len(self._sources) < MAX_SOURCES:
                return
            del self._sources[oldest.name]
            if oldest.waiting:  # it is still needed: to the end of the line, with a window that has begun now
                oldest.since, oldest.connected = now, oldest.waiting
                self._sources[oldest.name] = oldest

    def _draw(self, full: bool) -> Callable[[], None] | None:
        count, most = len(self._waiting), self.limits.max_unauthenticated
        half = most // 2
        chance = 1.0 if full or count >= most else (count - half) / (most - half)
        if chance <= 0 or self._random() >= chance:
            return None
        first = int(self._random() * count)
        for step in range(count):
            victim = self._waiting[(first + step) % count]
            evict = victim.evict
            # Nothing can end yet a connection that another listener is about to hand over.
            if evict is not None:
                self._settle(victim)
                return evict
        return None

    def _settle(self, ticket: Ticket) -> None:
        if ticket.place < 0:
            return
        last = self._waiting.pop()
        if last is not ticket:
            self._waiting[ticket.place] = last
            last.place = ticket.place
        ticket.place = -1
        ticket.evict = None
        if ticket.source is not None:
            ticket.source.waiting -= 1


def source_of(address: Address) -> str:
    """The network that counts as one source."""
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))
