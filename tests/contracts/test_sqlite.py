"""What is SQLite's own: private files, durable commits, indexes that are used, and a log that stays short."""

import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Connection, event

from securechat.chat.ports import StoreFull, StoreUnavailable
from securechat.chat.reading import LAST_ID, MS_SHIFT, ChannelPlace, Conversation, Search, Span
from securechat.chat.records import DirectDelivered, Joined, MessageRedacted
from securechat.chat.words import terms
from securechat.irc import msgid
from securechat.storage import sqlite
from securechat.storage.copying import check_file
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.sqlite import SqliteStore, open_reader, open_store
from tests.contracts.facts import ALICE, BOB, CHANNELS, DEV, GENERAL, NOON, PEOPLE, message


def test_files_are_private(tmp_path: Path) -> None:
    """The directory is 0700 and every file of the database 0600, whatever the umask."""
    directory = tmp_path / "new" / "chat"
    store = open_store(directory)
    reader = open_reader(directory)
    try:
        store.load()
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
        assert modes == {DATABASE_NAME: 0o600, f"{DATABASE_NAME}-wal": 0o600}
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    finally:
        reader.close()
        store.close()


def test_a_database_that_others_can_read_is_made_private(migrated: Path, tmp_path: Path) -> None:
    """Opening takes away from others what they were given, for instance by a copy."""
    path = tmp_path / DATABASE_NAME
    path.write_bytes((migrated / DATABASE_NAME).read_bytes())
    path.chmod(0o644)
    open_store(tmp_path).close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_commits_are_synced_and_the_reader_cannot_write(tmp_path: Path) -> None:
    """The writer's connection is WAL with synchronous=FULL and foreign keys; a reader's refuses to write."""
    store = open_store(tmp_path)
    reader = open_reader(tmp_path)
    try:
        connection = store._connection
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
        assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}
        connection.rollback()
        with pytest.raises(Exception, match="readonly"):
            reader._connection.exec_driver_sql("DELETE FROM accounts")
    finally:
        reader.close()
        store.close()


def test_a_message_alone_is_stored_by_one_statement(tmp_path: Path) -> None:
    """Its INSERT is a transaction by itself; whatever takes several statements has one around them."""
    store = open_store(tmp_path)
    try:
        store.commit([*PEOPLE, *CHANNELS])
        seen: list[str] = []
        store._driver.set_trace_callback(seen.append)
        ids = count(NOON << MS_SHIFT)
        for batch in (
            [message(next(ids))],
            [message(next(ids), nonce="n", tags={"+draft/reply": "x"})],
            [message(next(ids)), message(next(ids))],
            [message(5)],  # whose id does not say its time, which is noted as well
            [message(next(ids), channel=None, recipient=BOB, undelivered=True)],
        ):
            store.commit(batch)
            seen.append("")
        kinds = " ".join(statement.split(" ")[0] for statement in seen).split("  ")
        several = "BEGIN INSERT INSERT COMMIT"
        assert kinds == ["INSERT", "INSERT", several, several, several + " "]
    finally:
        store.close()


def _plans(store: SqliteStore, asked: list[tuple[str, tuple[object, ...]]]) -> list[str]:
    """The steps by which the database answers these queries."""
    return [
        tuple(row)[3]
        for statement, parameters in asked
        for row in store._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
    ]


