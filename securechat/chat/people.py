"""What an administrator asks of the chat for the people in it: `requests` has the others, and the answers."""

from dataclasses import dataclass


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
