"""Copies: one state of everything, whatever is written meanwhile; a name only when they are right."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from securechat.chat.records import (
    AccountDisabled,
    AccountSeen,
    Audited,
    ChannelCreated,
    ChannelDropped,
    Invitation,
    InvitationAdded,
    MarkerMoved,
    PersonalSet,
    Record,
    StoredChannel,
    Topic,
)
from securechat.storage.copying import CopyStopped, contents_of, copy_running, copy_stopped
from securechat.storage.databases import Database
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.schema import metadata
from securechat.storage.sqlite import open_store
from securechat.storage.store import SqlStore
from securechat.storage.transfer import copy_rows, count_rows
from securechat.storage.upkeep import Seen
from tests.contracts.databases import DurableDatabase, PostgresDatabase, SqliteDatabase
from tests.contracts.exchanged import SAID, STATE, opened
from tests.contracts.facts import ALICE, BOB, CAROL, CHANNELS, DEV, NOON, PEOPLE, message, state_of, waiting

BIG = "x" * 100_000


def keys_in(path: Path) -> list[int]:
    """Return the messages in a copy."""
    with closing(sqlite3.connect(path)) as connection:
        return [key for (key,) in connection.execute("SELECT id FROM messages ORDER BY id")]


def test_a_copy_of_a_running_store_is_of_one_moment(tmp_path: Path) -> None:
    """What is committed while pages are copied is not in the copy, and does not make it begin anew."""
    store = open_store(tmp_path)
    try:
        store.commit([*PEOPLE, *CHANNELS, *(message(key, text=BIG) for key in range(1, 201))])
        seen: list[tuple[int, int]] = []

        def write(done: int, total: int) -> None:
            seen.append((done, total))
            store.commit([message(1000 + len(seen))])

        copy_running(tmp_path, tmp_path / "copy", write)
        assert keys_in(tmp_path / "copy") == list(range(1, 201))
        steps = [done for done, total in seen if total > 1]
        assert len(steps) >= 3 and steps == sorted(steps)
        assert store.load().last_message == 1000 + len(seen)
    finally:
        store.close()


def test_the_log_starts_over_while_a_copy_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only copying needs the log as it is: what is written during the check of a copy is not kept twice."""
    store = open_store(tmp_path)
    log = tmp_path / f"{DATABASE_NAME}-wal"
    sizes: list[int] = []

    def write(done: int, total: int) -> None:
        if total == 1 and len(sizes) < 5:  # the check
            for key in range(100):
                store.commit([message(10_000 + 100 * len(sizes) + key, text=BIG)])
            sizes.append(log.stat().st_size)

    monkeypatch.setattr("securechat.storage.copying._STEPS", 1000)
    try:
        store.commit([*PEOPLE, *CHANNELS, *(message(key) for key in range(1, 2000))])
        copy_running(tmp_path, tmp_path / "copy", write)
    finally:
        store.close()
    assert len(sizes) == 5, "the check was too short to notice"
    assert max(sizes) < 8_000_000


def test_a_copy_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Neither the file nor a part of it."""
    store = open_store(tmp_path / "chat")
    store.commit([*PEOPLE, *CHANNELS, message(5)])

    def give_up(done: int, total: int) -> None:
        raise CopyStopped

    (tmp_path / "copies").mkdir()
    with pytest.raises(CopyStopped):
        copy_running(tmp_path / "chat", tmp_path / "copies" / "copy", give_up)
    store.close()
    assert list((tmp_path / "copies").iterdir()) == []


def test_a_damaged_database_is_not_copied(tmp_path: Path) -> None:
    """The copy is looked through before it gets its name."""
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, *(message(key, text=BIG[:3000]) for key in range(1, 101))])
    store.close()
    path = tmp_path / DATABASE_NAME
    content = bytearray(path.read_bytes())
    content[-20 * 4096 : -19 * 4096] = bytes(4096)
    path.write_bytes(content)
    with pytest.raises(StorageError, match=r"damaged|malformed"):
        copy_stopped(tmp_path, tmp_path / "copy", lambda done, total: None)
    assert not (tmp_path / "copy").exists()
    with pytest.raises(StorageError, match="there is no database"):
        copy_stopped(tmp_path / "nothing", tmp_path / "copy", lambda done, total: None)


def test_everything_is_copied_between_databases(durable: DurableDatabase, tmp_path: Path) -> None:
    """Every table's rows are the same on the other side; only an empty database is filled."""
    store = durable.store()
    many = [message(key, text=f"message {key} ü", tags={"+a": "b"}) for key in range(10, 2510)]
    store.commit([*PEOPLE, *CHANNELS, *many, message(5, nonce="n"), waiting(6, BOB)])
    assert isinstance(durable, PostgresDatabase | SqliteDatabase)
    other = open_store(tmp_path / "other")
    seen: list[tuple[str, int, int]] = []
    source = durable.store()
    with source.transaction() as read, other.transaction() as written:
        rows = copy_rows(read, written, lambda *step: seen.append(step))
        assert rows == count_rows(read) and rows["messages"] == 2502
    assert ("messages", 2502, 2502) in seen
    with source.transaction() as first, other.transaction() as second:
        for table in metadata.sorted_tables:
            order = list(table.primary_key.columns)
            query = table.select().order_by(*order)
            assert first.execute(query).fetchall() == second.execute(query).fetchall()
    with (
        pytest.raises(StorageError, match="not empty: it has rows in accounts"),
        source.transaction() as read,
        other.transaction() as written,
    ):
        copy_rows(read, written, lambda *step: None)
    other.close()


