"""A channel as the registry holds it."""

from securechat.chat.account import Account
from securechat.chat.audience import Audience
from securechat.chat.membership import Membership
from securechat.chat.ports import StoredChannel
from securechat.chat.records import LISTS
from securechat.irc.names import fold


class Channel:
    """A channel, its members by user id, and the audience of those who are online.

    `modes` are flags and their arguments ("" is none), `lists` the masks of +b, +e and +I. `invited` are the
    accounts that may join whatever the modes say; invitations end with the server's process.
    """

    __slots__ = (
        "audience",
        "created",
        "folded",
        "founder",
        "id",
        "invited",
        "lists",
        "members",
        "modes",
        "name",
        "topic",
    )

    def __init__(self, stored: StoredChannel) -> None:
        self.id = stored.id
        self.rename(stored.name)
        self.founder = stored.founder
        self.created = stored.created
        self.topic = stored.topic
        self.modes = dict(stored.modes)
        self.lists = {kind: dict(stored.lists.get(kind, {})) for kind in LISTS}
        self.members: dict[int, Membership] = {}
        self.invited: dict[int, int] = {}
        self.audience = Audience()

    def rename(self, name: str) -> None:
        self.name = name
        self.folded = fold(name)

    def ranks(self, user_id: int) -> str:
        """Return the ranks of a user, the highest first; "" also for somebody who is no member."""
        member = self.members.get(user_id)
        return member.ranks if member is not None else ""

    def initial_ranks(self, account: Account) -> str:
        """Return the ranks with which an account joins.

        A channel that the server made has no founder: administrators look after it.
        """
        if self.founder is None:
            return "a" if account.role == "admin" else ""
        return "q" if self.founder == account.id else ""

    def stored(self) -> StoredChannel:
        """Return the channel as the store holds it."""
        lists = {kind: dict(entries) for kind, entries in self.lists.items() if entries}
        return StoredChannel(
            self.id,
            self.name,
            self.founder,
            self.created,
            self.topic,
            dict(self.members),
            dict(self.modes),
            lists,
        )
