"""What is deleted without anybody asking is the same with every database."""

import pytest

from securechat.chat.membership import Membership
from securechat.chat.records import (
    NOBODY,
    AccountAdded,
    AccountRemoved,
    Fate,
    Joined,
    Kicked,
    MessagePinned,
    MessageRedacted,
    RetentionSet,
    Topic,
    TopicSet,
)
from securechat.storage.store import SqlStore
from securechat.storage.upkeep import Erasure, Sweep
from tests.contracts.databases import DurableDatabase, PostgresDatabase, SqliteDatabase
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message

REMOVED = 9


def opened(durable: DurableDatabase) -> "PostgresDatabase | SqliteDatabase":
    """Return the database with people and channels in it."""
    assert isinstance(durable, PostgresDatabase | SqliteDatabase)
    durable.store().commit([*PEOPLE, *CHANNELS])
    return durable


def erase_all(store: SqlStore) -> list[int]:
    """Erase what removed accounts have left, in steps; return how many messages of each."""
    erased = []
    for erasure in store.erasures():
        sweep, count = Sweep(rows=1), 0
        while sweep.rows:
            count += store.erase(erasure, 3, sweep)
        erased.append(count)
    return erased


def test_a_sweep_goes_on_where_it_was(durable: DurableDatabase) -> None:
    """Each step looks at the next messages by time; those of channels with days of their own stay."""
    store = opened(durable).store()
    store.commit([message(key, at=NOON + key // 2, channel=DEV if key % 3 else GENERAL) for key in range(20)])
    store.commit([RetentionSet(GENERAL, 0, None)])
    assert store.retention() == {GENERAL: 0}
    sweep = Sweep()
    seen: list[tuple[int, int]] = []
    while not seen or sweep.rows:
        seen.append((store.prune(NOON + 8, 5, sweep), sweep.rows))
    assert seen == [(3, 5), (3, 5), (4, 5), (0, 1), (0, 0)]
    assert store.prune_channel(GENERAL, NOON + 3, 2) == 2
    assert store.prune_channel(GENERAL, NOON + 3, 2) == 0
    assert store.prune_channel(DEV, NOON + 9, 100) == 2


def test_what_a_removed_account_said_is_erased(durable: DurableDatabase) -> None:
    """It is deleted, or under the account that stands for nobody; the store remembers what is left to do."""
    database = opened(durable)
    store = database.store()
    store.commit([message(key, sender=ALICE if key % 2 else BOB, nonce=str(key)) for key in range(1, 9)])
    store.commit([AccountAdded(REMOVED, "removed", "", NOBODY, 1), AccountRemoved(REMOVED, "", 1)])
    store.commit([AccountRemoved(ALICE, "$alice", 1, messages="delete")])
    store.commit([AccountRemoved(BOB, "$bob", 1, messages="anonymise")])
    store = database.store()
    assert store.erasures() == [Erasure(ALICE, "delete"), Erasure(BOB, "anonymise")]
    assert erase_all(store) == [4, 4]
    assert store.erasures() == []
    reader = database.reader()
    found = [reader.message(key) for key in range(1, 9)]
    assert found[::2] == [None] * 4
    expected = message(2, sender=REMOVED)._replace(nick="removed")
    assert found[1::2] == [expected._replace(id=key) for key in (2, 4, 6, 8)]


@pytest.mark.parametrize(("how", "by"), [("delete", None), ("anonymise", REMOVED)])
def test_what_a_removed_account_did_to_messages_of_others_does_not_name_it(
    durable: DurableDatabase, how: Fate, by: int | None
) -> None:
    """Who redacted, with the reason, and who pinned is forgotten; what others did stays."""
    database = opened(durable)
    store = database.store()
    said = [message(key, sender=BOB) for key in range(1, 7)]
    store.commit(said)
    store.commit([AccountAdded(REMOVED, "removed", "", NOBODY, 1), AccountRemoved(REMOVED, "", 1)])
    for key, who in ((1, ALICE), (2, CAROL)):
        source = f"{who}!{who}@chat.test"
        store.commit([MessageRedacted(said[key - 1], who, source, "#general", f"says {who}", 60, 900 + key)])
    store.commit([MessagePinned(GENERAL, 3, ALICE, NOON), MessagePinned(GENERAL, 4, CAROL, NOON)])
    store.commit([AccountRemoved(ALICE, "$alice", 1, messages=how)])
    store = database.store()
    erase_all(store)
    reader = database.reader()
    found = [reader.message(key) for key in (1, 2)]
    assert [one and (one.text, one.redacted, one.redacted_by, one.redacted_reason) for one in found] == [
        ("", 60, by, None),
        ("", 60, CAROL, "says 3"),
    ]
    pins = [(pin.message.id, pin.by) for pin in reader.pins(GENERAL)]
    assert pins == [(3, by)] * (how == "anonymise") + [(4, CAROL)]


@pytest.mark.parametrize(("how", "left"), [("delete", [3, 4]), ("anonymise", [1, 2, 3, 4, 5])])
def test_events_do_not_name_a_removed_account(durable: DurableDatabase, how: Fate, left: list[int]) -> None:
    """What it caused and that it was kicked is deleted, or says the account that stands for nobody."""
    store = opened(durable).store()
    store.commit([AccountAdded(REMOVED, "removed", "", NOBODY, 1), AccountRemoved(REMOVED, "", 1)])
    store.commit([Joined(key, who, GENERAL, NOON) for key, who in ((1, ALICE), (3, BOB))])
    none = Topic("", "", 0)
    store.commit([TopicSet(2, GENERAL, Topic("hers", "alice", NOON), none)])
    store.commit([TopicSet(4, GENERAL, Topic("his", "bob", NOON), none)])
    store.commit([Kicked(5, ALICE, GENERAL, NOON, "bob", "rude words", Membership(NOON, 1))])
    store.commit([AccountRemoved(ALICE, "$alice", 1, messages=how)])
    erase_all(store)
    with store.transaction() as connection:
        rows = connection.exec_driver_sql(
            "SELECT id, sender, nick, text FROM messages ORDER BY id"
        ).fetchall()
    everything = [
        (1, REMOVED, "removed", ""),
        (2, 0, "removed", "hers"),
        (3, BOB, "", ""),
        (4, 0, "bob", "his"),
        (5, 0, "bob", f"{REMOVED} rude words"),
    ]
    assert [tuple(row) for row in rows] == [row for row in everything if row[0] in left]


def test_pins_go_with_their_messages(durable: DurableDatabase) -> None:
    """What the retention or the removal of an account deletes is not pinned any more, what stays is."""
    store = opened(durable).store()
    store.commit([message(key, at=NOON + key, sender=ALICE if key == 3 else BOB) for key in range(1, 6)])
    store.commit([message(6, channel=DEV, sender=BOB)])
    store.commit([MessagePinned(GENERAL, key, CAROL, NOON) for key in (1, 2, 3, 4)])
    store.commit([MessagePinned(DEV, 6, CAROL, NOON)])

    def pinned() -> list[int]:
        with store.transaction() as connection:
            return list(connection.exec_driver_sql("SELECT message FROM pins ORDER BY message").scalars())

    store.prune_channel(GENERAL, NOON + 2, 10)
    assert pinned() == [2, 3, 4, 6]
    store.commit([AccountRemoved(ALICE, "$alice", 1, messages="delete")])
    erase_all(store)
    assert pinned() == [2, 4, 6]
    store.prune(NOON + 3, 10)
    assert pinned() == [4]
