"""Guessing passwords: how many wrong ones an account hears, and from whom.

Theory of operation. Every attempt takes a token from each budget that it falls under before its password is
even queued, and a right password gives them back. So what counts are wrong passwords and those that are
still being checked, and many connections that guess at once get no more answers than one that guesses in a
row. Where the tokens are gone, an attempt is refused unheard. Where they are only held by attempts that are
being checked, it waits for these, so that a person's twenty devices come back at once.

The budgets of an account are three, so that a stranger cannot use up its owner's:

    home        the very addresses that it logged in from since the server started
    known       the networks that it logged in from within 30 days
    strangers   everybody else

Together they hear at most 100 wrong passwords in any hour. Within the latter two each source has a budget
of its own, so that one guesser leaves some to the others; and strangers have one for all accounts, against
a password that is tried on many. A refusal says the same and costs the same whichever budget is empty, and
names that do not exist have the same budgets.

A source is the address's network, /32 or /64, because a host commands a whole IPv6 /64. Known networks are
/24 and /48: people's addresses move within them.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable, Iterable, Mapping
from enum import Enum, auto
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from securechat.chat.state.session import Session

K = TypeVar("K")
V = TypeVar("V")

HOMES: Final = 4
"""Addresses of an account that are remembered as its home."""
MOST_HOMES: Final = 65_536
"""Accounts whose homes are remembered."""
MOST_FAMILIAR: Final = 65_536
"""Networks that are remembered for having had a login."""
KNOWN_FOR_MS: Final = 30 * 24 * 3600 * 1000
"""Milliseconds for which the network of a login stays known."""
HOUR: Final = 3600.0


class Rate(NamedTuple):
    """A rested budget has `burst` tokens; `hourly` more come back in an hour."""

    burst: int
    hourly: int


HOME: Final = Rate(6, 14)
KNOWN: Final = Rate(12, 28)
STRANGERS: Final = Rate(12, 28)
PAIR: Final = Rate(6, 12)
"""Of a source, on one account."""
SOURCE: Final = Rate(20, 60)
"""Of a source of strangers, on all accounts."""
POWERS: Final = Rate(10, 60)
"""Of an account, for hashes that only somebody inside can ask for: right passwords count as well."""


def source_of(address: str) -> str:
    """Return the network that an address's failures count for: /32 of IPv4, /64 of IPv6."""
    return _network(address, 32, 64)


def known_network(address: str) -> str:
    """Return the network that a login from this address makes known: /24 of IPv4, /48 of IPv6."""
    return _network(address, 24, 48)


@lru_cache(maxsize=1024)  # people come again, and many from one network
def _network(address: str, v4: int, v6: int) -> str:
    ip = ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped if isinstance(mapped, IPv4Address) else ip
    return str(ip_network((ip, v4 if ip.version == 4 else v6), strict=False))


def is_known(sources: Mapping[str, int], address: str, wall: int) -> bool:
    """Return whether the account logged in from this address's network within the last 30 days."""
    at = sources.get(known_network(address))
    return at is not None and wall - at < KNOWN_FOR_MS


class Budget:
    """Tokens of one key: `held` are with attempts that are being checked, which `waiting` wait for."""

    __slots__ = ("_at", "_rate", "_tokens", "held", "waiting")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._at = now
        self.held = 0
        self.waiting: deque[Session] = deque()

    def left(self, now: float) -> float:
        """Return the tokens that are there, at the monotonic time `now`."""
        gained = (now - self._at) * self._rate.hourly / HOUR
        self._tokens, self._at = min(self._rate.burst - self.held, self._tokens + gained), now
        return self._tokens

    def take(self) -> None:
        """Let an attempt hold a token."""
        self._tokens -= 1
        self.held += 1

    def settle(self, *, give_back: bool) -> list[Session]:
        """End an attempt; return the sessions that may try now."""
        self.held -= 1
        self._tokens += give_back
        free = len(self.waiting) if not self.held else int(give_back)
        return [self.waiting.popleft() for _ in range(min(free, len(self.waiting)))]

    def is_full(self, now: float) -> bool:
        """Return whether nothing is lost when it is forgotten."""
        return not self.held and self.left(now) >= self._rate.burst


class Budgets:
    """The budgets of one kind, by their keys; the one that was used longest ago is forgotten first."""

    __slots__ = ("_known", "_rate", "_size")

    def __init__(self, rate: Rate, size: int = 131_072) -> None:
        self._rate = rate
        self._size = size
        self._known: OrderedDict[Hashable, Budget] = OrderedDict()

    def of(self, key: Hashable, now: float) -> Budget:
        """Return the budget of a key."""
        budget = self._known.get(key)
        if budget is None:
            self._forget(now)
            budget = self._known[key] = Budget(self._rate, now)
        self._known.move_to_end(key)
        return budget

    def _forget(self, now: float) -> None:
        # Two for each that comes, so that those which are full again do not stay.
        for key, oldest in list(islice(self._known.items(), 2)):
            if oldest.is_full(now) or (len(self._known) >= self._size and not oldest.held):
                del self._known[key]


