"""Records for tests, and what the registry and the store have to agree on."""

from collections.abc import Mapping

from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import (
    AccountAdded,
    Authenticator,
    Ban,
    ChannelCreated,
    Device,
    Invitation,
    ListEntry,
    MessageSent,
    Report,
    StoredChannel,
    Topic,
)
from securechat.chat.state.registry import Registry

ALICE, BOB, CAROL = 1, 2, 3
GENERAL, DEV = 1, 2
NOON = 1_790_000_000_000

PEOPLE = (
    AccountAdded(ALICE, "alice", "$alice", "member", NOON),
    AccountAdded(BOB, "Bob", "$bob", "admin", NOON + 1),
    AccountAdded(CAROL, "carol", "$carol", "bot", NOON + 2),
)
CHANNELS = (
    ChannelCreated(GENERAL, "#general", None, NOON + 3),
    ChannelCreated(DEV, "#Dev", BOB, NOON + 4),
)

OLD_MEMBERSHIPS = f"""
INSERT INTO accounts (id, name, folded, phc, role, disabled, created) VALUES
    (1, 'alice', 'alice', 'x', 'member', false, 1), (2, 'bob', 'bob', 'x', 'member', false, 1),
    (3, 'carol', 'carol', 'x', 'member', false, 1);
INSERT INTO channels (id, name, folded, created, topic, topic_setter, topic_at) VALUES
    (1, '#a', '#a', 1, '', '', 0), (2, '#b', '#b', 1, '', '', 0);
INSERT INTO memberships (channel, account, joined) VALUES
    (1, 1, {NOON}), (1, 2, {NOON + 5}), (1, 3, {NOON + 7});
INSERT INTO messages (id, at, command, sender, nick, channel, addressed, text) VALUES
    ({NOON + 9 << 20}, {NOON + 9}, 'PRIVMSG', 1, 'alice', 1, '#a', 'ahead'),
    ({(NOON + 9 << 20) + 1}, {NOON + 5}, 'PRIVMSG', 2, 'bob', 1, '#a', 'no JOIN'),
    ({(NOON + 9 << 20) + 2}, {NOON + 5}, 'JOIN', 2, '', 2, '', ''),
    ({(NOON + 9 << 20) + 3}, {NOON + 5}, 'JOIN', 1, '', 1, '', ''),
    ({(NOON + 9 << 20) + 4}, {NOON + 4}, 'JOIN', 2, '', 1, '', ''),
    ({(NOON + 9 << 20) + 5}, {NOON + 5}, 'JOIN', 2, '', 1, '', ''),
    ({(NOON + 7 << 20) + 6}, {NOON + 7}, 'JOIN', 3, '', 1, '', '');
"""
"""Three members of #a as revision 0010 has them: alice's JOIN was deleted, bob's is behind what was ahead."""
OLD_ASTRAY = [
    ((NOON + 9 << 20) + number, place, at)
    for number, place, at in (
        (1, 1, NOON + 5),
        (2, 2, NOON + 5),
        (3, 1, NOON + 5),
        (4, 1, NOON + 4),
        (5, 1, NOON + 5),
    )
]
"""What of their messages is not said by the time in its id."""
JOINED_IDS = {1: NOON << 20, 2: (NOON + 9 << 20) + 5, 3: (NOON + 7 << 20) + 6}

AccountState = tuple[
    tuple[str, tuple[str, ...], bool],
    str | None,
    str,
    bool,
    int,
    Mapping[str, int],
    int | None,
    Mapping[str, int],
]
ChannelState = tuple[
    str,
    int | None,
    int,
    Topic,
    Mapping[int, Membership],
    Mapping[str, str],
    Mapping[str, Mapping[str, ListEntry]],
    int | None,
]
State = tuple[
    dict[int, AccountState],
    dict[int, ChannelState],
    frozenset[int],
    Mapping[str, Invitation],
    Mapping[str, Device],
    frozenset[Ban],
    Mapping[int, Report],
    Mapping[int, Authenticator],
]


def message(
    key: int,
    *,
    sender: int = ALICE,
    channel: int | None = GENERAL,
    recipient: int | None = None,
    at: int = NOON,
    text: str = "hello",
    tags: Mapping[str, str] | None = None,
    nonce: str | None = None,
    undelivered: bool = False,
) -> MessageSent:
    """Return a message to a channel, or to an account when `recipient` is given."""
    return MessageSent(
        id=key,
        at=at,
        command="PRIVMSG",
        sender=sender,
        nick="alice",
        channel=None if recipient is not None else channel,
        recipient=recipient,
        addressed="#general" if recipient is None else "bob",
        text=text,
        tags=tags or {},
        nonce=nonce,
        undelivered=undelivered,
    )


def waiting(key: int, recipient: int, at: int = NOON) -> MessageSent:
    """Return a message to an account that is offline."""
    return message(key, recipient=recipient, at=at, undelivered=True)


def too_big(key: int) -> MessageSent:
    """Return a message for which a full database has no room."""
    return message(key, text="x" * 100_000)


def state_of(snapshot: Snapshot) -> State:
    """Return what a snapshot says, in a form to compare."""
    return (
        {
            a.id: (
                (a.name, a.former, a.password_due),
                a.phc,
                a.role,
                a.disabled,
                a.created,
                a.sources,
                a.seen,
                dict(a.positions),
            )
            for a in snapshot.accounts
        },
        {channel.id: _channel_state(channel) for channel in snapshot.channels},
        snapshot.waiting,
        snapshot.invitations,
        snapshot.devices,
        frozenset(snapshot.bans),
        snapshot.reports,
        snapshot.authenticators,
    )


def _channel_state(c: StoredChannel) -> ChannelState:
    members = {user: membership for user, membership in c.members.items() if user > 0}
    return c.name, c.founder, c.created, c.topic, members, c.modes, c.lists, c.retention_days


def state_in(registry: Registry) -> State:
    """Return what the registry holds of that. Of a removed account only the name counts."""
    accounts = registry.accounts.values()
    removed = {account.id for account in accounts if account.phc is None}
    return (
        {
            a.id: (
                (a.name, a.former, a.password_due),
                a.phc,
                a.role,
                a.disabled,
                a.created,
                {} if a.id in removed else a.sources,
                a.seen(""),
                dict(a.known_positions()),
            )
            for a in accounts
        },
        {channel.id: _channel_state(channel.stored()) for channel in registry.channels.values()},
        frozenset(account for account, count in registry.waiting.items() if count > 0) - removed,
        registry.invitations,
        registry.devices.everything(),
        frozenset(registry.bans.all()),
        registry.reports,
        registry.authenticators,
    )