def test_queries_use_their_indexes(tmp_path: Path) -> None:
    """Nothing that a running server asks reads a whole table of messages, or sorts one."""
    store = open_store(tmp_path)
    reader = open_reader(tmp_path)
    executed: list[tuple[str, tuple[object, ...]]] = []

    def remember(
        connection: Connection,
        cursor: sqlite3.Cursor,
        statement: str,
        parameters: tuple[object, ...],
        context: object,
        many: bool,
    ) -> None:
        executed.append((statement, parameters))

    try:
        for connection in (store._connection, reader._connection):
            event.listen(connection, "before_cursor_execute", remember)
        store.prune(NOON, 100)
        store.commit([DirectDelivered(ALICE, 5, True, 1)])
        reader.find_nonce(ALICE, "n")
        reader.undelivered(ALICE, 0, 100)
        reader.message(5)
        reader.pins(1)
        reader.edits(5)
        for place in (ChannelPlace(GENERAL, 3, ALICE, "o"), Conversation(ALICE, BOB)):
            reader.history(place, Span(5, 9, 50, newest=True), events=False, tombstones=True)
        asked = list(executed)
        plans = _plans(store, asked)
        # What was done to messages is looked at where there is anything of it.
        edits = [
            message(key + 2, tags={"+securechat/edit": msgid.encode(key)})._replace(refers=key)
            for key in (5, 6)
        ]
        store._connection.rollback()
        store.commit([*PEOPLE, *CHANNELS, message(5), message(6), *edits])
        executed.clear()
        reader.reactions([5, 6])
        reader.context([5, 6])
        of_few = _plans(store, list(executed))
        store._connection.rollback()
    finally:
        reader.close()
        store.close()
    assert len(asked) == 8 + 3 + 6
    for index in (
        "messages_channel_redacted (channel=? AND redacted_id>? AND redacted_id<?)",
        "messages_direct_redacted (recipient=? AND sender=? AND redacted_id>? AND redacted_id<?)",
    ):
        assert f"SEARCH messages USING INDEX {index}" in plans
    assert "SEARCH messages USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)" in plans
    assert "SEARCH astray USING COVERING INDEX astray_at (at>? AND at<?)" in plans
    assert "SEARCH messages USING INDEX messages_nonce (sender=? AND nonce=?)" in plans
    assert "SEARCH messages USING INDEX messages_refers (refers=? AND id>?)" in plans
    assert "SEARCH undelivered USING PRIMARY KEY (account=? AND message>?)" in plans
    assert not [step for step in plans if step.startswith(("SCAN", "USE TEMP"))]
    # What was done to some messages is sorted by who did it; nothing else is looked at.
    assert "SEARCH messages USING COVERING INDEX messages_refers (refers=?)" in of_few
    assert "SEARCH messages USING INDEX messages_refers (refers=?)" in of_few
    assert not [step for step in of_few if step.startswith("SCAN messages")]


def test_the_log_starts_over(tmp_path: Path) -> None:
    """However much is written, the log stays at some 4 MiB, also with a reader that has found something."""
    store = open_store(tmp_path)
    reader = open_reader(tmp_path)
    try:
        store.commit(PEOPLE)
        written = 0
        for key in range(1, 61):
            sent = message(key, text="x" * 200_000, nonce=str(key))
            store.commit([sent])
            written += 200_000
            assert reader.find_nonce(ALICE, str(key)) == sent
        assert written > 10_000_000
        assert (tmp_path / f"{DATABASE_NAME}-wal").stat().st_size < 5_000_000
    finally:
        reader.close()
        store.close()


@pytest.mark.parametrize("made_by", ["this version", "one that could not shorten it"])
def test_the_file_gets_shorter(tmp_path: Path, made_by: str) -> None:
    """What was deleted is given back in steps, but for what new messages need; an old file stays long."""
    open_store(tmp_path).close()
    path = tmp_path / DATABASE_NAME
    if made_by != "this version":
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript("PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM")
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, *(message(key, text="x" * 200_000, at=key) for key in range(1, 101))])
    assert not store.give_back(), "nothing is free"
    assert store.prune(90, 100) == 89
    steps = 0
    while store.give_back():
        steps += 1
    store.commit([message(200, text="y" * 3_000_000)])
    store.close()
    check_file(path)
    size = path.stat().st_size
    if made_by == "this version":
        assert steps > 10
        assert 6_000_000 < size < 8_000_000
    else:
        assert steps == 0
        assert size > 20_000_000


def test_all_that_is_free_is_given_back_when_it_is_wanted(tmp_path: Path) -> None:
    """On a disk that is short of room the file keeps no free pages."""
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, *(message(key, text="x" * 20_000, at=key) for key in range(1, 101))])
    assert store.prune(90, 100) == 89
    assert not store.give_back(), "what is free is little"
    while store.give_back(all_of_it=True):
        pass
    sizes = [file.stat().st_size for file in tmp_path.glob(f"{DATABASE_NAME}*")]
    store.close()
    assert sum(sizes) < 700_000


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Limits the size of files that this process may write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("size", [300_000, 1_000_000, 6_000_000])
def test_a_limit_on_the_size_of_files_is_a_full_disk(
    tmp_path: Path, small_files: Callable[[int], None], size: int
) -> None:
    """What does not fit into such files is refused, reading goes on, and a higher limit helps."""
    store = open_store(tmp_path)
    reader = open_reader(tmp_path)
    confirmed: list[int] = []

    def write() -> None:
        for key in range(len(confirmed) + 1, len(confirmed) + 2000):
            store.commit([message(key, at=key >> 20, text="x" * 3000, nonce=str(key))])
            confirmed.append(key)

    try:
        store.commit([*PEOPLE, *CHANNELS])
        small_files(size)
        for _ in range(3):
            with pytest.raises(StoreFull):
                write()
        assert size < 1_000_000 or len(confirmed) * 3000 > size // 4
        known = [reader.find_nonce(ALICE, str(key)) is not None for key in range(1, len(confirmed) + 2)]
        assert known == [True] * len(confirmed) + [False]
        small_files(resource.RLIM_INFINITY)
        write()
        assert store.load().last_message == len(confirmed)
    finally:
        reader.close()
        store.close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert [key for (key,) in connection.execute("SELECT id FROM messages ORDER BY id")] == confirmed


