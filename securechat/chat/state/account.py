"""An account as the registry holds it."""

from securechat.chat.limits import REMEMBERED_SOURCES
from securechat.chat.records import StoredAccount
from securechat.irc.names import fold


class Account:
    """A person, proven by SASL. `phc` is None once removed: then only the name is reserved."""

    __slots__ = (
        "bot",
        "created",
        "disabled",
        "epoch",
        "folded",
        "id",
        "name",
        "phc",
        "plain",
        "role",
        "seen",
        "sources",
        "taken",
    )

    def __init__(self, stored: StoredAccount) -> None:
        self.id = stored.id
        self.name = stored.name
        self.folded = fold(stored.name)
        self.phc = stored.phc
        self.role = stored.role
        self.bot = stored.role == "bot"
        """True for an account whose role it is, and while a user of it has the mode B."""
        self.disabled = stored.disabled
        self.created = stored.created
        self.seen = stored.seen
        self.taken = 0
        """The newest id that a session which has ended can have taken."""
        self.sources = dict(stored.sources)
        self.plain = 0
        """How many of its sessions do not read history by themselves."""
        self.epoch = 0
        """Grows with every change that ends sessions.

        A password that was being checked meanwhile does not count.
        """

    @property
    def usable(self) -> bool:
        """True when a right password lets it in."""
        return self.phc is not None and not self.disabled

    def remove(self) -> None:
        self.phc = None
        self.sources = {}
        self.epoch += 1

    def restore(self, phc: str, sources: tuple[tuple[str, int], ...]) -> None:
        self.phc = phc
        self.sources = dict(sources)

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
