"""What an administrator asks for to keep people out, as part of the table of requests (`requests`)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AddBan:
    """Keep targets, with commas between, out of the server.

    A target is an account, a mask (nick!account@server), an address or a network. `duration` is as in
    `durations`, "" for ever.
    """

    targets: str
    duration: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RemoveBan:
    """Let targets, with commas between, in again."""

    targets: str


@dataclass(frozen=True, slots=True)
class ListBans:
    """List the bans after the first `after`: all, or those that an account, address or network meets."""

    about: str = ""
    after: int = 0
