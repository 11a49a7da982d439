"""What the way to a login asks, and what it has done: see `wizard`."""

from abc import abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

from securechat.client.account.login import Login
from securechat.client.account.profiles import Profile
from securechat.client.errors import ClientError
from securechat.client.network.trust import Trust

NOT_ITS_PIN: Final = "this is not the beginning of its pin: nothing was sent to it"
DIFFER: Final = "the two passwords differ"
_PREFIX: Final = "sha256:"
SHOWN_OF_PIN: Final = 8
"""Characters of a pin that a person types to say that it is the right one."""


class Step(Enum):
    """What is asked."""

    SERVER = "a server's address, or an invitation's link"
    PIN = "the beginning of the server's pin"
    WAY = "whether there is an account, or an invitation's code"
    CODE = "the code"
    NAME = "the account's name"
    NEW_NAME = "the name that one wants"
    PASSWORD = "the password"
    NEW_PASSWORD = "a password to set"
    SAME_PASSWORD = "the same once more"
    RETRY = "whether to try again"
    DEVICE = "whether this computer is to log in without the password"


SECRET: Final = frozenset({Step.PASSWORD, Step.NEW_PASSWORD, Step.SAME_PASSWORD})
CHOICES: Final = {Step.WAY: ("account", "code"), Step.DEVICE: ("yes", "no")}
"""The answers of the steps that have not any answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `problem` is why it is asked again; `offer` is what an empty answer means."""

    step: Step
    problem: str = ""
    offer: str = ""


class UnknownIssuer(ClientError):
    """Only a person can know whether the server with this pin is the right one. Nothing was sent to it."""

    def __init__(self, pin: str) -> None:
        super().__init__("the certificate comes from an unknown authority")
        self.pin = pin


def begins(pin: str, typed: str) -> bool:
    """Whether what a person typed is the beginning of a pin, and enough of it."""
    start = typed.removeprefix(_PREFIX)
    return len(start) >= SHOWN_OF_PIN and pin.removeprefix(_PREFIX).startswith(start)


class Errands(Protocol):
    """What is done at the server and on disk. All methods block, and raise ClientError."""

    @abstractmethod
    def look(self, profile: Profile, invited: bool, confirmed: str) -> Trust:
        """See that the server is the right one, by the CA or pin of a profile or as `trust` says.

        `confirmed` is the pin that the person has compared. Raises UnknownIssuer.
        """

    @abstractmethod
    def kept_login(self, trust: Trust, profile: Profile) -> Login | None:
        """Return how the account logs in without a person: by a key, or a password that is kept."""

    @abstractmethod
    def register(self, trust: Trust, name: str, password: str, code: str) -> bool:
        """Make an account; return whether this computer can become a device of it."""

    @abstractmethod
    def prove(self, trust: Trust, name: str, password: str) -> bool:
        """See whether a password is right; return whether this computer can become a device."""

    @abstractmethod
    def finish(self, trust: Trust, profile: Profile, password: str, device: bool | None) -> Login:
        """Keep whom to trust, and whether this computer is to become a device; None is not asked."""