class Verdict(Enum):
    """What becomes of an attempt."""

    HEARD = auto()
    """The password is to be checked, and then the attempt ended."""
    LATER = auto()
    """Others that are being checked hold the tokens: the session is among those that wait for them."""
    REFUSED = auto()
    """There were too many wrong passwords."""


class Attempt(NamedTuple):
    """A password that is being checked, and the budgets whose tokens it holds."""

    name: str
    source: str
    budgets: tuple[Budget, ...]


class Throttle:
    """The budgets of all logins, and the networks that people log in from."""

    __slots__ = (
        "_attempts", "_familiar", "_home", "_homes", "_known", "_pairs", "_powers", "_sources", "_strangers",
    )  # fmt: skip

    def __init__(self, sources: Iterable[Mapping[str, int]] = ()) -> None:
        """`sources` are the networks of each account's logins."""
        self._home, self._known, self._strangers = Budgets(HOME), Budgets(KNOWN), Budgets(STRANGERS)
        self._pairs, self._sources, self._powers = Budgets(PAIR), Budgets(SOURCE), Budgets(POWERS)
        self._attempts: dict[Session, Attempt] = {}
        self._homes: dict[str, dict[str, None]] = {}
        self._familiar: dict[str, int] = {}
        for networks in sources:
            for network, at in networks.items():
                self._familiar[network] = max(at, self._familiar.get(network, at))

    def is_familiar(self, address: str, wall: int) -> bool:
        """Return whether anybody logged in from this address's network within the last 30 days.

        It says nothing of the account that is asked for, so it may decide about whose turn it is.
        """
        return is_known(self._familiar, address, wall)

    def attempt(self, session: Session, name: str, known: bool, now: float) -> Verdict:
        """Begin an attempt of a session on `name` (folded); one that is heard has to be ended."""
        source = source_of(session.address)
        budgets = self._budgets(name, source, known, now)
        short = [budget for budget in budgets if budget.left(now) < 1]
        if any(not budget.held for budget in short):
            return Verdict.REFUSED
        if short:
            short[0].waiting.append(session)
            return Verdict.LATER
        for budget in budgets:
            budget.take()
        self._attempts[session] = Attempt(name, source, budgets)
        return Verdict.HEARD

    def is_open(self, address: str, name: str, now: float) -> bool:
        """Return whether an attempt of a stranger on `name` could be heard now."""
        budgets = self._budgets(name, source_of(address), False, now)
        return all(budget.left(now) >= 1 for budget in budgets)

    def failed(self, session: Session) -> list[Session]:
        """The password was wrong; return the sessions that waited for this and may try now."""
        return self._end(session, give_back=False)

    def withdrawn(self, session: Session) -> list[Session]:
        """Nobody learns what the password was; return the sessions that waited and may try now."""
        return self._end(session, give_back=True) if session in self._attempts else []

    def succeeded(self, session: Session, wall: int) -> list[Session]:
        """The password was right; return the sessions that waited for this and may try now."""
        attempt = self._attempts[session]
        _renew(self._familiar, known_network(session.address), wall, MOST_FAMILIAR)
        homes = self._homes.get(attempt.name, {})
        _renew(homes, attempt.source, None, HOMES)
        _renew(self._homes, attempt.name, homes, MOST_HOMES)
        return self._end(session, give_back=True)

    def may_use_powers(self, account: int, now: float) -> bool:
        """Take a token for a hash that an account asks for from inside; False when it has none."""
        budget = self._powers.of(account, now)
        if budget.left(now) < 1:
            return False
        budget.take()
        budget.settle(give_back=False)
        return True

    def _budgets(self, name: str, source: str, known: bool, now: float) -> tuple[Budget, ...]:
        if source in self._homes.get(name, ()):
            return (self._home.of(name, now),)
        pair = self._pairs.of((name, source), now)
        if known:
            return self._known.of(name, now), pair
        return self._strangers.of(name, now), pair, self._sources.of(source, now)

    def _end(self, session: Session, *, give_back: bool) -> list[Session]:
        budgets = self._attempts.pop(session).budgets
        woken = [one for budget in budgets for one in budget.settle(give_back=give_back)]
        return list(dict.fromkeys(woken))


def _renew(remembered: dict[K, V], key: K, value: V, most: int) -> None:
    """Remember something as the newest of at most so many."""
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > most:
        del remembered[next(iter(remembered))]
