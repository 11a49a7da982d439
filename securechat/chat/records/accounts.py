"""Facts about accounts."""

from dataclasses import dataclass, field
from typing import Final, Literal

ONLINE: Final = -1
NOBODY: Final = "nobody"
"""The role of the account, without credentials, whose messages are those that have lost their author."""
ROLES: Final = frozenset({"member", "admin", "bot"})
"""The roles of all others."""


@dataclass(frozen=True, slots=True)
class AccountAdded:
    """An account was made. `name` is as displayed; `role` is member, admin or bot."""

    account: int
    name: str
    phc: str = field(repr=False)
    role: str
    at: int


Fate = Literal["keep", "anonymise", "delete"]
"""What becomes of the messages of an account that is removed."""


@dataclass(frozen=True, slots=True)
class AccountRemoved:
    """The credentials are gone, with where the account logged in from and what waits for it.

    The name stays reserved. `sources`, `waiting` and `positions` (see `AccountSeen`) are what there was.
    `messages` says what becomes of what the account said: it stays under the id, or the store makes it
    nobody's or deletes it, step by step.
    """

    account: int
    phc: str = field(repr=False)
    at: int
    sources: tuple[tuple[str, int], ...] = ()
    waiting: int = 0
    messages: Fate = "keep"
    positions: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """A new hash. `rehash` is true when the password is the same and only the parameters changed."""

    account: int
    phc: str = field(repr=False)
    previous: str = field(repr=False)
    at: int
    rehash: bool = False


@dataclass(frozen=True, slots=True)
class PasswordDue:
    """The account has to set a new password before it can do anything else (`due`), or has to no more."""

    account: int
    due: bool
    at: int


@dataclass(frozen=True, slots=True)
class AccountDisabled:
    """The account may not log in until it is enabled again."""

    account: int
    at: int


@dataclass(frozen=True, slots=True)
class AccountEnabled:
    """The account may log in again."""

    account: int
    at: int


@dataclass(frozen=True, slots=True)
class AccountRenamed:
    """The account has another name.

    The one before stays the account's, and nobody else's. `former` are those that it had before the change:
    one of them may be the new one.
    """

    account: int
    name: str
    previous: str
    at: int
    former: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleSet:
    """The account has another role: member, admin or bot."""

    account: int
    role: str
    previous: str
    at: int


@dataclass(frozen=True, slots=True)
class LoginRemembered:
    """The account logged in from `source`, a network (/24 or /48)."""

    account: int
    source: str
    at: int
    previous: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """The account's plain sessions, which do not read history, were sent everything up to the id `seen`.

    ONLINE while there is one. This is known for each name that sessions have, "" for those without one;
    `forgotten` is a name of which it is known no more, and what was, since there are too many.
    """

    account: int
    seen: int
    previous: int | None
    name: str = ""
    forgotten: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class AccountSpent:
    """What the account has spent of its budgets of a day, at the time `at`: bytes stored, channels founded.

    The registry knows it already, and better: this is for the next start.
    """

    account: int
    stored: int
    channels: float
    at: int


AccountRecord = (
    AccountAdded
    | AccountRemoved
    | AccountRenamed
    | PasswordDue
    | PasswordSet
    | AccountDisabled
    | AccountEnabled
    | AccountSeen
    | AccountSpent
    | LoginRemembered
    | RoleSet
)
