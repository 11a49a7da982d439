"""Facts: every change of shared state is one of these values.

A record changes the registry by `apply`, and `revert` undoes exactly that (the store was full: DESIGN law 3).
The store writes records and the registry is rebuilt from what it wrote, so a fact enters the chat by one door
whether this hub made it or another node did.

A *user id* is an account's id; where each session is a user of its own (`identity.nicknames = "free"`) it is
minus the session's id, and such memberships are never stored. Times are milliseconds since the epoch, ids are
message ids.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from securechat.chat.registry import Registry


@dataclass(frozen=True, slots=True)
class AccountAdded:
    """An account was made. `name` is as displayed; `role` is member, admin or bot."""

    account: int
    name: str
    phc: str = field(repr=False)
    role: str
    at: int

    def apply(self, registry: "Registry") -> None:
        registry.add_account(self.account, self.name, self.phc, self.role, self.at)

    def revert(self, registry: "Registry") -> None:
        registry.forget_account(self.account)


@dataclass(frozen=True, slots=True)
class AccountRemoved:
    """The credentials are gone; the name stays reserved and messages stay under the id."""

    account: int
    phc: str = field(repr=False)
    at: int

    def apply(self, registry: "Registry") -> None:
        registry.accounts[self.account].remove()

    def revert(self, registry: "Registry") -> None:
        registry.accounts[self.account].restore(self.phc)


@dataclass(frozen=True, slots=True)
class PasswordSet:
    """A new hash. `rehash` is true when the password is the same and only the parameters changed."""

    account: int
    phc: str = field(repr=False)
    previous: str = field(repr=False)
    at: int
    rehash: bool = False

    def apply(self, registry: "Registry") -> None:
        registry.accounts[self.account].set_password(self.phc, rehash=self.rehash)

    def revert(self, registry: "Registry") -> None:
        registry.accounts[self.account].set_password(self.previous, rehash=self.rehash)


@dataclass(frozen=True, slots=True)
class AccountDisabled:
    """The account may not log in until it is enabled again."""

    account: int
    at: int

    def apply(self, registry: "Registry") -> None:
        registry.accounts[self.account].disable()

    def revert(self, registry: "Registry") -> None:
        registry.accounts[self.account].enable()


@dataclass(frozen=True, slots=True)
class AccountEnabled:
    """The account may log in again."""

    account: int
    at: int

    def apply(self, registry: "Registry") -> None:
        registry.accounts[self.account].enable()

    def revert(self, registry: "Registry") -> None:
        registry.accounts[self.account].disable()


@dataclass(frozen=True, slots=True)
class LoginRemembered:
    """The account logged in from `source`, a network (/24 or /48)."""

    account: int
    source: str
    at: int
    previous: tuple[tuple[str, int], ...]

    def apply(self, registry: "Registry") -> None:
        registry.accounts[self.account].remember_source(self.source, self.at)

    def revert(self, registry: "Registry") -> None:
        registry.accounts[self.account].sources = dict(self.previous)


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


class MessageSent(NamedTuple):
    """A PRIVMSG, NOTICE or TAGMSG; a tuple, since a dataclass takes four times as long to make.

    Exactly one of `channel` and `recipient` (an account) is set.

    `nick` is the sender's nick at that time and `addressed` the target as the sender's line shall show it.
    `tags` are the client-only tags as they came. `undelivered` is true when the recipient was offline: the
    message waits for the login.
    """

    id: int
    at: int
    command: str
    sender: int
    nick: str
    channel: int | None
    recipient: int | None
    addressed: str
    text: str
    tags: Mapping[str, str]
    nonce: str | None = None
    undelivered: bool = False

    def apply(self, registry: "Registry") -> None:
        if self.nonce is not None:
            registry.nonces.add(self.sender, self.nonce, self)
        if self.undelivered and self.recipient is not None:
            registry.waiting[self.recipient] += 1

    def revert(self, registry: "Registry") -> None:
        if self.nonce is not None:
            registry.nonces.discard(self.sender, self.nonce)
        if self.undelivered and self.recipient is not None:
            registry.waiting[self.recipient] -= 1


@dataclass(frozen=True, slots=True)
class DirectDelivered:
    """Every message that waited for `account` up to the id `upto` has been handed to a session of it."""

    account: int
    upto: int
    more: bool

    def apply(self, registry: "Registry") -> None:
        if not self.more:
            del registry.waiting[self.account]

    def revert(self, registry: "Registry") -> None:
        if not self.more:
            registry.waiting[self.account] += 1


Record = (
    AccountAdded
    | AccountRemoved
    | PasswordSet
    | AccountDisabled
    | AccountEnabled
    | LoginRemembered
    | ChannelCreated
    | Joined
    | Parted
    | TopicSet
    | MessageSent
    | DirectDelivered
)
