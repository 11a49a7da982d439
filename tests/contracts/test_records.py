"""What the store holds after each kind of record is what the registry holds."""

from dataclasses import replace

import pytest

from securechat.chat.limits import REMEMBERED_SOURCES
from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot, Store
from securechat.chat.records import (
    ONLINE,
    AccountDisabled,
    AccountEnabled,
    AccountRemoved,
    AccountRenamed,
    AccountSeen,
    Authenticator,
    AuthenticatorSet,
    Ban,
    BanAdded,
    BanRemoved,
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
    MessageSent,
    Parted,
    PasswordDue,
    PasswordSet,
    RanksChanged,
    Record,
    Report,
    ReportDropped,
    ReportKept,
    RetentionSet,
    RoleSet,
    StoredChannel,
    Topic,
    TopicSet,
)
from securechat.chat.state import applying
from securechat.chat.state.registry import Registry
from securechat.storage.errors import RecordMismatch
from tests.contracts.databases import Database, DurableDatabase, PrunedStore
from tests.contracts.facts import (
    ALICE,
    BOB,
    CAROL,
    CHANNELS,
    DEV,
    GENERAL,
    NOON,
    PEOPLE,
    message,
    state_in,
    state_of,
    waiting,
)

EMPTY = Snapshot([], [], frozenset(), 0)
TOPIC = Topic("Tea at four", "Bob", NOON + 9)

NEW = {"n": "", "t": ""}
BAN = EntryChanged("b", "*!*@*", ListEntry("Bob", NOON), None)
UNBAN = EntryChanged("b", "*!*@*", None, ListEntry("Bob", NOON))
EXCEPTION = EntryChanged("e", "$a:alice", ListEntry("Bob", NOON), None)
MOVED = EntryChanged("e", "$a:alice", ListEntry("carol", NOON + 3, "néw", NOON + 9), ListEntry("Bob", NOON))
OP = RanksChanged(ALICE, "o", "")
VOICE = RanksChanged(ALICE, "ov", "o")
DROPPED = StoredChannel(
    DEV,
    "#Dev",
    BOB,
    NOON + 4,
    Topic("", "", 0),
    {ALICE: Membership(NOON, 5)},
    NEW,
    {"b": {"*!*@*": ListEntry("Bob", NOON)}},
)

DEVICE = Device(ALICE, "phone", "token", NOON, NOON + 9)
BANNED = Ban("network", "192.0.2.0/24", "scanners", "Bob", NOON, NOON + 9)
REPORT = Report(1, NOON, ALICE, BOB, "0123456789abc", "#general", "Bob", "grüße\nzwei", "rude")
FACTOR = Authenticator("SECRET", NOON, 7, ("hash-1", "hash-2"))
OTHER = Authenticator("OTHER", NOON + 1, NOON * 1000, ())
INVITED = InvitationAdded("hash-1", Invitation(3, NOON + 1, NOON))

