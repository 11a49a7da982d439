"""The audit log in the store: appended in the order of the facts, chained, and never half of it."""

from dataclasses import replace

import pytest

from securechat.chat.ports import AuditEntry, StoreFull
from securechat.chat.records import AccountDisabled, AccountEnabled, Audited
from securechat.storage.audit import FIRST, ChainBroken, verify
from tests.contracts.databases import Database, DurableDatabase
from tests.contracts.facts import ALICE, NOON, PEOPLE, too_big

WORDS = [
    Audited(NOON + n, "root (uid 0)", "control socket", "passwd", f"Zoë{n}", 'a "detail"\n') for n in range(5)
]


def entries(database: Database) -> list[AuditEntry]:
    """The whole log."""
    return list(database.reader().audit(0, 100))


def test_records_are_read_back_in_order(database: Database) -> None:
    """Numbers count from 1 over transactions and reopenings; a page begins after the row that it is told."""
    store = database.store()
    store.commit(WORDS[:2])
    store.commit([*PEOPLE, WORDS[2], AccountDisabled(ALICE, NOON), WORDS[3]])
    database.store().commit(WORDS[4:])
    log = entries(database)
    assert [entry.id for entry in log] == [1, 2, 3, 4, 5]
    assert [entry.record for entry in log] == WORDS
    assert database.reader().audit(2, 2) == log[2:4]
    assert verify(log) == (5, log[-1].hash)
    assert verify(log[3:], 3, log[2].hash) == (5, log[-1].hash)


def test_the_log_stands_or_falls_with_the_change(durable: DurableDatabase) -> None:
    """A transaction that found no room has left no entry, and the chain goes on."""
    store = durable.store()
    store.commit([*PEOPLE, WORDS[0]])
    durable.fill()
    with pytest.raises(StoreFull):
        store.commit([AccountDisabled(ALICE, NOON), WORDS[1], too_big(9)])
    durable.free()
    store.commit([AccountDisabled(ALICE, NOON), AccountEnabled(ALICE, NOON), WORDS[2]])
    log = entries(durable)
    assert [entry.record for entry in log] == [WORDS[0], WORDS[2]]
    assert verify(log)[0] == 2


def test_an_empty_log_is_whole() -> None:
    """Nothing to say is no error."""
    assert verify([]) == (0, FIRST)


@pytest.mark.parametrize("field", ["actor", "origin", "action", "target", "detail"])
def test_a_changed_entry_is_found(database: Database, field: str) -> None:
    """Every column is part of the hash."""
    database.store().commit(WORDS)
    log = entries(database)
    log[2] = replace(log[2], record=replace(log[2].record, **{field: "x"}))  # type: ignore[arg-type]
    with pytest.raises(ChainBroken, match="entry 3"):
        verify(log)


def test_a_changed_time_a_gap_and_a_new_hash_are_found(database: Database) -> None:
    """So are the time, an entry that is missing, and a row that was hashed anew without those after it."""
    database.store().commit(WORDS)
    log = entries(database)
    with pytest.raises(ChainBroken, match="entry 1"):
        verify([replace(log[0], record=replace(log[0].record, at=1)), *log[1:]])
    with pytest.raises(ChainBroken, match="entry 3 is missing"):
        verify([*log[:2], *log[3:]])
    with pytest.raises(ChainBroken, match="entry 1"):
        verify([replace(log[0], hash="0" * 64), *log[1:]])