EVERYTHING: tuple[Record, ...] = (
    *STATE,
    *SAID,
    message(20, nonce="n2", tags={"+draft/react": "\U0001f44d"}),
    waiting(21, CAROL),
    MarkerMoved(ALICE, DEV, NOON, None),
    MarkerMoved(ALICE, -BOB, NOON, None),
    InvitationAdded("hash", Invitation(3, NOON + 9, NOON)),
    AccountSeen(BOB, 20, None),
    AccountSeen(BOB, 19, None, "phone"),
    PersonalSet(ALICE, DEV, "soju.im/muted", "1", None, NOON),
    AccountDisabled(BOB, NOON),
    Audited(NOON, "root", "local", "adduser", "alice", "grüße"),
    ChannelCreated(3, "#gone", ALICE, NOON),
    ChannelDropped(
        30, 3, NOON, "over", StoredChannel(3, "#gone", ALICE, NOON, Topic("", "", 0), {}, {}, {}, None)
    ),
)


def rows_of(store: SqlStore) -> Mapping[str, Sequence[tuple[object, ...]]]:
    """Return everything that a database holds."""
    with store.transaction() as connection:
        return {
            table.name: [
                tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key.columns))
            ]
            for table in metadata.sorted_tables
        }


def test_everything_comes_back(make_durable: Callable[[Path], DurableDatabase], tmp_path: Path) -> None:
    """Every kind of record is the same after the way to the other database and back, and in use there."""
    first = make_durable(tmp_path / "first")
    source, other = opened(first), open_store(tmp_path / "other")
    source.commit(EVERYTHING)
    source.note_clock(Seen(NOON, 60))
    before, state = rows_of(source), state_of(source.load())
    assert not [name for name, rows in before.items() if not rows], "there is something in every table"
    with source.transaction() as read, other.transaction() as written:
        copy_rows(read, written, lambda *step: None)
    first.close()
    assert rows_of(other) == before
    again = make_durable(tmp_path / "again")
    try:
        target = opened(again)
        with other.transaction() as read, target.transaction() as written:
            copy_rows(read, written, lambda *step: None)
        assert rows_of(target) == before and state_of(target.load()) == state
        target.commit([message(100, text="and it goes on")])
        assert target.index(200) > 0
    finally:
        again.close()
        other.close()


def test_a_database_in_use_is_copied_into_a_file(durable: DurableDatabase, tmp_path: Path) -> None:
    """PostgreSQL is read beside the server; what the copy holds is counted per table."""
    store = durable.store()
    store.commit([*PEOPLE, *CHANNELS, message(5)])
    if isinstance(durable, SqliteDatabase):
        durable.close()
        database = Database(durable.directory)
    else:
        assert isinstance(durable, PostgresDatabase)
        database = Database(tmp_path, durable.place.url)
    database.copy(tmp_path / "copy", lambda done, total: None)
    revision, rows = contents_of(tmp_path / "copy")
    assert revision.isdigit()
    assert (rows["messages"], rows["accounts"], rows["channels"]) == (1, 3, 2)
    assert {path.name for path in tmp_path.iterdir()} - {"chat"} == {"copy"}
