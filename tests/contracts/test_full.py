"""A database without room: what does not fit is refused and leaves nothing behind; the rest goes on."""

import pytest

from securechat.chat.ports import Snapshot, StoreFull
from securechat.chat.records import AccountDisabled, Joined, Record
from securechat.chat.state import applying
from securechat.chat.state.registry import Registry
from tests.contracts.databases import DurableDatabase
from tests.contracts.facts import (
    ALICE,
    BOB,
    CHANNELS,
    DEV,
    NOON,
    PEOPLE,
    message,
    state_in,
    state_of,
    too_big,
    waiting,
)

BATCH: list[Record] = [
    AccountDisabled(BOB, NOON),
    Joined(6, ALICE, DEV, NOON),
    message(7, nonce="n"),
    waiting(8, BOB),
    too_big(9),
]


def test_nothing_of_a_refused_transaction_stays(durable: DurableDatabase) -> None:
    """After `StoreFull` no record of the batch is there, neither at once nor after a reopening."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS])
    before = store.load()
    durable.fill()
    with pytest.raises(StoreFull):
        store.commit(BATCH)
    assert store.load() == before
    reader = durable.reader()
    assert reader.find_nonce(ALICE, "n") is None
    assert reader.undelivered(BOB, 0, 10) == []
    assert durable.store().load() == before


def test_the_same_connection_works_again_when_there_is_room(durable: DurableDatabase) -> None:
    """The batch that was refused is accepted as soon as there is room, by the connection that refused it."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS])
    durable.fill()
    for _ in range(3):
        with pytest.raises(StoreFull):
            store.commit(BATCH)
    durable.free()
    store.commit(BATCH)
    reader = durable.reader()
    assert reader.find_nonce(ALICE, "n") == message(7, nonce="n")
    assert [m.id for m in reader.undelivered(BOB, 0, 10)] == [8]
    assert store.load().last_message == 9


def test_reading_goes_on_while_there_is_no_room(durable: DurableDatabase) -> None:
    """Readers find what is stored, also right after a refusal."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, message(5, nonce="m")])
    reader = durable.reader()
    durable.fill()
    with pytest.raises(StoreFull):
        store.commit(BATCH)
    assert reader.find_nonce(ALICE, "m") == message(5, nonce="m")


def test_the_store_is_what_the_registry_is_after_reverting(durable: DurableDatabase) -> None:
    """Records that were applied, refused by the store and reverted leave both as they were."""
    registry = Registry("chat.example", Snapshot([], [], frozenset(), 0))
    store = durable.store()
    first: list[Record] = [*PEOPLE, *CHANNELS]
    for record in first:
        applying.apply(registry, record)
    store.commit(first)
    durable.fill()
    for record in BATCH:
        applying.apply(registry, record)
    with pytest.raises(StoreFull):
        store.commit(BATCH)
    for record in reversed(BATCH):
        applying.revert(registry, record)
    assert state_of(store.load()) == state_in(registry)


def test_pruning_makes_room(durable: DurableDatabase) -> None:
    """What the retention deletes can be written again without growth."""
    store = durable.store()
    store.commit([*PEOPLE, too_big(5)])
    durable.fill()
    with pytest.raises(StoreFull):
        store.commit([too_big(6)])
    assert store.prune(NOON + 1, 10) == 1
    store.commit([too_big(6)])
    assert store.load().last_message == 6