SEQUENCES: dict[str, tuple[Record, ...]] = {
    "nothing": (),
    "AccountAdded": PEOPLE,
    "ChannelCreated": (*PEOPLE, *CHANNELS),
    "AccountRemoved": (*PEOPLE, AccountRemoved(ALICE, "$alice", NOON)),
    "PasswordSet": (*PEOPLE, PasswordSet(ALICE, "$new", "$alice", NOON)),
    "AccountRenamed": (
        *PEOPLE,
        AccountRenamed(ALICE, "Alicia", "alice", NOON),
        AccountRenamed(ALICE, "alicia", "Alicia", NOON + 1, ("alice",)),
        AccountRenamed(ALICE, "Ally", "alicia", NOON + 2, ("alice",)),
        AccountRenamed(ALICE, "Alice", "Ally", NOON + 3, ("alice", "alicia")),
    ),
    "PasswordDue": (
        *PEOPLE,
        PasswordDue(ALICE, True, NOON),
        PasswordDue(BOB, True, NOON),
        PasswordDue(BOB, False, NOON),
    ),
    "RoleSet": (*PEOPLE, RoleSet(BOB, "admin", "member", NOON)),
    "AccountDisabled": (*PEOPLE, AccountDisabled(BOB, NOON)),
    "DeviceAdded": (DeviceAdded("key-1", DEVICE), DeviceAdded("key-2", DEVICE._replace(name="laptop"))),
    "DeviceUsed": (DeviceAdded("key-1", DEVICE), DeviceUsed("key-1", NOON + 1, DEVICE)),
    "AuthenticatorSet": (AuthenticatorSet(ALICE, FACTOR, None), AuthenticatorSet(BOB, OTHER, None)),
    "AuthenticatorSet, changed": (
        AuthenticatorSet(ALICE, FACTOR, None),
        AuthenticatorSet(ALICE, replace(FACTOR, step=8, recovery=()), FACTOR),
    ),
    "AuthenticatorSet, gone": (
        AuthenticatorSet(ALICE, FACTOR, None),
        AuthenticatorSet(BOB, OTHER, None),
        AuthenticatorSet(ALICE, None, FACTOR),
    ),
    "DeviceRenewed": (DeviceAdded("key-1", DEVICE), DeviceRenewed("key-1", NOON + 2, DEVICE)),
    "DeviceRevoked": (
        DeviceAdded("key-1", DEVICE),
        DeviceAdded("key-2", DEVICE._replace(name="laptop")),
        DeviceRevoked("key-1", DEVICE),
    ),
    "BanAdded": (
        BanAdded(BANNED),
        BanAdded(BANNED._replace(kind="mask", target="*!*@*", expires=0)),
        BanAdded(BANNED._replace(reason="", at=NOON + 1), BANNED),
    ),
    "BanRemoved": (
        BanAdded(BANNED),
        BanAdded(BANNED._replace(kind="account", target="1")),
        BanRemoved(BANNED),
    ),
    "ReportKept": (
        ReportKept(REPORT),
        ReportKept(REPORT._replace(id=2, about=None, subject="#general", text="")),
        ReportKept(REPORT._replace(closed=NOON, closed_by="Bob", note="mended"), REPORT),
    ),
    "ReportDropped": (ReportKept(REPORT), ReportKept(REPORT._replace(id=2)), ReportDropped(REPORT)),
    "InvitationAdded": (INVITED, InvitationAdded("hash-2", Invitation(2, NOON + 2, NOON))),
    "InvitationUsed": (
        INVITED,
        InvitationUsed("hash-1", Invitation(3, NOON + 1, NOON)),
        InvitationAdded("hash-2", Invitation(1, NOON + 2, NOON)),
        InvitationUsed("hash-2", Invitation(1, NOON + 2, NOON)),
    ),
    "InvitationRevoked": (
        INVITED,
        InvitationAdded("hash-2", Invitation(2, NOON + 2, NOON)),
        InvitationRevoked("hash-1", Invitation(3, NOON + 1, NOON)),
    ),
    "AccountEnabled": (*PEOPLE, AccountDisabled(BOB, NOON), AccountEnabled(BOB, NOON + 1)),
    "AccountSeen": (*PEOPLE, AccountSeen(ALICE, ONLINE, None), AccountSeen(BOB, 5, None)),
    "AccountSeen by names": (
        *PEOPLE,
        AccountSeen(ALICE, ONLINE, None, "work"),
        AccountSeen(ALICE, 7, ONLINE, "work"),
        AccountSeen(ALICE, 8, None, "phone"),
        AccountSeen(ALICE, 9, None, "tablet", forgotten=("work", 7)),
        AccountSeen(BOB, 5, None, "work"),
        AccountRemoved(BOB, "$bob", NOON, positions=(("work", 5),)),
    ),
    "LoginRemembered": (
        *PEOPLE,
        LoginRemembered(ALICE, "192.0.2.0/24", NOON, ()),
        LoginRemembered(ALICE, "2001:db8::/48", NOON + 1, (("192.0.2.0/24", NOON),)),
        LoginRemembered(
            ALICE, "192.0.2.0/24", NOON + 2, (("192.0.2.0/24", NOON), ("2001:db8::/48", NOON + 1))
        ),
    ),
    "Joined": (*PEOPLE, *CHANNELS, Joined(5, ALICE, DEV, NOON), Joined(6, BOB, DEV, NOON + 1)),
    "Joined as a session": (*PEOPLE, *CHANNELS, Joined(5, -7, DEV, NOON)),
    "Parted": (
        *PEOPLE,
        *CHANNELS,
        Joined(5, ALICE, DEV, NOON),
        Joined(6, BOB, DEV, NOON + 1),
        Parted(7, ALICE, DEV, NOON + 2, "bye", Membership(NOON, 5)),
    ),
    "Joined with ranks": (*PEOPLE, *CHANNELS, Joined(5, ALICE, DEV, NOON, "qov")),
    "Kicked": (
        *PEOPLE,
        *CHANNELS,
        Joined(5, ALICE, DEV, NOON, "v"),
        Joined(6, BOB, DEV, NOON + 1, "o"),
        Kicked(7, ALICE, DEV, NOON + 2, "Bob", "bye", Membership(NOON, 5, "v")),
    ),
    "ChannelRenamed": (*PEOPLE, *CHANNELS, ChannelRenamed(5, DEV, "#Work", "#Dev", NOON, "Bob", "")),
    "ChannelModesChanged": (
        *PEOPLE,
        *CHANNELS,
        Joined(5, ALICE, DEV, NOON),
        Joined(6, -4, DEV, NOON),
        ChannelModesChanged(7, DEV, NOON + 1, "Bob", (), FlagsChanged({"k": "kéy", "s": ""}, NEW)),
        ChannelModesChanged(
            8, DEV, NOON + 2, "Bob", (), None, (BAN, EXCEPTION), (OP, RanksChanged(-4, "v", ""))
        ),
        ChannelModesChanged(9, DEV, NOON + 3, "Bob", (), None, (UNBAN, MOVED), (VOICE,)),
    ),
    "ChannelDropped": (
        *PEOPLE,
        *CHANNELS,
        Joined(5, ALICE, DEV, NOON),
        ChannelModesChanged(7, DEV, NOON + 1, "Bob", (), None, (BAN,)),
        message(8, channel=DEV),
        ChannelDropped(9, DEV, NOON + 2, "over", DROPPED),
    ),
    "FounderSet": (
        *PEOPLE,
        *CHANNELS,
        FounderSet((GENERAL,), BOB, None),
        FounderSet((GENERAL, DEV), CAROL, BOB),
        FounderSet((DEV,), None, CAROL),
        FounderSet((DEV,), ALICE, None),
    ),
    "RetentionSet": (
        *PEOPLE,
        *CHANNELS,
        RetentionSet(GENERAL, 0, None),
        RetentionSet(DEV, 7, None),
        RetentionSet(GENERAL, None, 0),
    ),
    "TopicSet": (*PEOPLE, *CHANNELS, TopicSet(5, DEV, TOPIC, Topic("", "", 0))),
    "MessageSent": (*PEOPLE, *CHANNELS, message(5), message(6, recipient=BOB), waiting(7, CAROL)),
    "DirectDelivered": (
        *PEOPLE,
        waiting(5, CAROL),
        waiting(6, BOB),
        DirectDelivered(BOB, 6, False, 1),
        waiting(7, ALICE),
    ),
    "DirectMissed": (*PEOPLE, message(5, recipient=BOB), message(6, recipient=BOB), DirectMissed(BOB, 5)),
}


