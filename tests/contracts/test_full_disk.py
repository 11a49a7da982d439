"""A disk that is really full: a file system of 24 MiB in memory, which only root can mount."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from securechat.chat.ports import StoreFull
from securechat.chat.reading import MS_SHIFT
from securechat.chat.records import MessageSent
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.sqlite import SqliteStore, open_reader, open_store
from tests.contracts.facts import ALICE, NOON, PEOPLE, message

PAGE = 4096


class Disk:
    """A small file system with a data directory and something that takes the rest of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory = path / "chat"
        self.filler = path / "filler"

    def fill(self, but: int = 0) -> None:
        """Leave only `but` bytes free."""
        space = os.statvfs(self.path)
        with self.filler.open("ab") as file:
            file.write(bytes(max(0, space.f_bavail * space.f_frsize - but)))

    def free(self) -> None:
        self.filler.unlink()

    def recovered(self, scratch: Path) -> list[int]:
        """Return the messages that are there after a crash at this moment."""
        scratch.mkdir()
        for name in (DATABASE_NAME, f"{DATABASE_NAME}-wal"):
            shutil.copy(self.directory / name, scratch / name)
        with closing(sqlite3.connect(scratch / DATABASE_NAME)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            return [key for (key,) in connection.execute("SELECT id FROM messages ORDER BY id")]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of its own, skipped where it cannot be mounted."""
    path = tmp_path / "disk"
    path.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(path)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("mounting a file system needs root")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", str(path)], check=True)


@pytest.fixture
def store(disk: Disk) -> Iterator[SqliteStore]:
    """A store on that file system."""
    store = open_store(disk.directory)
    store.commit(PEOPLE)
    yield store
    store.close()


def frames_in_log(disk: Disk) -> int:
    """Return how many pages the write-ahead log holds."""
    return ((disk.directory / f"{DATABASE_NAME}-wal").stat().st_size - 32) // (PAGE + 24)


def nonced(key: int, text: str = "hello") -> MessageSent:
    """Return a message that can be found by its id."""
    return message(key, text=text, nonce=str(key))


def test_a_full_disk_refuses_reads_on_and_recovers(disk: Disk, store: SqliteStore, tmp_path: Path) -> None:
    """Without a free block commits are refused and leave nothing; with room again they go on."""
    store.commit([nonced(5)])
    reader = open_reader(disk.directory)
    try:
        disk.fill()
        for key in (6, 7):
            with pytest.raises(StoreFull):
                store.commit([nonced(key)])
        assert reader.find_nonce(ALICE, "5") == nonced(5)
        assert reader.find_nonce(ALICE, "6") is None
        assert store.load().last_message == 5
        assert disk.recovered(tmp_path / "full") == [5]
        disk.free()
        store.commit([nonced(6)])
        assert reader.find_nonce(ALICE, "6") == nonced(6)
        assert disk.recovered(tmp_path / "free") == [5, 6]
    finally:
        reader.close()


@pytest.mark.parametrize("text", ["hello", "x" * 1_000_000])
def test_a_message_alone_meets_a_full_disk(disk: Disk, store: SqliteStore, tmp_path: Path, text: str) -> None:
    """Its INSERT is the transaction: it is refused, leaves nothing, and is stored when there is room."""
    ids = [(NOON << MS_SHIFT) + key for key in range(3)]
    store.commit([nonced(ids[0])])
    disk.fill()
    for _ in range(3):
        with pytest.raises(StoreFull):
            store.commit([nonced(ids[1], text)])
    assert disk.recovered(tmp_path / "full") == ids[:1]
    assert store.load().last_message == ids[0]
    disk.free()
    store.commit([nonced(ids[1], text)])
    store.commit([nonced(ids[2])])
    assert disk.recovered(tmp_path / "free") == ids


@pytest.mark.parametrize("size", [1_000_000, 8_000_000], ids=["at COMMIT", "before COMMIT"])
def test_a_disk_that_gets_full_during_a_transaction(
    disk: Disk, store: SqliteStore, tmp_path: Path, size: int
) -> None:
    """A transaction that outgrows what is free is refused, and no recovery brings any of it back."""
    store.commit([nonced(5)])
    disk.fill(but=512 * 1024)
    for _ in range(3):
        with pytest.raises(StoreFull):
            store.commit([nonced(6), nonced(7, "x" * size)])
    assert disk.recovered(tmp_path / "full") == [5]
    store.commit([nonced(6)])
    disk.free()
    store.commit([nonced(7, "x" * size)])
    assert disk.recovered(tmp_path / "free") == [5, 6, 7]


def test_every_confirmed_message_survives_until_the_disk_is_full(
    disk: Disk, store: SqliteStore, tmp_path: Path
) -> None:
    """Written until nothing fits any more, the database has exactly what was confirmed."""
    disk.fill(but=6 * 1024 * 1024)
    confirmed: list[int] = []
    with pytest.raises(StoreFull):
        for first in range(100, 1_000_000, 50):
            batch = [nonced(key, "x" * 400) for key in range(first, first + 50)]
            store.commit(batch)
            confirmed += [sent.id for sent in batch]
    assert len(confirmed) > 1000
    assert disk.recovered(tmp_path / "copy") == confirmed


@pytest.fixture
def long_log(disk: Disk, store: SqliteStore) -> Iterator[list[int]]:
    """Make the log so long that its index is about to grow; return the messages in it.

    A reader needs the log from its beginning, so nothing of it goes into the database.
    """
    path = disk.directory / DATABASE_NAME
    with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM accounts").fetchall()
        confirmed: list[int] = []
        while frames_in_log(disk) < 4050:
            store.commit([nonced(100 + len(confirmed), "x" * 3000)])
            confirmed.append(100 + len(confirmed))
        yield confirmed


@pytest.mark.parametrize("free", [0, 14, 75], ids=lambda pages: f"{pages} pages free")
def test_the_log_index_never_fails_to_grow(
    disk: Disk, store: SqliteStore, long_log: list[int], tmp_path: Path, free: int
) -> None:
    """A COMMIT whose log needs more index is kept or refused, however little is free."""
    disk.fill(but=free * PAGE)
    refused = 0
    while refused < 12:
        try:
            store.commit([nonced(100 + len(long_log) + 100_000 * refused, "x" * 3000)])
            long_log.append(100 + len(long_log))
        except StoreFull:
            refused += 1
    assert disk.recovered(tmp_path / "full") == long_log
    assert store.load().last_message == long_log[-1]
    disk.free()
    while frames_in_log(disk) < 4100:
        long_log.append(100 + len(long_log))
        store.commit([nonced(long_log[-1], "x" * 3000)])
    assert disk.recovered(tmp_path / "free") == long_log


@pytest.mark.parametrize("more", range(0, 24, 4))
def test_a_commit_that_needs_more_index_has_a_known_outcome(
    disk: Disk, store: SqliteStore, long_log: list[int], tmp_path: Path, more: int
) -> None:
    """A transaction that just fits, or just does not, is there after a crash if it was confirmed."""
    size = 65 * PAGE
    disk.fill(but=size + more * PAGE)
    try:
        store.commit([nonced(100_000, "x" * size)])
        long_log.append(100_000)
    except StoreFull:
        pass
    assert store.load().last_message == long_log[-1]
    assert disk.recovered(tmp_path / "crashed") == long_log


def test_a_store_opens_on_a_full_disk(disk: Disk, store: SqliteStore) -> None:
    """Without a free block the server can start and let people read."""
    store.commit([nonced(5)])
    store.close()
    disk.fill()
    again = open_store(disk.directory)
    reader = open_reader(disk.directory)
    try:
        assert again.load().last_message == 5
        assert reader.find_nonce(ALICE, "5") == nonced(5)
        with pytest.raises(StoreFull):
            again.commit([nonced(6)])
    finally:
        reader.close()
        again.close()


def test_a_disk_too_full_for_a_new_database_is_an_error_for_people(disk: Disk, store: SqliteStore) -> None:
    """Without a free block no store is made; the error says why, and it is made when there is room."""
    store.close()
    (disk.directory / DATABASE_NAME).unlink()
    disk.fill()
    with pytest.raises(StorageError, match="the disk is full"):
        open_store(disk.directory)
    disk.free()
    open_store(disk.directory).close()
