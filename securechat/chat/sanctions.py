"""What an administrator asks for to keep people out, as part of the table of requests (`requests`)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class AddBan:
    """Keep targets, with commas between, out of the server.

    A target is an account, a mask (nick!account@server), an address or a network. `duration` is as in
    `durations`, "" for ever. The last administrator is let in unless `force` says that this is meant.
    """

    targets: str
    duration: str = ""
    reason: str = ""
    force: bool = False


@dataclass(frozen=True, slots=True)
class RemoveBan:
    """Let targets, with commas between, in again."""

    targets: str


@dataclass(frozen=True, slots=True)
class Restraint:
    """Restrain targets, with commas between, in a channel: accounts, or masks where it is a ban or a mute."""

    channel: str
    targets: str
    duration: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return f"{self.channel} {self.targets}"


@dataclass(frozen=True, slots=True)
class ChannelBan(Restraint):
    """They may neither join nor speak."""


@dataclass(frozen=True, slots=True)
class ChannelMute(Restraint):
    """They may not speak."""


@dataclass(frozen=True, slots=True)
class KickBan(Restraint):
    """They are removed from the channel, and may not join again."""


@dataclass(frozen=True, slots=True)
class Pardon:
    """Take the ban or the mute of targets, with commas between, away."""

    channel: str
    targets: str

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return f"{self.channel} {self.targets}"


@dataclass(frozen=True, slots=True)
class ChannelUnban(Pardon):
    """They may join and speak again."""


@dataclass(frozen=True, slots=True)
class ChannelUnmute(Pardon):
    """They may speak again."""


@dataclass(frozen=True, slots=True)
class ListRestraints:
    """List the bans and mutes of a channel."""

    channel: str


InChannel = ChannelBan | ChannelMute | KickBan | ChannelUnban | ChannelUnmute
"""What changes the list of bans of a channel."""


@dataclass(frozen=True, slots=True)
class ListBans:
    """List the bans after the first `after`: all, or those that an account, address or network meets."""

    about: str = ""
    after: int = 0


@dataclass(frozen=True, slots=True)
class ListReports:
    """List the reports after the one with the id `after` that are open, or every one."""

    after: int = 0
    every: bool = False


@dataclass(frozen=True, slots=True)
class ShowReport:
    """Show a report by its id."""

    id: int


@dataclass(frozen=True, slots=True)
class CloseReport:
    """Note that a report has been looked at; `reason` says what came of it."""

    id: int
    reason: str = ""

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return f"report {self.id}"


@dataclass(frozen=True, slots=True)
class SetSlowMode:
    """Let each account say one thing in so many seconds in a channel; 0 is as often as it likes."""

    channel: str
    seconds: int = 0

    @property
    def name(self) -> str:
        """What it is about, for the audit log."""
        return self.channel


Moderation = (
    AddBan
    | ListBans
    | RemoveBan
    | InChannel
    | ListRestraints
    | ListReports
    | ShowReport
    | CloseReport
    | SetSlowMode
)
"""All of them."""
SlowSanction = AddBan | RemoveBan | InChannel
"""What takes several turns."""
QuickSanction = CloseReport | ListBans | ListReports | ListRestraints | SetSlowMode | ShowReport
"""What is answered at once."""
LOOKS: Final = (ListBans, ListReports, ListRestraints, ShowReport)
"""Those that change nothing."""

MODERATION: Final[Mapping[str, type[Moderation]]] = {
    "ban": AddBan,
    "bans": ListBans,
    "unban": RemoveBan,
    "channel-ban": ChannelBan,
    "channel-bans": ListRestraints,
    "channel-kickban": KickBan,
    "channel-mute": ChannelMute,
    "channel-unban": ChannelUnban,
    "channel-unmute": ChannelUnmute,
    "close-report": CloseReport,
    "report": ShowReport,
    "slow-mode": SetSlowMode,
    "reports": ListReports,
}
"""These requests by their names, as in `requests.OPERATIONS`."""
