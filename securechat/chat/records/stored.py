"""What records carry and the store keeps: accounts, channels and their parts as the database has them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from securechat.chat.membership import Membership


class Invitation(NamedTuple):
    """`uses` are the accounts that can still be made with it, until `expires`; times in milliseconds."""

    uses: int
    expires: int
    created: int


class StoredSpending(NamedTuple):
    """What an account had spent of its budgets of a day at the time `at`, as in `records.AccountSpent`."""

    stored: int
    channels: float
    at: int


class Device(NamedTuple):
    """What may log in as `account`, by something of its own instead of the password.

    `kind` is token, or key for a certificate's key. Times are in milliseconds; it may until `expires`. `used`
    is when it last did, to the hour, 0 for never.
    """

    account: int
    name: str
    kind: str
    created: int
    expires: int
    used: int = 0


class Ban(NamedTuple):
    """What keeps somebody out of the whole server.

    `kind` is account, mask or network, and `target` an account's id, a mask or a network in CIDR notation.
    Times are in milliseconds; it is in force until `expires`, 0 is for ever. `setter` is who wanted it.
    """

    kind: str
    target: str
    reason: str
    setter: str
    at: int
    expires: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What there is one ban of."""
        return self.kind, self.target

    def holds(self, now: int) -> bool:
        """Return whether it is in force at a time."""
        return self.expires == 0 or now < self.expires


class Report(NamedTuple):
    """What a member, an account, has told the operators of, and what became of it.

    `subject` is what was named: a nick, a channel or a msgid, and `about` the account that it is about, if it
    is about one. Of a message `place` is where it was said (a channel, or "" for directly), `said_by` the
    nick and `text` what it said then. It is open while `closed`, a time, is 0.
    """

    id: int
    at: int
    reporter: int
    about: int | None
    subject: str
    place: str
    said_by: str
    text: str
    reason: str
    closed: int = 0
    closed_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A channel's topic: the text ("" is no topic), the nick that set it and when."""

    text: str
    setter: str
    at: int


class ListEntry(NamedTuple):
    """Who put a mask on a list (a nick), when and why, and when it goes by itself (0 is never)."""

    setter: str
    at: int
    reason: str = ""
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Authenticator:
    """An account's second factor (RFC 6238): the secret in base32, which its authenticator has as well.

    `step` is the last of the steps of 30 seconds since 1970 whose code was used, `recovery` are the hashes of
    the recovery codes that are left.
    """

    secret: str = field(repr=False)
    since: int
    step: int
    recovery: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredAccount:
    """One account row. `phc` is None when the account was removed and only its name is reserved.

    `seen` is as in `records.AccountSeen`, None for an account that has never had a plain session without a
    name; `positions` is the same for those with a name. `former` are the names that it had before, in
    the order of their folded forms. `password_due` is as in `records.PasswordDue`.
    """

    id: int
    name: str
    phc: str | None = field(repr=False)
    role: str
    disabled: bool
    created: int
    last_login: int | None
    sources: Mapping[str, int]
    seen: int | None = None
    positions: Mapping[str, int] = field(default_factory=dict)
    former: tuple[str, ...] = ()
    password_due: bool = False


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """One channel. `members` are by account id, `modes` arguments by letter ("" for a mode without one).

    `lists` holds by letter (b, e, I) the masks of a list, the oldest first. `retention_days` is None where
    the server's setting holds.
    """

    id: int
    name: str
    founder: int | None
    created: int
    topic: Topic
    members: Mapping[int, Membership]
    modes: Mapping[str, str]
    lists: Mapping[str, Mapping[str, ListEntry]]
    retention_days: int | None = None
