"""A large database is backed up while people talk: the log stays short, and nobody waits for it.

FAULT_MEGABYTES is the size of the database, FAULT_RATE how many messages there are a second.
"""

import os
import sqlite3
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from securechat.chat.reading import first_id_at
from securechat.chat.records import MessageSent
from securechat.storage.lock import DirectoryLock
from securechat.storage.sqlite import open_store
from tests.faults.conftest import Serve
from tests.faults.probe import Figures, Probe
from tests.system.person import Person
from tests.system.server_process import ServerProcess

MEGABYTES = int(os.environ.get("FAULT_MEGABYTES", "1000"))
RATE = float(os.environ.get("FAULT_RATE", "1000"))
LOG_BAR = 64 << 20
LATENCY_BAR = 250.0
"""Milliseconds, p99."""

_BEGIN = 1_600_000_000_000
_TEXT = "word " * 600


@pytest.mark.timeout(600 + MEGABYTES)
def test_a_backup_under_load(serve: Serve, report: Callable[[str], None], tmp_path: Path) -> None:
    """The log stays below 64 MiB, the chat goes on, and the copy holds all that was said until it ended."""
    server = serve(accounts=["alice", "bob", "carol"])
    server.stop()
    fill(server.data)
    server.start()
    with watched_log(server) as before:
        quiet = probed(server, lambda: threading.Event().wait(15.0))
    with Person(server, "carol") as carol:
        carol.say("#general", "before the backup")
    place = tmp_path / "backup.tar"
    with watched_log(server) as sizes:
        busy = probed(server, lambda: back_up(server, place))
    server.stop()
    missing, after = compared(server.database, place, tmp_path)
    report(
        f"{server.database.stat().st_size >> 20} MiB; log at most {max(before) / 2**20:.1f} MiB before "
        f"and {max(sizes) / 2**20:.1f} MiB during the backup; chat before: {quiet}; during it: {busy}; "
        f"{missing} messages missing in the copy, {after} came after its end"
    )
    assert max(sizes) <= LOG_BAR
    assert not quiet.failures and not busy.failures
    assert busy.at(0.99) < LATENCY_BAR
    assert missing == 0


def fill(directory: Path) -> None:
    """Bring the database to its size, and its index up to date."""
    with DirectoryLock(directory), closing(open_store(directory)) as store:
        key = first_id_at(_BEGIN)
        for _ in range(MEGABYTES):
            said = [
                MessageSent(key + n, _BEGIN, "PRIVMSG", 1, "alice", None, 1, "alice", _TEXT, {})
                for n in range(300)
            ]
            store.commit(said)
            key += len(said)
        while store.index(2000):
            while store.tidy():
                pass


def probed(server: ServerProcess, during: Callable[[], object]) -> Figures:
    """Talk as long as something takes."""
    with Probe(server, "chat", "alice", "bob", every=1 / RATE) as probe:
        during()
    return probe.figures


def back_up(server: ServerProcess, place: Path) -> None:
    """Make a backup with the command."""
    done = subprocess.run(server.command("backup", str(place)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def watched_log(server: ServerProcess) -> Iterator[list[int]]:
    """Look at the size of the log, twenty times a second."""
    log = server.database.with_name(f"{server.database.name}-wal")
    sizes: list[int] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.05):
            sizes.append(log.stat().st_size)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield sizes
    finally:
        over.set()
        thread.join()


def compared(database: Path, backup: Path, place: Path) -> tuple[int, int]:
    """Return how many messages up to the last one of a backup are not in it, and how many came later."""
    with tarfile.open(backup) as archive:
        archive.extract("securechat.db", place, filter="data")
    with closing(sqlite3.connect(place / "securechat.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT 1 FROM messages WHERE text = 'before the backup'").fetchall() == [(1,)]
        copy.execute("ATTACH ? AS whole", (str(database),))
        (last,) = copy.execute("SELECT max(id) FROM messages").fetchone()
        lost = "SELECT * FROM whole.messages WHERE id <= ? EXCEPT SELECT * FROM main.messages"
        (missing,) = copy.execute(f"SELECT count(*) FROM ({lost})", (last,)).fetchone()
        (after,) = copy.execute("SELECT count(*) FROM whole.messages WHERE id > ?", (last,)).fetchone()
    return missing, after
