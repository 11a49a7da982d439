"""Records: `apply` and then `revert` leave the registry as it was, in any order of facts that can happen."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.strategies import DataObject

from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRemoved,
    AccountRenamed,
    AccountSeen,
    AccountSpent,
    Authenticator,
    AuthenticatorSet,
    Ban,
    BanAdded,
    BanRemoved,
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    ChannelRenamed,
    Device,
    DeviceAdded,
    DeviceRenewed,
    DeviceRevoked,
    DeviceUsed,
    DirectDelivered,
    DirectMissed,
    EntryChanged,
    FlagsChanged,
    FounderSet,
    Invitation,
    InvitationAdded,
    InvitationRevoked,
    InvitationUsed,
    Joined,
    Kicked,
    ListEntry,
    LoginRemembered,
    MarkerMoved,
    MarkersForgotten,
    MessageRedacted,
    MessageSent,
    MetadataForgotten,
    MetadataSet,
    Parted,
    PasswordDue,
    PasswordSet,
    Personal,
    PersonalSet,
    RanksChanged,
    Record,
    Report,
    ReportDropped,
    ReportKept,
    RetentionSet,
    RoleSet,
    Silenced,
    StoredAccount,
    StoredChannel,
    Topic,
    TopicSet,
)
from securechat.chat.rules.dropping import markers_in
from securechat.chat.state import applying
from securechat.chat.state.channel import Channel
from securechat.chat.state.nested import copied
from securechat.chat.state.registry import Registry
from tests.support.scratch_store import ScratchStore

MESSAGE = MessageSent(7, 70, "PRIVMSG", 1, "alice", None, 2, "bob", "hi", {}, "n1", True)


def registry() -> Registry:
    """Two accounts, one channel that the first is in."""
    accounts = [
        StoredAccount(n, name, "$p$", "member", False, 1, None, {}) for n, name in ((1, "alice"), (2, "bob"))
    ]
    dev = StoredChannel(1, "#dev", 1, 5, Topic("", "", 0), {1: Membership(5, 4, "q")}, {"n": ""}, {})
    return Registry(
        "chat.test",
        Snapshot(accounts, [dev], frozenset(), 0),
    )


def state(one: Registry) -> object:
    """Everything that records change, as a value, but for the epochs: these only grow."""
    accounts = {
        account.id: (
            (account.name, account.folded, account.former),
            account.phc,
            account.role,
            (account.bot, account.password_due),
            account.disabled,
            dict(account.sources),
            account.seen(""),
            dict(account.known_positions()),
        )
        for account in one.accounts.values()
    }
    channels = {channel.id: channel.stored() for channel in one.channels.values()}
    memberships = {user: set(channels) for user, channels in one.memberships.items() if channels}
    found = [
        one.account("alice"),
        one.account("carol"),
        one.account("alicia"),
        one.account_known_as("alice"),
        one.account_known_as("alicia"),
        one.account_like("a1ice"),
        one.account_like("a1icia"),
        one.channel("#dev"),
        one.channel("#new"),
        one.channel("#old"),
    ]
    names: list[object] = [thing and thing.id for thing in found]
    return (
        accounts,
        channels,
        memberships,
        {account for account, waits in one.waiting.items() if waits},
        one.nonces.find(1, "n1"),
        copied(one.markers),
        copied(one.metadata),
        {account: copied(targets) for account, targets in one.personal.items()},
        names,
        dict(one.silences.of(1)),
        dict(one.invitations),
        {ban.key: ban for ban in one.bans.all()},
        dict(one.reports),
        dict(one.bans.temporary),
        set(one.bans.of_address("192.0.2.7", 0)),
        set(one.bans.of_source("x", "y", "z", 0)),
        one.devices.of(1),
        dict(one.authenticators),
        {account: count for account, count in one.founded.items() if count},
        [channel.name for channel in one.channel_names.all()],
        set(one.channel_names.hidden),
    )


def possible(one: Registry) -> list[Record]:
    """The facts that can happen next."""
    alice = one.accounts[1]
    facts: list[Record] = [AccountEnabled(1, 9) if alice.disabled else AccountDisabled(1, 9)]
    facts += [
        AccountRenamed(1, name, alice.name, 9, alice.former)
        for name in ("alice", "Alice", "alicia", "a1ice")
        if name != alice.name
    ]
    facts.append(PasswordDue(1, not alice.password_due, 9))
    facts.append(RoleSet(1, "bot" if alice.role == "member" else "member", alice.role, 9))
    if 1 in one.channels:
        facts += possible_in(one, one.channels[1])
    if alice.phc is not None:
        facts.append(LoginRemembered(1, "192.0.2.0/24", 9, tuple(alice.sources.items())))
        facts += [
            PasswordSet(1, alice.phc + "x", alice.phc, 9),
            AccountRemoved(1, alice.phc, 9, tuple(alice.sources.items()), positions=alice.known_positions()),
        ]
    facts += [AccountSeen(1, 9, alice.seen("")), AccountSeen(1, 10, alice.seen(""))]
    facts += [AccountSeen(1, 9, alice.seen(name), name) for name in ("work", "phone")]
    others = [known for known in alice.known_positions() if known[0] != "new"]
    facts += [AccountSeen(1, 9, alice.seen("new"), "new", known) for known in others[:1]]
    if 3 not in one.accounts:
        facts.append(AccountAdded(3, "carol", "$c$", "admin", 9))
    if 2 not in one.channels and one.last_channel < 2:
        facts.append(ChannelCreated(2, "#new", 2, 9))
    if one.nonces.find(1, "n1") is None:
        facts.append(MESSAGE._replace(undelivered=not one.waiting[2]))
    sent = one.nonces.find(1, "n1")
    if sent is not None and sent.redacted is None:
        facts.append(MessageRedacted(sent, 1, "alice!alice@chat.test", "bob", "typo", 9, 10))
    read = one.markers.get(1, {}).get(-2)
    facts.append(MarkerMoved(1, -2, (read or 0) + 5, read))
    if one.markers.get(1):
        facts.append(MarkersForgotten(1, tuple(one.markers[1].items())))
    muted = one.personal.get(1, {}).get(-2, {}).get("soju.im/muted")
    facts.append(PersonalSet(1, -2, "soju.im/muted", "0" if muted == "1" else "1", muted, 9))
    if muted is not None:
        facts.append(PersonalSet(1, -2, "soju.im/muted", None, muted, 9))
        facts.append(MetadataForgotten(-2, (), (Personal(1, -2, "soju.im/muted", muted),)))
    facts.append(AccountSpent(1, 100, 1.5, 9))
    since = one.silences.of(1).get("$a:bob")
    facts.append(Silenced(1, "$a:bob", 9 if since is None else None, since))
    said = one.metadata.get(1, {}).get("url")
    facts.append(MetadataSet(1, "url", "x" if said is None else None, said, 1, 9))
    if said is not None:
        facts.append(MetadataForgotten(1, (("url", said),), ()))
    invitation = one.invitations.get("hash")
    device = one.devices.get("key")
    if device is None:
        facts.append(DeviceAdded("key", Device(1, "phone", "token", 1, 9)))
    else:
        facts += [DeviceUsed("key", device.used + 1, device), DeviceRevoked("key", device)]
        facts += [DeviceRenewed("key", device.expires + 1, device)]
    facts += possible_bans(one)
    report = one.reports.get(1)
    if report is None:
        facts.append(ReportKept(Report(1, 9, 1, 2, "bob", "", "", "", "rude")))
    else:
        facts += [ReportKept(report._replace(closed=report.closed + 1), report), ReportDropped(report)]
    known = one.authenticators.get(1)
    if known is None:
        facts.append(AuthenticatorSet(1, Authenticator("SECRET", 1, 2, ("a", "b")), None))
    else:
        facts += [AuthenticatorSet(1, replace(known, step=known.step + 1, recovery=()), known)]
        facts += [AuthenticatorSet(1, None, known)]
    if invitation is None:
        facts.append(InvitationAdded("hash", Invitation(2, 9, 1)))
    else:
        facts += [InvitationUsed("hash", invitation), InvitationRevoked("hash", invitation)]
    if one.waiting[2]:
        facts.append(DirectMissed(2, 5))
        facts.append(DirectDelivered(2, 7, False, one.waiting[2]))
    return facts


def possible_bans(one: Registry) -> list[Record]:
    """The bans that can come and go next: of an account, a mask and a network."""
    facts: list[Record] = []
    for kind, target in (("account", "1"), ("mask", "*!*@*"), ("network", "192.0.2.0/24")):
        ban = one.bans.get(kind, target)
        at = ban.at + 1 if ban is not None else 1
        facts.append(BanAdded(Ban(kind, target, "spam", "root", at, 9 if at % 2 else 0), ban))
        if ban is not None:
            facts.append(BanRemoved(ban))
    return facts


def possible_in(one: Registry, dev: Channel) -> list[Record]:
    """The facts that can happen next in a channel."""
    read = one.markers.get(1, {}).get(1)
    other = "#old" if dev.name == "#dev" else "#dev"
    ban = dev.lists["b"].get("x!*@*")
    banned = EntryChanged("b", "x!*@*", ListEntry("alice", 9, "spam", 20) if ban is None else None, ban)
    flags = {"k": "key"} if "k" not in dev.modes else {"n": "", "s": ""}
    facts: list[Record] = [
        MarkerMoved(1, 1, (read or 0) + 5, read),
        MESSAGE._replace(id=100 + dev.said, channel=1, recipient=None, nonce=None, undelivered=False),
        TopicSet(9, 1, Topic("new", "alice", 9), dev.topic),
        ChannelRenamed(9, 1, other, dev.name, 9, "alice", ""),
        ChannelModesChanged(9, 1, 9, "alice", (), FlagsChanged(flags, dict(dev.modes)), (banned,)),
        ChannelDropped(9, 1, 9, "over", dev.stored(), markers_in(one, 1)),
        FounderSet((1,), 2 if dev.founder == 1 else 1, dev.founder),
        FounderSet((1,), None, dev.founder),
        RetentionSet(1, 7 if dev.retention_days is None else None, dev.retention_days),
    ]
    for user in one.accounts:
        member = dev.members.get(user)
        if member is None:
            facts.append(Joined(9, user, 1, 9, "v"))
        else:
            facts.append(Parted(9, user, 1, 9, "bye", member))
            facts.append(Kicked(9, user, 1, 9, "alice", "bye", member))
            ranks = RanksChanged(user, "qo" if member.ranks != "qo" else "", member.ranks)
            facts.append(ChannelModesChanged(9, 1, 9, "alice", (), None, (), (ranks,)))
    return facts


def passing(one: Registry) -> object:
    """What ends with the process, of which a drop that is reverted takes nothing away."""
    return {
        channel.id: (
            channel.said,
            dict(channel.invited),
            dict(channel.knocked),
            len(channel.listeners.audience.groups),
        )
        for channel in one.channels.values()
    }


@given(st.data())
def test_revert_undoes_apply(data: DataObject) -> None:
    """Any run of facts, reverted backwards, leaves what was before."""
    one = registry()
    one.channels[1].invited, one.channels[1].knocked = {2: 5}, {2: 6.0}
    done: list[tuple[Record, object]] = []
    for _ in range(data.draw(st.integers(1, 12))):
        record = data.draw(st.sampled_from(possible(one)))
        done.append((record, (state(one), passing(one))))
        applying.apply(one, record)
    for record, before in reversed(done):
        applying.revert(one, record)
        assert (state(one), passing(one)) == before, record


EVENTS = (ChannelModesChanged, ChannelRenamed, Joined, Kicked, Parted, TopicSet)


def renumbered(record: Record, key: int) -> Record:
    """The store keeps events by their ids, which are never given out twice; a message keeps its own here."""
    return replace(record, id=key) if isinstance(record, EVENTS) else record


@settings(deadline=None)  # it writes to a disk
@given(st.data())
def test_registry_is_what_was_stored(data: DataObject) -> None:
    """A registry that is loaded again from the store is the one that the records made."""
    with ScratchStore() as store:
        one = Registry("chat.test", store.load())
        first: list[Record] = [
            AccountAdded(1, "alice", "$p$", "member", 1),
            AccountAdded(2, "bob", "$p$", "member", 1),
        ]
        for record in [*first, ChannelCreated(1, "#dev", 1, 5), Joined(6, 1, 1, 5)]:
            applying.apply(one, record)
            store.commit([record])
        for number in range(data.draw(st.integers(1, 12))):
            record = renumbered(data.draw(st.sampled_from(possible(one))), 10 + number)
            applying.apply(one, record)
            store.commit([record])
        loaded = Registry("chat.test", store.load())
        found = one.nonces.find(1, "n1")
        if found is not None:
            loaded.nonces.add(1, "n1", found)
        assert state(loaded) == state(one)
