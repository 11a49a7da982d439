"""What an administrator asks of the chat for the people in it: `requests` has the others, and the answers."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class RenameAccount:
    """Give an account another name. Everything stays with it; the old name stays reserved for it."""

    name: str
    new: str


@dataclass(frozen=True, slots=True)
class SetRole:
    """Give an account another role: member, admin or bot.

    Sessions that have an operator's powers by the account lose them at once when it is no administrator any
    more. The last administrator stays one unless `force` says that this is meant.
    """

    name: str
    role: str
    force: bool = False


@dataclass(frozen=True, slots=True)
class RequirePassword:
    """End the account's sessions, and let its next login do nothing but set a new password."""

    name: str


@dataclass(frozen=True, slots=True)
class EndSessionsOf:
    """End all sessions of an account, or ("") of everybody.

    `address` is an address or network from where they come, "" is anywhere. One of the two has to be named.
    """

    name: str = ""
    address: str = ""


ACCOUNTS_AT_ONCE: Final = 50
"""Accounts that one request makes, and names that one looks at: the chat waits meanwhile."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """One of several accounts that are made; as in `requests.AddAccount`."""

    name: str
    phc: str = field(repr=False)
    role: str
    must_change: bool


@dataclass(frozen=True, slots=True)
class AddAccounts:
    """Make several accounts, or none of them; `accounts` is what `together` makes of them."""

    accounts: str = field(repr=False)

    @classmethod
    def together(cls, accounts: Iterable[NewAccount]) -> "AddAccounts":
        """Return the request for these accounts, at most ACCOUNTS_AT_ONCE."""
        return cls(json.dumps([[one.name, one.phc, one.role, one.must_change] for one in accounts]))

    def read(self) -> Sequence[NewAccount]:
        """Return the accounts. Raises ValueError."""
        try:
            rows = json.loads(self.accounts)
            return [NewAccount(str(name), str(phc), str(role), due is True) for name, phc, role, due in rows]
        except (TypeError, RecursionError) as error:
            raise ValueError("these are no accounts") from error

    @property
    def name(self) -> str:
        """What it is about, for the audit log: each account has an entry of its own."""
        return ""


@dataclass(frozen=True, slots=True)
class CheckNames:
    """Say which of these names (with blanks between) no new account can have, and why."""

    names: str
