"""Who there is, who is here and in which channels: the state that only the hub's thread touches.

Accounts, channels and memberships are what the store holds; users and sessions are who is online now. Changes
of the former come from records (`records`), changes of the latter from logins and disconnects.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from securechat.chat.audience import Audience, together
from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import StoredAccount, StoredChannel, Topic
from securechat.chat.state.account import Account
from securechat.chat.state.account_names import AccountNames
from securechat.chat.state.bans import Bans
from securechat.chat.state.boxes import Boxes
from securechat.chat.state.channel import Channel, forget_names
from securechat.chat.state.channel_names import ChannelNames
from securechat.chat.state.devices import Devices
from securechat.chat.state.dropped import Dropped
from securechat.chat.state.monitors import Monitors
from securechat.chat.state.names import Names
from securechat.chat.state.nested import copied
from securechat.chat.state.nonces import NonceMemory
from securechat.chat.state.peers import Peers, sharing, witnesses
from securechat.chat.state.revisions import Revisions
from securechat.chat.state.session import INVISIBLE, Person, Session, User, refresh_bot
from securechat.chat.state.silences import Silences
from securechat.irc.names import fold

NO_TOPIC: Final = Topic("", "", 0)


class Registry:
    """All accounts, channels and online users, with the indexes to find them by."""

    def __init__(self, server_name: str, snapshot: Snapshot) -> None:
        self.server_name = server_name
        self.accounts: dict[int, Account] = {}
        self.channels: dict[int, Channel] = {}
        self.users: dict[int, User] = {}
        self.memberships: dict[int, dict[int, None]] = {}
        self.monitors, self.nonces = Monitors(), NonceMemory()
        self.revisions, self.pinned = Revisions(), Revisions()  # of messages, and of channels' pins
        self.waiting = Counter(snapshot.waiting)
        """Accounts for which direct messages wait; how many is known only to the store."""
        self.boxes, self.silences = Boxes(snapshot.boxes), Silences(snapshot.silences)
        self.attached = self.invisible = self.peak = 0
        """Sessions that are logged in, users who have the mode i, and the most users at one time."""
        self.markers = copied(snapshot.markers)
        """How far accounts read: account → target (a channel's id, or minus an account's) → time."""
        self.metadata = copied(snapshot.metadata)
        """What is said of channels and accounts: target → key → value."""
        self.personal = {account: copied(targets) for account, targets in snapshot.personal.items()}
        """What accounts keep for themselves of targets: account → target → key → value."""
        self.devices, self.bans, self.dropped = Devices(snapshot.devices), Bans(snapshot.bans), Dropped()
        self.invitations, self.reports = dict(snapshot.invitations), dict(snapshot.reports)
        self.authenticators = dict(snapshot.authenticators)
        self._account_names = AccountNames()
        self.channel_names, self._nicks = ChannelNames(), Names[User]()
        self.founded: Counter[int | None] = Counter()
        """How many channels each account has founded; None is nobody."""
        self.temporary: set[int] = set()  # all channels with entries on lists that go by themselves
        self._sessions_of, self._peers_of = dict[int, list[Session]](), Peers()
        self.cut_off: list[tuple[Account, str]] = []
        """Accounts whose sessions of a name ended with the server, when it was last here."""
        for stored in snapshot.accounts:
            account = Account(stored)
            self.cut_off += [(account, name) for name in account.cut_off(snapshot.last_message)]
            self._index_account(account)
        for channel in snapshot.channels:
            self.restore_channel(channel)
        self.last_channel = max(snapshot.last_channel, *self.channels, 0)

    # Finding

    def account(self, name: str) -> Account | None:
        """Return the account of this name, removed ones included."""
        return self._account_names.of(name)

    def account_like(self, name: str) -> Account | None:
        """Return the account whose name, or former name, looks like this one."""
        return self._account_names.like(name)

    def account_known_as(self, name: str) -> Account | None:
        """Return the account that has this name or had it before: nobody else ever gets it."""
        return self._account_names.known_as(name)

    def channel(self, name: str) -> Channel | None:
        """Return the channel of this name."""
        return self.channel_names.of(name)

    def channel_like(self, name: str) -> Channel | None:
        """Return the channel whose name looks like this one."""
        return self.channel_names.like(name)

    def user(self, nick: str) -> User | None:
        """Return the online user of this nick."""
        return self._nicks.exact.get(fold(nick))

    def user_like(self, nick: str) -> User | None:
        """Return the online user whose nick looks like this one."""
        return self._nicks.like(nick)

    def person(self, name: str) -> Person | None:
        """Return who has this nick; somebody offline is found by the name of their account."""
        if (user := self.user(name)) is not None:
            return Person(user.id, user.account.id, user.nick)
        account = self.account(name)
        return Person(account.id, account.id, account.name) if account and account.phc is not None else None

    def account_of(self, name: str) -> Account | None:
        """Return the account of who has this nick, else the account of this name, removed ones included."""
        return found[0] if (found := self.known(name)) is not None else None

    def known(self, name: str) -> tuple[Account, str] | None:
        """Return what `account_of` does, and the name as it is spelled: the user's nick or the account's."""
        user = self.user(name)
        if user is not None:
            return user.account, user.nick
        account = self.account(name)
        return (account, account.name) if account is not None else None

    def called(self, account: int) -> str:
        """Return how people call an account now: by its user's nick, by its own name while it is offline.

        Where its sessions are users of their own, it is the nick of the one that came first.
        """
        sessions = self._sessions_of.get(account)
        user = sessions[0].user if sessions else None
        return user.nick if user is not None else self.accounts[account].name

    def users_of(self, account: Account) -> Sequence[User]:
        """Return the account's users: one, or one for each session where these are users of their own."""
        users = (session.user for session in self.sessions_of(account))
        return list(dict.fromkeys(user for user in users if user is not None))

    def users_called(self, name: str) -> Sequence[User]:
        """Return who of those online has this nick, else all users of the account of this name."""
        user = self.user(name)
        if user is not None:
            return (user,)
        return self.users_of(account) if (account := self.account(name)) is not None else ()

    def sessions_of(self, account: Account) -> Sequence[Session]:
        """Return the account's sessions that are logged in, in the order of their logins."""
        return self._sessions_of.get(account.id, ())

    def channels_of(self, user_id: int) -> list[Channel]:
        """Return the channels of a user, in the order of joining."""
        return [self.channels[channel] for channel in self.memberships.get(user_id, ())]

    def online(self, channel: Channel) -> list[User]:
        """Return the members who are online, in the order of joining."""
        return channel.online(self.users)

    # What records do

    def add_account(self, account_id: int, name: str, phc: str, role: str, at: int) -> None:
        self._index_account(Account(StoredAccount(account_id, name, phc, role, False, at, None, {})))

    def rename_account(self, account_id: int, name: str, former: tuple[str, ...]) -> None:
        """Give an account another name; `former` are those that it had before."""
        account = self.accounts[account_id]
        self._account_names.remove(account)
        account.rename(name, former)
        self._index_account(account)

    def forget_account(self, account_id: int) -> None:
        self._account_names.remove(self.accounts.pop(account_id))

    def add_channel(
        self, key: int, name: str, founder: int | None, at: int, modes: Mapping[str, str]
    ) -> None:
        self.restore_channel(StoredChannel(key, name, founder, at, NO_TOPIC, {}, modes, {}))
        self.last_channel = max(self.last_channel, key)

    def forget_channel(self, channel_id: int) -> Channel:
        channel = self.channels.pop(channel_id)
        self.channel_names.remove(channel)
        self.founded[channel.founder] -= 1
        return channel

    def drop_channel(self, channel_id: int) -> None:
        """Take away a channel and whoever is in it."""
        self._peers_of.forget()
        channel = self.forget_channel(channel_id)
        for user_id in channel.members:
            del self.memberships[user_id][channel_id]
        channel.empty()
        self.dropped.keep(channel)

    def restore_channel(self, stored: StoredChannel) -> None:
        self._index_channel(self.dropped.take(stored.id) or Channel(stored))
        self.founded[stored.founder] += 1
        for user_id, membership in stored.members.items():
            self.add_member(stored.id, user_id, membership)

    def set_founder(self, channel_id: int, founder: int | None) -> None:
        channel = self.channels[channel_id]
        self.founded[channel.founder] -= 1
        channel.founder = founder
        self.founded[founder] += 1

    def rename_channel(self, channel_id: int, name: str) -> None:
        channel = self.channels[channel_id]
        self.channel_names.remove(channel)
        channel.rename(name)
        self._index_channel(channel)

    def add_member(self, channel_id: int, user_id: int, membership: Membership) -> None:
        """Make the user a member; the member's sessions hear the channel from now on."""
        user = self.users.get(user_id)
        if user is None and user_id < 0:
            return  # a session that is a user of its own and has gone: its memberships went with it
        channel = self.channels[channel_id]
        channel.members[user_id] = membership
        self.memberships.setdefault(user_id, {})[channel_id] = None
        self._peers_of.forget()
        if user is not None:
            channel.came(user)

    def remove_member(self, channel_id: int, user_id: int) -> None:
        channel = self.channels[channel_id]
        if channel.members.pop(user_id, None) is None:
            return
        del self.memberships[user_id][channel_id]
        self._peers_of.forget()
        if (user := self.users.get(user_id)) is not None:
            channel.went(user)

    # Who is online

    def attach(
        self, session: Session, account: Account, user_id: int, nick: str, realname: str, at: int
    ) -> bool:
        """Let a session that proved `account` be (one of) the user's, from the time `at` on.

        That ends its registration. True when the user was not online before.
        """
        first = (user := self.users.get(user_id)) is None
        if user is None:
            user = User(user_id, account, nick, self.server_name, realname, at)
            self.users[user_id] = user
            self._nicks.add(user.nick, user)
            forget_names(self.channels_of(user_id))
        session.user, session.registration = user, None
        self._sessions_of.setdefault(account.id, []).append(session)
        user.sessions.append(session)
        self.boxes.empty(account.id)
        self.attached += 1
        self.peak = max(self.peak, len(self.users))
        self._listen(session, user)
        return first

    def detach(self, session: Session) -> bool:
        """Take a session away; True when it was its user's last one."""
        user = session.user
        if user is None:
            return False
        self._unlisten(session, user)
        user.sessions.remove(session)
        sessions = self._sessions_of[user.account.id]
        sessions.remove(session)
        if not sessions:
            del self._sessions_of[user.account.id]
        session.user = None
        self.attached -= 1
        if user.sessions:
            return False
        self.set_modes(user, "")
        forget_names(self.channels_of(user.id))
        del self.users[user.id]
        self._nicks.remove(user.nick, user)
        if user.id < 0:
            for channel_id in self.memberships.pop(user.id, ()):
                del self.channels[channel_id].members[user.id]
        return True

    def regroup(self, session: Session, key: int) -> None:
        """Change what a session can read (its encoding key) everywhere it listens."""
        if (user := session.user) is None or key == session.key:
            session.key = key
            return
        self._unlisten(session, user)
        session.key = key
        self._listen(session, user)

    def set_modes(self, user: User, letters: str) -> None:
        """Give an online user these modes instead of those before."""
        self.invisible += (INVISIBLE in letters) - (INVISIBLE in user.modes)
        user.set_modes(letters)
        refresh_bot(user.account, self.sessions_of(user.account))

    def set_role(self, account: Account, role: str) -> None:
        """Give an account another role."""
        account.role = role
        refresh_bot(account, self.sessions_of(account))

    def rename(self, user: User, nick: str) -> None:
        """Give an online user another nick."""
        self._nicks.remove(user.nick, user)
        user.rename(nick, self.server_name)
        self._nicks.add(user.nick, user)
        forget_names(self.channels_of(user.id))

    def witnesses(self, channel: Channel, user_id: int) -> Audience:
        """Everybody who sees this member come and go: in an auditorium not those without a rank."""
        return witnesses(channel, user_id, self.users)

    def peers(self, user: User) -> Audience:
        """Everybody who shares a channel with the user and sees them there, and the user's own sessions."""
        channels = self.channels_of(user.id)
        hidden = [channel for channel in channels if "u" in channel.modes and not channel.ranks(user.id)]
        seen = frozenset([channel.id for channel in channels]).difference([channel.id for channel in hidden])

        def find() -> Audience:
            listeners = [self.channels[one].listeners for one in seen]
            return sharing(seen, listeners, self.users, self.memberships)

        peers = self._peers_of.of(seen, find)
        if seen and not hidden:
            return peers
        return together((), [peers, user.audience, *[self.witnesses(one, user.id) for one in hidden]])

    # Indexes

    def _listen(self, session: Session, user: User) -> None:
        self._peers_of.forget()
        user.audience = user.audience.including(session.link, session.key)
        for channel in self.channels_of(user.id):
            channel.listeners.add(session.link, session.key)

    def _unlisten(self, session: Session, user: User) -> None:
        user.audience = user.audience.excluding(session.link, session.key)
        for channel in self.channels_of(user.id):
            channel.listeners.remove(session.link, session.key)

    def _index_account(self, account: Account) -> None:
        self.accounts[account.id] = account
        self._account_names.add(account)

    def _index_channel(self, channel: Channel) -> None:
        self.channels[channel.id] = channel
        self.channel_names.add(channel)
        if channel.ends:
            self.temporary.add(channel.id)