def test_a_reader_without_a_database_is_an_error_that_names_it(tmp_path: Path) -> None:
    """A reader does not make a database that is not there."""
    with pytest.raises(StorageError, match=DATABASE_NAME):
        open_reader(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_commit_that_fails_for_another_reason_is_not_a_full_store(tmp_path: Path) -> None:
    """A COMMIT that is refused, and leaves its transaction open, is an error; the next one works."""
    store = open_store(tmp_path)
    try:
        store.commit([*PEOPLE, *CHANNELS])
        # References are checked at the COMMIT of the next transaction, not before.
        driver = store._connection.connection.cursor()
        driver.execute("PRAGMA defer_foreign_keys = ON")
        driver.close()
        with pytest.raises(Exception, match="FOREIGN KEY"):
            store.commit([message(5), Joined(6, 99, DEV, NOON)])
        assert store.load().last_message == 0
        store.commit([message(7)])
        assert store.load().last_message == 7
    finally:
        store.close()


def test_a_file_that_another_program_keeps_locked_is_a_refusal(tmp_path: Path) -> None:
    """Nothing of the transaction stays, people are not told of a disk, and the next one works."""
    store = open_store(tmp_path)
    try:
        store.commit([*PEOPLE, *CHANNELS])
        store._connection.exec_driver_sql("PRAGMA busy_timeout = 20")
        store._connection.rollback()
        with closing(sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            for action in (lambda: store.commit([message(5)]), store.load, lambda: store.index(10)):
                with pytest.raises(StoreUnavailable, match="keeps the database locked") as caught:
                    action()
                assert not isinstance(caught.value, StoreFull)
        store.commit([message(6)])
        assert store.load().last_message == 6
    finally:
        store.close()


_ASK: Final = """
import sqlite3, sys
connection = sqlite3.connect(f"file:{sys.argv[1]}?mode={sys.argv[2]}", uri=True, timeout=0)
try:
    print(connection.execute("SELECT count(*) FROM messages").fetchone()[0])
except sqlite3.OperationalError as error:
    print(error)
"""


def _another_program(database: Path, mode: str) -> str:
    """Return what another program gets when it asks for the number of messages."""
    command = [sys.executable, "-c", _ASK, str(database), mode]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_no_other_program_can_open_the_file_of_an_open_store(tmp_path: Path) -> None:
    """Not before, while and after readers have it open; once the store is closed it can."""
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, message(5)])
    database = tmp_path / DATABASE_NAME

    def refused() -> bool:
        return {_another_program(database, mode) for mode in ("ro", "rw")} == {"database is locked"}

    try:
        assert refused()
        with closing(open_reader(tmp_path)) as reader, closing(open_reader(tmp_path)) as other:
            assert reader.message(5) == other.message(5) == message(5)
            assert refused()
            store.commit([message(6)])
            assert reader.message(6) == message(6), "a reader sees what was committed"
        assert refused()
    finally:
        store.close()
    assert _another_program(database, "rw") == "2"


def test_what_others_have_left_beside_the_file_goes(tmp_path: Path) -> None:
    """Somebody who could only read a log leaves an index of it."""
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, message(5)])
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (DATABASE_NAME, f"{DATABASE_NAME}-wal"):
        (copy / name).write_bytes((tmp_path / name).read_bytes())
    store.close()
    assert _another_program(copy / DATABASE_NAME, "ro") == "1"
    assert (copy / f"{DATABASE_NAME}-shm").exists()
    open_store(copy).close()
    assert [path.name for path in copy.iterdir()] == [DATABASE_NAME]


def test_a_store_does_not_open_while_another_program_has_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits a moment and says so."""
    open_store(tmp_path).close()
    monkeypatch.setattr(sqlite, "_PATIENCE", 0.05)
    holder = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("ready", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", holder, str(tmp_path / DATABASE_NAME)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"ready\n"
        with pytest.raises(StorageError, match="database is locked"):
            open_store(tmp_path)
        other.communicate()
    open_store(tmp_path).close()


def test_what_a_killed_process_has_committed_is_there(tmp_path: Path) -> None:
    """Its log is read when the store opens again, although its index was in the memory that is gone."""
    script = """
