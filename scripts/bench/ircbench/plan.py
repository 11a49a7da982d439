"""What a benchmark run consists of: the values that every part of it needs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

MIN_TEXT_SIZE = 40
"""Bytes a message text needs at least for its sender, sequence and time (see `stream.message_text`)."""

NICK_LIMIT = 10_000
"""Nicks are `m0000` to `m9999`: five characters, inside the nine that ngIRCd allows."""


class Scenario(Enum):
    """The two ways to load the channel."""

    STEADY = "steady"
    SATURATED = "saturated"


@dataclass(frozen=True, slots=True)
class Load:
    """The shape of the load. Sizes in bytes, times in seconds."""

    members: int = 200
    senders: int = 20
    messages: int = 5000
    size: int = 80
    window: int = 64
    rate: int = 200
    seconds: float = 15.0
    generators: int = 1
    stall: float = 30.0
    read_interval: float = 0.005
    """Saturated: seconds between two rounds of reading.

    Reading several records at once saves the generator CPU time, and no server waits for it: what is
    outstanding in all windows lasts for more than ten such intervals. A shorter one confirms messages
    sooner, so that fewer of them wait for the server together, and fewer lines share a TLS record.
    """

    def __post_init__(self) -> None:
        """Refuse a shape that cannot be run, with a ValueError that says what to change."""
        for name in ("members", "senders", "messages", "window", "rate", "generators", "seconds"):
            value = getattr(self, name)
            if value <= 0:
                raise ValueError(f"{name} is {value}; it must be at least 1")
        if self.members > NICK_LIMIT:
            raise ValueError(f"members is {self.members}; at most {NICK_LIMIT} are possible")
        if not MIN_TEXT_SIZE <= self.size <= 400:
            raise ValueError(f"size is {self.size}; it must be {MIN_TEXT_SIZE} to 400 bytes")
        if self.members < self.senders + self.generators:
            raise ValueError(
                f"{self.members} members with {self.senders} senders and {self.generators} generators: each "
                f"generator needs a member that only listens: take at least {self.senders + self.generators}"
            )

    @property
    def saturated_total(self) -> int:
        """Messages that all senders together send in the saturated scenario."""
        return self.senders * self.messages

    @property
    def steady_total(self) -> int:
        """Messages that all senders together send in the steady scenario."""
        return max(1, round(self.rate * self.seconds))

    def share(self, generator: int) -> tuple[int, ...]:
        """The members that one generator drives: senders (the lowest numbers) and listeners, dealt evenly."""
        senders = range(generator, self.senders, self.generators)
        listeners = range(self.senders + generator, self.members, self.generators)
        return (*senders, *listeners)


@dataclass(frozen=True, slots=True)
class Account:
    """A name, and what SASL PLAIN takes: a password or a token; "" is for a certificate (EXTERNAL)."""

    name: str
    password: str


@dataclass(frozen=True, slots=True)
class Target:
    """A running server as the load sees it. Without accounts, members register by NICK and USER alone."""

    host: str
    port: int
    ca_file: str
    logins_at_once: int
    accounts: tuple[Account, ...] = ()
    one_order: bool = True
    """Whether every member of a channel gets its messages in the same order."""

    def account_of(self, member: int) -> Account | None:
        """The account that a member logs in with; several members share one when there are fewer accounts."""
        return self.accounts[member % len(self.accounts)] if self.accounts else None


def nick_of(member: int) -> str:
    """The nick of a member: the same length for all of them, so that all lines have one size."""
    return f"m{member:04d}"
