"""Copies: one state of everything, whatever is written meanwhile; a name only when they are right."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from securechat.chat.records import (
    AccountDisabled,
    AccountRenamed,
    AccountSeen,
    AccountSpent,
    Audited,
    Authenticator,
    AuthenticatorSet,
    Ban,
    BanAdded,
    ChannelCreated,
    ChannelDropped,
    Device,
    DeviceAdded,
    Invitation,
    InvitationAdded,
    MarkerMoved,
    MessageRedacted,
    PersonalSet,
    Record,
    Report,
    ReportKept,
    Silenced,
    StoredChannel,
    Topic,
)
from securechat.storage.copying import CopyStopped, contents_of, copy_stopped
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


class HandedOver:
    """Turns with an owner who does something with the connection in between."""

    def __init__(self, between: Callable[[], None] = lambda: None) -> None:
        self._between = between
        self._held = False

    def take(self) -> None:
        assert not self._held
        self._between()
        self._held = True

    def leave(self) -> None:
        self._held = False


def test_a_copy_of_a_running_store_is_of_its_end(tmp_path: Path) -> None:
    """What is committed while pages are copied is in the copy, which does not begin anew; the log stays."""
    store = open_store(tmp_path)
    log = tmp_path / f"{DATABASE_NAME}-wal"
    seen: list[int] = []
    sizes: list[int] = []
    before = [message(key, text=BIG) for key in range(1, 201)]

    def write() -> None:
        changed = len(sizes)
        redacted = MessageRedacted(
            before[changed], ALICE, "alice!alice@x", "#general", "", NOON, 900 + changed
        )
        store.commit([message(1000 + changed, text=BIG), redacted])
        store.index(5)
        sizes.append(log.stat().st_size)

    try:
        store.commit([*PEOPLE, *CHANNELS, *before])
        store.copy(tmp_path / "copy", lambda done, total: seen.append(done), HandedOver(write))
        assert store.load().last_message == 999 + len(sizes)
    finally:
        store.close()
    steps = [done for done in seen if done > 1]
    assert len(steps) > 20 and steps == sorted(steps)
    assert keys_in(tmp_path / "copy") == [*range(1, 201), *range(1000, 1000 + len(sizes))]
    assert max(sizes) < 8_000_000
    with closing(sqlite3.connect(tmp_path / "copy")) as connection:
        texts = connection.execute("SELECT id FROM messages WHERE text = '' ORDER BY id").fetchall()
        assert texts == [(key + 1,) for key in range(len(sizes))], "each page is as it was in the end"


def test_what_is_rolled_back_is_not_in_a_copy(tmp_path: Path) -> None:
    """Also when it was so much that it was in the log already."""
    store = open_store(tmp_path)
    turns = 0

    def fail() -> None:
        nonlocal turns
        turns += 1
        if turns in (2, 10):
            with pytest.raises(Exception, match="UNIQUE"):
                store.commit([*(message(1000 + n, text=BIG) for n in range(200)), message(5)])

    try:
        store.commit([*PEOPLE, *CHANNELS, *(message(key, text=BIG) for key in range(1, 201))])
        store.copy(tmp_path / "copy", lambda done, total: None, HandedOver(fail))
    finally:
        store.close()
    assert turns > 10
    assert keys_in(tmp_path / "copy") == list(range(1, 201))


def test_a_file_gets_shorter_while_it_is_copied(tmp_path: Path) -> None:
    """Pages that were copied and are no more are not in the copy."""
    store = open_store(tmp_path)

    def shorten() -> None:
        store.prune(NOON + 1, 20)
        store.give_back()

    try:
        at = {key: NOON if key < 350 else NOON + 5 for key in range(1, 401)}
        store.commit([*PEOPLE, *CHANNELS, *(message(key, text=BIG, at=at[key]) for key in at)])
        store.copy(tmp_path / "copy", lambda done, total: None, HandedOver(shorten))
        size = (tmp_path / DATABASE_NAME).stat().st_size
    finally:
        store.close()
    assert keys_in(tmp_path / "copy") == list(range(350, 401))
    assert (tmp_path / "copy").stat().st_size <= size + 1_000_000


def test_a_copy_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    """Neither the file nor a part of it."""
    store = open_store(tmp_path / "chat")
    store.commit([*PEOPLE, *CHANNELS, message(5)])

    def give_up(done: int, total: int) -> None:
        raise CopyStopped

    (tmp_path / "copies").mkdir()
    with pytest.raises(CopyStopped):
        store.copy(tmp_path / "copies" / "copy", give_up, HandedOver())
    store.commit([message(6)])
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
    BanAdded(Ban("account", "1", "spam", "Bob", NOON, NOON + 9)),
    ReportKept(Report(1, NOON, ALICE, BOB, "bob", "", "", "", "rude")),
    DeviceAdded("key", Device(ALICE, "phone", "key", NOON, NOON + 9, NOON + 1)),
    AuthenticatorSet(ALICE, Authenticator("SECRET", NOON, 7, ("hash-1", "hash-2")), None),
    AccountSeen(BOB, 20, None),
    AccountSeen(BOB, 19, None, "phone"),
    PersonalSet(ALICE, DEV, "soju.im/muted", "1", None, NOON),
    Silenced(ALICE, "$a:bob", NOON, None),
    AccountSpent(ALICE, 1 << 40, 1.25, NOON),
    AccountDisabled(BOB, NOON),
    AccountRenamed(BOB, "Robert", "Bob", NOON),
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
