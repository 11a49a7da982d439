"""A channel as the registry holds it."""

from securechat.chat.audience import Audience
from securechat.chat.ports import StoredChannel
from securechat.irc.names import fold


class Channel:
    """A channel, its members (user id → when they joined) and the audience of those who are online."""

    __slots__ = ("audience", "created", "folded", "founder", "id", "members", "name", "topic")

    def __init__(self, stored: StoredChannel) -> None:
        self.id = stored.id
        self.name = stored.name
        self.folded = fold(stored.name)
        self.founder = stored.founder
        self.created = stored.created
        self.topic = stored.topic
        self.members: dict[int, int] = {}
        self.audience = Audience()