@pytest.mark.parametrize("records", SEQUENCES.values(), ids=SEQUENCES)
@pytest.mark.parametrize("together", [True, False], ids=["one transaction", "one each"])
def test_the_store_says_what_the_registry_says(
    database: Database, records: tuple[Record, ...], together: bool
) -> None:
    """Committed records, loaded after a reopening, give what they gave the registry."""
    registry = Registry("chat.example", EMPTY)
    for record in records:
        applying.apply(registry, record)
    store = database.store()
    for batch in [records] if together else [(record,) for record in records]:
        store.commit(batch)
    assert state_of(store.load()) == state_in(registry)
    assert state_of(database.store().load()) == state_in(registry)


def test_last_message_is_the_newest_id(store: Store) -> None:
    """The snapshot names the highest message id, 0 without messages."""
    assert store.load().last_message == 0
    store.commit([*PEOPLE, message(2**62), message(17)])
    assert store.load().last_message == 2**62


def test_a_join_that_was_deleted_is_not_newer_than_what_comes(durable_store: PrunedStore) -> None:
    """Its id counts as long as the membership lasts: what is said next is behind it."""
    durable_store.commit([*PEOPLE, *CHANNELS, Joined(2**61, ALICE, DEV, NOON)])
    assert durable_store.prune(NOON + 1, 10) == 1
    assert durable_store.load().last_message == 2**61


