"""An account as the registry holds it."""

from collections.abc import Iterable

from securechat.chat.jobs import AuthenticatorMade
from securechat.chat.limits import REMEMBERED_SOURCES
from securechat.chat.records import ONLINE, StoredAccount
from securechat.chat.state.spending import Spent
from securechat.irc.names import fold


class Position:
    """How far the account's plain sessions of one name were sent what was said.

    `seen` is as in `records.AccountSeen`, None when there was none yet; `taken` the newest id that a session
    which has ended can have taken; `plain` how many there are.
    """

    __slots__ = ("plain", "seen", "taken")

    def __init__(self, seen: int | None) -> None:
        self.seen = seen
        self.taken = 0
        self.plain = 0


class Missed:
    """What a plain session missed when it came in: what was said after the id `after`, None for nothing.

    `position` is that of its name, `replayed` are the channels of which it was sent what it missed. `playing`
    is true while it is being sent that; `played` is the monotonic time when it was, infinite if that failed.
    """

    __slots__ = ("after", "played", "playing", "position", "replayed")

    def __init__(self, position: Position, after: int | None) -> None:
        self.position = position
        self.after = after
        self.replayed: frozenset[int] = frozenset()
        self.playing, self.played = False, 0.0


class Account:
    """A person, proven by SASL. `phc` is None once removed: then only the name is reserved."""

    __slots__ = (
        "bot",
        "created",
        "disabled",
        "epoch",
        "folded",
        "former",
        "id",
        "name",
        "password_due",
        "phc",
        "positions",
        "proposed",
        "role",
        "sources",
        "spent",
    )

    def __init__(self, stored: StoredAccount) -> None:
        self.id = stored.id
        self.name = stored.name
        self.folded = fold(stored.name)
        self.former = stored.former
        """Names that it had before, in order: they are still its own, and nobody else's."""
        self.phc = stored.phc
        self.password_due = stored.password_due
        """True while a login by password can do nothing but set a new one."""
        self.role = stored.role
        self.bot = stored.role == "bot"
        """True for an account whose role it is, and while a user of it has the mode B."""
        self.disabled = stored.disabled
        self.created = stored.created
        self.positions = {name: Position(seen) for name, seen in stored.positions.items()}
        """By the names of sessions, "" for those without one."""
        if stored.seen is not None:
            self.positions[""] = Position(stored.seen)
        self.sources = dict(stored.sources)
        self.spent = Spent()
        self.proposed: AuthenticatorMade | None = None
        """A second factor that counts when its first code has come."""
        self.epoch = 0
        """Grows with every change that ends sessions.

        A password that was being checked meanwhile does not count.
        """

    @property
    def usable(self) -> bool:
        """True when a right password lets it in."""
        return self.phc is not None and not self.disabled

    @property
    def last_login(self) -> int | None:
        """When it logged in last, in milliseconds since 1970: noted once a day, and when something waited."""
        return max(self.sources.values(), default=None)

    def seen(self, name: str) -> int | None:
        """Return up to which id the sessions of a name were sent what was said; see `Position`."""
        position = self.positions.get(name)
        return position.seen if position is not None else None

    def known_positions(self) -> tuple[tuple[str, int], ...]:
        """Return the names of sessions, and up to which id each was sent what was said."""
        known = ((name, position.seen) for name, position in self.positions.items() if name)
        return tuple((name, seen) for name, seen in known if seen is not None)

    def move(self, name: str, seen: int | None) -> None:
        """Note up to which id the sessions of a name were sent what was said; None is that nobody knows."""
        position = self.positions.setdefault(name, Position(seen))
        position.seen = seen
        if seen is None and not position.plain:
            del self.positions[name]

    def cut_off(self, last: int) -> list[str]:
        """Return the names whose sessions ended with the server, and let them have seen what there was."""
        names = [name for name, position in self.positions.items() if position.seen == ONLINE]
        for name in names:
            self.positions[name].seen = last
        return names

    def rename(self, name: str, former: tuple[str, ...]) -> None:
        self.name, self.folded, self.former = name, fold(name), former

    def remove(self) -> None:
        self.phc = None
        self.sources = {}
        self.positions = {name: position for name, position in self.positions.items() if not name}
        self.epoch += 1

    def restore(
        self, phc: str, sources: tuple[tuple[str, int], ...], positions: tuple[tuple[str, int], ...]
    ) -> None:
        self.phc = phc
        self.sources = dict(sources)
        for name, seen in positions:
            self.move(name, seen)

    def set_password(self, phc: str, *, rehash: bool) -> None:
        self.phc = phc
        if not rehash:
            self.epoch += 1

    def disable(self) -> None:
        self.disabled = True
        self.epoch += 1

    def enable(self) -> None:
        self.disabled = False

    def remember_source(self, source: str, at: int) -> None:
        """Keep `source` among the last few networks that this account logged in from."""
        self.sources.pop(source, None)
        self.sources[source] = at
        while len(self.sources) > REMEMBERED_SOURCES:
            del self.sources[next(iter(self.sources))]


def sorted_by_name(accounts: Iterable[Account]) -> list[Account]:
    """Return the accounts in the order of their folded names."""
    return sorted(accounts, key=lambda account: account.folded)
