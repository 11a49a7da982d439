"""Facts about messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from securechat.chat.registry import Registry


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


MessageRecord = MessageSent | DirectDelivered
