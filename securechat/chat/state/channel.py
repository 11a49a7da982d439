"""A channel as the registry holds it."""

from collections.abc import Iterable, Mapping
from typing import Final

from securechat.chat.audience import Audience, Listeners
from securechat.chat.masks import Matcher
from securechat.chat.membership import Membership
from securechat.chat.records import LISTS, ListEntry, StoredChannel
from securechat.chat.state.account import Account
from securechat.chat.state.roster import Roster
from securechat.chat.state.session import User
from securechat.irc.names import fold

STRICT: Final = frozenset("CUWcm")
"""The modes that limit what members may say, and to whom."""


class Channel:
    """A channel, its members by user id, and the audience of those who are online.

    `modes` are letters and their arguments ("" for a mode without one), `lists` the masks of +b, +e and +I.
    `invited` are the accounts that may join whatever the modes say; invitations end with the server's
    process.
    """

    __slots__ = (
        "created",
        "ends",
        "folded",
        "founder",
        "id",
        "invited",
        "knocked",
        "listeners",
        "lists",
        "matchers",
        "members",
        "modes",
        "name",
        "retention_days",
        "roster",
        "said",
        "spoke",
        "strict",
        "topic",
    )

    def __init__(self, stored: StoredChannel) -> None:
        self.id = stored.id
        self.rename(stored.name)
        self.founder = stored.founder
        self.created = stored.created
        self.topic = stored.topic
        self.retention_days = stored.retention_days
        self.modes: Mapping[str, str] = stored.modes
        self.lists = {kind: dict(stored.lists.get(kind, {})) for kind in LISTS}
        self.matchers: dict[str, Matcher] = {}
        self.strict = False
        """True when there is more to ask about a message than whether its sender is a member."""
        self.ends = 0
        """When the first entry of a list goes by itself; 0 is never."""
        self.look_at_ends()
        self.tighten()
        self.members: dict[int, Membership] = {}
        self.invited: dict[int, int] = {}
        self.listeners, self.roster = Listeners(), Roster()
        self.said = 0
        """How many messages were said here since it was loaded or made: what the store is asked is older."""
        self.spoke: dict[int, float] = {}
        """When accounts spoke last, at monotonic times; kept in slow mode only."""
        self.knocked: dict[int, float] = {}
        """When somebody knocked last, at monotonic times."""

    def rename(self, name: str) -> None:
        self.name = name
        self.folded = fold(name)

    @property
    def audience(self) -> Audience:
        """The sessions of the members who are online."""
        return self.listeners.audience

    def ranks(self, user_id: int) -> str:
        """Return the ranks of a user, the highest first; "" also for somebody who is no member."""
        member = self.members.get(user_id)
        return member.ranks if member is not None else ""

    def online(self, users: Mapping[int, User]) -> list[User]:
        """Return the members who are among these users, in the order of joining."""
        members = self.members
        if len(users) < len(members):  # it costs what it answers, also where nearly everybody is away
            here = sorted(members.keys() & users.keys(), key=lambda member: members[member].joined_id)
            return [users[member] for member in here]
        return [users[member] for member in members if member in users]

    # Who hears it. The roster is forgotten where its order may be another, or what is shown.

    def came(self, user: User) -> None:
        """Somebody who is online has become a member, the last one."""
        self.roster.came(user, self.ranks(user.id))
        for session in user.sessions:
            self.listeners.add(session.link, session.key)

    def went(self, user: User) -> None:
        """Somebody who is online is no member any more."""
        self.roster.forget()
        for session in user.sessions:
            self.listeners.remove(session.link, session.key)

    def empty(self) -> None:
        """Take everybody away."""
        self.members, self.listeners = {}, Listeners()
        self.roster.forget()

    def set_ranks(self, user_id: int, ranks: str) -> None:
        """Give a member other ranks."""
        self.members[user_id] = self.members[user_id]._replace(ranks=ranks)
        self.roster.forget()

    @property
    def forward(self) -> int | None:
        """The id of the channel for those who cannot join (+f); it may be no more."""
        return int(self.modes["f"]) if "f" in self.modes else None

    # What is not for everybody

    @property
    def hidden(self) -> bool:
        """True when nobody outside may learn of the channel."""
        return "s" in self.modes or "p" in self.modes

    def visible_to(self, user_id: int) -> bool:
        """Return whether a user may learn that the channel exists."""
        return user_id in self.members or not self.hidden

    def shows(self, member: int, to: int) -> bool:
        """Return whether a user sees that somebody is a member: auditoriums show those with a rank."""
        return "u" not in self.modes or member == to or bool(self.ranks(member) or self.ranks(to))

    def listed(self, kind: str, user: User) -> bool:
        """Return whether a mask of the list matches the user; mutes are not looked at."""
        return bool(self.lists[kind]) and self._matcher(kind).matches(*user.sources)

    def muted(self, user: User) -> bool:
        """Return whether a mute matches the user, and no exception does."""
        if not self.lists["b"] or not self._matcher("b").mutes(*user.sources):
            return False
        excepted = self._matcher("e")
        return not (excepted.mutes(*user.sources) or excepted.matches(*user.sources))

    def _matcher(self, kind: str) -> Matcher:
        matcher = self.matchers.get(kind)
        if matcher is None:
            matcher = self.matchers[kind] = Matcher(self.lists[kind])
        return matcher

    # What records change

    def set_modes(self, modes: Mapping[str, str]) -> None:
        if ("u" in modes) != ("u" in self.modes):
            self.roster.forget()  # who is listing it has to ask whom it may see
        self.modes = modes
        if "W" not in modes:
            self.spoke.clear()
        self.tighten()

    def set_entries(self, entries: Iterable[tuple[str, str, ListEntry | None]]) -> None:
        """Put masks on lists, or (None) take them off: the letter of the list, the mask and its entry."""
        for kind, mask, entry in entries:
            self.lists[kind].pop(mask, None)
            if entry is not None:
                self.lists[kind][mask] = entry
            matcher = self.matchers.get(kind)
            if matcher is not None and entry is None:
                matcher.drop(mask)
            elif matcher is not None:
                matcher.put(mask)
        self.look_at_ends()
        self.tighten()

    def look_at_ends(self) -> None:
        """See when the next entry of a list goes by itself."""
        entries = (entry.expires for listed in self.lists.values() for entry in listed.values())
        self.ends = min((expires for expires in entries if expires), default=0)

    def tighten(self) -> None:
        """See whether messages need a closer look."""
        self.strict = bool(self.lists["b"]) or not STRICT.isdisjoint(self.modes)

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
            self.retention_days,
        )


def forget_names(channels: Iterable[Channel]) -> None:
    """Have the names of these channels written anew: one of them is shown in another way, or not any more."""
    for channel in channels:
        channel.roster.forget()