import os, signal, sys
from pathlib import Path
from securechat.storage.sqlite import open_reader, open_store
from tests.contracts.facts import CHANNELS, PEOPLE, message
store = open_store(Path(sys.argv[1]))
reader = open_reader(Path(sys.argv[1]))
store.commit([*PEOPLE, *CHANNELS])
for key in range(5, 205):
    store.commit([message(key)])
    assert reader.message(key) is not None
os.kill(os.getpid(), signal.SIGKILL)
"""
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (tmp_path / f"{DATABASE_NAME}-wal").stat().st_size > 200 * 4096
    store = open_store(tmp_path)
    reader = open_reader(tmp_path)
    try:
        assert store.load().last_message == 204
        assert [reader.message(key) for key in range(5, 205)] == [message(key) for key in range(5, 205)]
    finally:
        reader.close()
        store.close()
    check_file(tmp_path / DATABASE_NAME)


def test_the_index_of_the_search_stays_sound(tmp_path: Path) -> None:
    """FTS5 finds nothing wrong with it after redactions and the retention took messages out of it."""
    store = open_store(tmp_path)
    said = [message(key, text=f"word{key} same 東京{key}", at=NOON + key) for key in range(5, 605)]
    store.commit([*PEOPLE, *CHANNELS, *said])
    while store.index(100):
        pass
    store.commit(
        [MessageRedacted(one, ALICE, "alice!alice@x", "#general", "", NOON, 900) for one in said[::7]]
    )
    assert store.prune(NOON + 305, 1000) == 300
    left = "SELECT count(*) FROM message_words WHERE message_words MATCH 'same'"
    with store.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO message_words (message_words) VALUES ('integrity-check')")
        assert connection.exec_driver_sql(left).scalar() == len([n for n in range(300, 600) if n % 7])
    store.close()


def test_a_search_looks_only_at_what_can_be_read(tmp_path: Path) -> None:
    """A word that was common in a channel before one joined costs nothing."""
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, *(message(key, text="same") for key in range(5, 3005))])
    while store.index(1000):
        pass
    reader = open_reader(tmp_path)
    pages: list[str] = []

    def remember(*details: object) -> None:
        if "MATCH" in str(details[2]):
            pages.append(str(details[2]))

    event.listen(reader._connection, "before_cursor_execute", remember)
    joined = (ChannelPlace(DEV, 1000), ChannelPlace(GENERAL, 3004))
    search = Search(ALICE, joined, True, terms("same"), None, Span(-1, LAST_ID, 50, newest=True))
    assert [found.id for found in reader.search(search)] == [3004]
    assert len(pages) < 12
    reader.close()
    store.close()


def test_an_index_that_is_not_what_it_should_be_is_made_anew(tmp_path: Path) -> None:
    """A deletion that does not fit to the index empties it; the messages stay and are indexed again."""
    store = open_store(tmp_path)
    store.commit([*PEOPLE, *CHANNELS, *(message(key, at=NOON + key) for key in range(5, 25))])
    store.index(100)
    with store.transaction() as connection:
        connection.exec_driver_sql("INSERT INTO message_words (message_words) VALUES ('delete-all')")
    assert store.prune(NOON + 10, 100) == 5
    assert [store.index(100), store.index(100)] == [15, 0]
    with store.transaction() as connection:
        found = "SELECT count(*) FROM message_words WHERE message_words MATCH 'hello'"
        assert connection.exec_driver_sql(found).scalar() == 15
    store.close()


def test_a_reader_of_a_damaged_file_is_lost(tmp_path: Path) -> None:
    """What is damaged stays so; a new reader reads the rest."""
    store = open_store(tmp_path)
    said = [message(key, text="x" * 3000) for key in range(5, 205)]
    store.commit([*PEOPLE, *CHANNELS, *said])
    store.close()
    path = tmp_path / DATABASE_NAME
    content = bytearray(path.read_bytes())
    damaged = content.index(b"x" * 1000, len(content) // 2) // 4096 * 4096
    content[damaged : damaged + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    store, reader = open_store(tmp_path), open_reader(tmp_path)
    try:
        assert not reader.lost
        with pytest.raises(Exception, match="malformed"):
            for key in range(5, 205):
                reader.message(key)
        assert reader.lost
        with closing(open_reader(tmp_path)) as again:
            assert again.message(5) is not None and not again.lost
    finally:
        reader.close()
        store.close()
