"""Facts about channels and their members."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from securechat.chat.membership import Membership

if TYPE_CHECKING:
    from securechat.chat.ports import StoredChannel
    from securechat.chat.state.registry import Registry

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

    def apply(self, registry: "Registry") -> None:
        registry.add_channel(self.channel, self.name, self.founder, self.at, self.modes)

    def revert(self, registry: "Registry") -> None:
        registry.forget_channel(self.channel)


@dataclass(frozen=True, slots=True)
class ChannelDropped:
    """A channel is no more: its members, modes and lists are gone, its messages stay under its id.

    `stored` is what it was. Everybody is shown leaving, for `reason`.
    """

    id: int
    channel: int
    at: int
    reason: str
    stored: "StoredChannel"

    def apply(self, registry: "Registry") -> None:
        registry.drop_channel(self.channel)

    def revert(self, registry: "Registry") -> None:
        registry.restore_channel(self.stored)


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

    def apply(self, registry: "Registry") -> None:
        registry.rename_channel(self.channel, self.name)

    def revert(self, registry: "Registry") -> None:
        registry.rename_channel(self.channel, self.previous)


@dataclass(frozen=True, slots=True)
class RetentionSet:
    """A channel keeps its messages for so many days; 0 is for ever, None as long as the server says."""

    channel: int
    days: int | None
    previous: int | None

    def apply(self, registry: "Registry") -> None:
        registry.channels[self.channel].retention_days = self.days

    def revert(self, registry: "Registry") -> None:
        registry.channels[self.channel].retention_days = self.previous


@dataclass(frozen=True, slots=True)
class Joined:
    """A user became a member of a channel, with these ranks."""

    id: int
    user: int
    channel: int
    at: int
    ranks: str = ""

    def apply(self, registry: "Registry") -> None:
        registry.add_member(self.channel, self.user, Membership(self.at, self.ranks))

    def revert(self, registry: "Registry") -> None:
        registry.remove_member(self.channel, self.user)


@dataclass(frozen=True, slots=True)
class Parted:
    """A user is no longer a member of a channel; `membership` is what ended."""

    id: int
    user: int
    channel: int
    at: int
    reason: str
    membership: Membership

    def apply(self, registry: "Registry") -> None:
        registry.remove_member(self.channel, self.user)

    def revert(self, registry: "Registry") -> None:
        registry.add_member(self.channel, self.user, self.membership)


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

    def apply(self, registry: "Registry") -> None:
        registry.remove_member(self.channel, self.user)

    def revert(self, registry: "Registry") -> None:
        registry.add_member(self.channel, self.user, self.membership)


@dataclass(frozen=True, slots=True)
class Topic:
    """A channel's topic: the text ("" is no topic), the nick that set it and when."""

    text: str
    setter: str
    at: int


@dataclass(frozen=True, slots=True)
class TopicSet:
    """A channel's topic changed."""

    id: int
    channel: int
    topic: Topic
    previous: Topic

    def apply(self, registry: "Registry") -> None:
        registry.channels[self.channel].topic = self.topic

    def revert(self, registry: "Registry") -> None:
        registry.channels[self.channel].topic = self.previous
