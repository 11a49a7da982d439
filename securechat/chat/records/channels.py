"""Facts about channels and their members."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from securechat.chat.registry import Registry


@dataclass(frozen=True, slots=True)
class ChannelCreated:
    """A channel exists from now on; its founder is an account, or None when the server made it (autojoin)."""

    channel: int
    name: str
    founder: int | None
    at: int

    def apply(self, registry: "Registry") -> None:
        registry.add_channel(self.channel, self.name, self.founder, self.at)

    def revert(self, registry: "Registry") -> None:
        registry.forget_channel(self.channel)


@dataclass(frozen=True, slots=True)
class Joined:
    """A user became a member of a channel."""

    id: int
    user: int
    channel: int
    at: int

    def apply(self, registry: "Registry") -> None:
        registry.add_member(self.channel, self.user, self.at)

    def revert(self, registry: "Registry") -> None:
        registry.remove_member(self.channel, self.user)


@dataclass(frozen=True, slots=True)
class Parted:
    """A user is no longer a member of a channel; `joined` is when the membership began."""

    id: int
    user: int
    channel: int
    at: int
    reason: str
    joined: int

    def apply(self, registry: "Registry") -> None:
        registry.remove_member(self.channel, self.user)

    def revert(self, registry: "Registry") -> None:
        registry.add_member(self.channel, self.user, self.joined)


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


ChannelRecord = ChannelCreated | Joined | Parted | TopicSet