def test_the_id_of_a_dropped_channel_is_not_given_out_again(store: Store) -> None:
    """The snapshot names the highest id that a channel ever had; what was said in it stays."""
    store.commit([*PEOPLE, *CHANNELS, message(5, channel=DEV)])
    store.commit([ChannelDropped(6, DEV, NOON, "over", DROPPED)])
    snapshot = store.load()
    assert [channel.id for channel in snapshot.channels] == [GENERAL]
    assert (snapshot.last_channel, snapshot.last_message) == (DEV, 5)


def test_nobody_has_read_a_dropped_channel(store: Store) -> None:
    """How far people had read it goes with it, and what they have read elsewhere stays."""
    read = [MarkerMoved(who, place, NOON, None) for who in (ALICE, BOB) for place in (DEV, GENERAL, -CAROL)]
    store.commit([*PEOPLE, *CHANNELS, *read])
    store.commit([ChannelDropped(6, DEV, NOON, "over", DROPPED, ((ALICE, NOON), (BOB, NOON)))])
    assert store.load().markers == {who: {GENERAL: NOON, -CAROL: NOON} for who in (ALICE, BOB)}


def test_lists_are_loaded_in_the_order_of_their_entries(store: Store) -> None:
    """The oldest entry comes first, as it did before."""
    masks = ["z!*@*", "a!*@*", "m!*@*"]
    for at, mask in enumerate(masks):
        entry = EntryChanged("b", mask, ListEntry("Bob", NOON + at), None)
        first: tuple[Record, ...] = (*PEOPLE, *CHANNELS) if at == 0 else ()
        store.commit([*first, ChannelModesChanged(5 + at, DEV, NOON, "Bob", (), None, (entry,))])
    assert list(store.load().channels[1].lists["b"]) == masks


def test_last_login_is_kept(store: Store) -> None:
    """A remembered login is the account's last login."""
    store.commit([*PEOPLE, LoginRemembered(BOB, "192.0.2.0/24", NOON + 5, ())])
    assert [account.last_login for account in store.load().accounts] == [None, NOON + 5, None]


def test_nothing_of_a_removed_account_stays_but_its_name(durable: DurableDatabase) -> None:
    """Where it logged in and what waited for it goes with the credentials; its messages stay."""
    store = durable.store()
    store.commit([*PEOPLE, LoginRemembered(ALICE, "192.0.2.0/24", NOON, ()), waiting(5, ALICE)])
    store.commit([message(6, nonce="n"), waiting(7, ALICE), AccountRemoved(ALICE, "$alice", NOON)])
    snapshot = store.load()
    alice = snapshot.accounts[0]
    assert (alice.name, alice.phc, alice.sources) == ("alice", None, {})
    assert snapshot.waiting == frozenset()
    reader = durable.reader()
    assert reader.undelivered(ALICE, 0, 10) == []
    assert reader.find_nonce(ALICE, "n") == message(6, nonce="n")


