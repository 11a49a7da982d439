"""Facts about channels and their members."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from securechat.chat.membership import Membership
from securechat.chat.records.stored import StoredChannel, Topic

NEW_CHANNEL_MODES: Final[Mapping[str, str]] = {"n": "", "t": ""}
"""What a channel begins with: only members speak, and only those with a rank change the topic."""
SHARED_CHANNEL_MODES: Final[Mapping[str, str]] = {"n": ""}
"""What a channel begins with that the server made: it has no founder, so the topic is everybody's."""


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel exists from now on; its founder is an account, or None when the server made it (autojoin)."""

    channel: int
    name: str
    founder: int | None
    at: int
    modes: Mapping[str, str] = field(default_factory=lambda: dict(NEW_CHANNEL_MODES))


@dataclass(frozen=True, slots=True)
class ChannelDropped:
    """A channel is no more: its members, modes and lists are gone, its messages stay under its id.

    `stored` is what it was, `read` how far accounts had read it (account and time). Everybody is shown
    leaving, for `reason`.
    """

    id: int
    channel: int
    at: int
    reason: str
    stored: StoredChannel
    read: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ChannelRenamed:
    """A channel has another name; `by` is the nick of who gave it."""

    id: int
    channel: int
    name: str
    previous: str
    at: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class FounderSet:
    """Channels have another founder, or none (None): all of them had the same one, `previous`.

    The rank that goes with it is a `ChannelModesChanged` of its own.
    """

    channels: tuple[int, ...]
    founder: int | None
    previous: int | None


@dataclass(frozen=True, slots=True)
class RetentionSet:
    """A channel keeps its messages for so many days; 0 is for ever, None as long as the server says."""

    channel: int
    days: int | None
    previous: int | None


@dataclass(frozen=True, slots=True)
class Joined:
    """A user became a member of a channel, with these ranks."""

    id: int
    user: int
    channel: int
    at: int
    ranks: str = ""


@dataclass(frozen=True, slots=True)
class Parted:
    """A user is no longer a member of a channel; `membership` is what ended."""

    id: int
    user: int
    channel: int
    at: int
    reason: str
    membership: Membership


@dataclass(frozen=True, slots=True)
class Kicked:
    """A user was removed from a channel by somebody: `by` is their nick."""

    id: int
    user: int
    channel: int
    at: int
    by: str
    reason: str
    membership: Membership


@dataclass(frozen=True, slots=True)
class TopicSet:
    """A channel's topic changed."""

    id: int
    channel: int
    topic: Topic
    previous: Topic