def test_the_oldest_login_source_is_forgotten(durable_store: PrunedStore) -> None:
    """As many sources stay as the registry remembers; of equal age, those that it remembers."""
    registry = Registry("chat.example", EMPTY)
    for person in PEOPLE:
        applying.apply(registry, person)
    durable_store.commit(PEOPLE)
    for number in range(REMEMBERED_SOURCES + 3):
        previous = tuple(registry.accounts[ALICE].sources.items())
        record = LoginRemembered(ALICE, f"192.0.{number}.0/24", NOON + number // 2, previous)
        applying.apply(registry, record)
        durable_store.commit([record])
        assert state_of(durable_store.load()) == state_in(registry)
    assert len(durable_store.load().accounts[0].sources) == REMEMBERED_SOURCES


def test_members_are_loaded_in_the_order_of_joining(store: Store) -> None:
    """The mapping of a channel's members begins with who joined first."""
    # The clock went back before the last one.
    joins = [Joined(5, CAROL, DEV, NOON), Joined(6, ALICE, DEV, NOON + 1), Joined(7, BOB, DEV, NOON - 2)]
    store.commit([*PEOPLE, *CHANNELS, *joins])
    assert list(store.load().channels[1].members) == [CAROL, ALICE, BOB]


def test_names_are_unique_when_folded(durable_store: PrunedStore) -> None:
    """A second account or channel whose name folds to the same is refused by the database itself."""
    durable_store.commit([*PEOPLE, *CHANNELS])
    before = state_of(durable_store.load())
    for clash in (type(PEOPLE[0])(9, "BOB", "$", "member", NOON), type(CHANNELS[0])(9, "#DEV", None, NOON)):
        with pytest.raises(Exception, match=r"(?i)unique"):
            durable_store.commit([clash])
        assert state_of(durable_store.load()) == before


def test_a_record_of_an_unknown_account_or_channel_is_an_error(durable_store: PrunedStore) -> None:
    """A change of something that the database does not hold raises, and nothing of its transaction stays."""
    durable_store.commit([*PEOPLE, *CHANNELS])
    before = state_of(durable_store.load())
    unknown: list[Record] = [
        PasswordSet(99, "$new", "$old", NOON),
        AccountDisabled(99, NOON),
        TopicSet(5, 99, TOPIC, TOPIC),
        ChannelRenamed(5, 99, "#new", "#old", NOON, "Bob", ""),
        FounderSet((99,), BOB, None),
        FounderSet((GENERAL, 99), BOB, None),
        ChannelDropped(5, 99, NOON, "", replace(DROPPED, id=99)),
        ChannelModesChanged(5, 99, NOON, "Bob", (), FlagsChanged({}, NEW)),
        ChannelModesChanged(5, 99, NOON, "Bob", (), None, (UNBAN,)),
        ChannelModesChanged(5, DEV, NOON, "Bob", (), None, (), (RanksChanged(99, "v", ""),)),
    ]
    for record in unknown:
        with pytest.raises(RecordMismatch, match="99"):
            durable_store.commit([AccountDisabled(ALICE, NOON), record])
        assert state_of(durable_store.load()) == before
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        durable_store.commit([Joined(5, 99, GENERAL, NOON)])
    assert state_of(durable_store.load()) == before


def test_records_without_anything_to_store_need_no_room(database: Database) -> None:
    """Memberships of a session that is a user of its own do not touch the database."""
    store = database.store()
    store.commit([*PEOPLE, *CHANNELS])
    store.commit([])
    store.commit([Joined(5, -3, GENERAL, NOON), Parted(6, -3, GENERAL, NOON, "", Membership(NOON, 5))])
    assert store.load().channels[0].members == {}


def test_order_between_messages_and_deliveries_holds(database: Database) -> None:
    """In one transaction, a delivery removes what was sent before it and nothing that was sent after it."""
    store = database.store()
    store.commit([*PEOPLE, waiting(5, BOB), DirectDelivered(BOB, 5, False, 1), message(6), waiting(7, BOB)])
    assert [m.id for m in database.reader().undelivered(BOB, 0, 10)] == [7]
    store.commit([waiting(8, BOB), DirectDelivered(BOB, 7, True, 1)])
    assert [m.id for m in database.reader().undelivered(BOB, 0, 10)] == [8]


def test_a_delivery_may_be_of_some_senders(database: Database) -> None:
    """Then what others have sent waits, and what these had sent up to a time, whatever the ids say."""
    store = database.store()
    sent = [
        waiting(5, BOB),
        waiting(6, BOB, at=NOON + 9)._replace(sender=CAROL),
        waiting(7, BOB, at=NOON + 1),
        waiting(8, BOB, at=NOON + 1),
    ]
    store.commit([*PEOPLE, *sent, DirectDelivered(BOB, 7, True, 4, since=NOON, senders=(ALICE,))])
    assert [m.id for m in database.reader().undelivered(BOB, 0, 10)] == [5, 6, 8]


def test_what_a_dead_connection_did_not_take_waits_once(database: Database) -> None:
    """What was sent to the account after that id waits, with what waited already; what it sent itself does
    not.
    """
    store = database.store()
    store.commit([*PEOPLE, *(message(key, recipient=BOB) for key in (5, 6, 7)), waiting(8, BOB)])
    store.commit([message(9, recipient=CAROL), message(10, sender=BOB, recipient=BOB), DirectMissed(BOB, 5)])
    assert [m.id for m in database.reader().undelivered(BOB, 0, 10)] == [6, 7, 8]


def test_errors_do_not_show_messages_or_hashes(durable_store: PrunedStore) -> None:
    """The text of an exception, which is logged, holds no stored value."""
    durable_store.commit(PEOPLE)
    repeated: list[tuple[Record, str]] = [
        (type(PEOPLE[0])(9, "alice", "$canary", "member", NOON), "$canary"),
        (message(5, text="canary", nonce="canary"), "canary"),
    ]
    durable_store.commit([message(4, nonce="canary")])
    for record, canary in repeated:
        with pytest.raises(Exception, match=r"(?i)unique") as caught:
            durable_store.commit([record])
        assert canary not in str(caught.value)
        assert canary not in str(caught.value.__cause__)


def test_a_message_is_one_row_whatever_its_kind(database: Database) -> None:
    """All fields of a message come back, tags and text in every script included."""
    sent = MessageSent(
        id=2**62,
        at=NOON,
        command="TAGMSG",
        sender=ALICE,
        nick="Älice",
        channel=None,
        recipient=BOB,
        addressed="Bob",
        text="日本 \u200d ‮ \x01 '\"",
        tags={"+react": "👍", "+empty": "", '+q"uote': "\\"},
        nonce="ünïque",
        undelivered=True,
    )
    database.store().commit([*PEOPLE, sent])
    assert database.reader().find_nonce(ALICE, "ünïque") == sent


def test_direct_messages_are_received_by_id(database: Database) -> None:
    """What others said to an account after an id is found, oldest first, waiting or not."""
    store, reader = database.store(), database.reader()
    store.commit(PEOPLE)
    store.commit([message(5, recipient=BOB), waiting(6, BOB), message(7, sender=BOB, recipient=BOB)])
    store.commit([message(8, sender=BOB, recipient=ALICE), message(9, recipient=BOB), message(10)])
    assert [m.id for m in reader.received(BOB, 0, 10)] == [5, 6, 9]
    assert [m.id for m in reader.received(BOB, 5, 1)] == [6]
    assert [m.id for m in reader.received(ALICE, 8, 10)] == []
