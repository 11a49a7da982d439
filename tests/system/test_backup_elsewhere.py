"""Backups of a running server to another disk than its own, and what is left where they fail."""

import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from securechat.chat.reading import first_id_at
from securechat.chat.records import MessageSent
from securechat.storage.lock import DirectoryLock
from securechat.storage.sqlite import open_store
from tests.system.server_process import DEADLINE, ServerProcess

_BEGIN = 1_600_000_000_000


def fill(directory: Path, messages: int) -> None:
    """Store messages of 3 KB each; the log stays short."""
    with DirectoryLock(directory), closing(open_store(directory)) as store:
        key = first_id_at(_BEGIN)
        text = "word " * 600
        for n in range(messages):
            store.commit([MessageSent(key + n, _BEGIN, "PRIVMSG", 1, "alice", None, 1, "alice", text, {})])


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 48 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(place)]
    if subprocess.run(command, capture_output=True, check=False).returncode != 0:
        pytest.skip("this user cannot mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def filled(small_disk: Path) -> Iterator[ServerProcess]:
    """A running server whose database leaves no room for a second one on its disk."""
    server = ServerProcess(small_disk / "server", accounts=["alice"])
    server.start()
    server.stop()
    fill(server.data, 9000)
    with server:
        yield server


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A directory on another disk."""
    place = tmp_path / "other"
    place.mkdir()
    return place


def test_a_full_disk_is_backed_up_to_another(filled: ServerProcess, other: Path) -> None:
    """The copy is made where the backup will be, and nothing but the backup stays there."""
    names = set(filled.data.iterdir())
    filled.administer("backup", str(other / "backup"))
    with tarfile.open(other / "backup") as archive:
        assert archive.getmember("securechat.db").size == filled.database.stat().st_size
    assert [path.name for path in other.iterdir()] == ["backup"]
    assert set(filled.data.iterdir()) == names


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_backup_that_is_ended_leaves_nothing(
    filled: ServerProcess, other: Path, number: signal.Signals
) -> None:
    """The server copies no more, and what was copied is gone; after SIGKILL the next backup removes it."""
    command = subprocess.Popen(filled.command("backup", str(other / "backup")), stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + DEADLINE
    while not list(other.glob("*/securechat.db.partial")):
        assert time.monotonic() < deadline and command.poll() is None, "no copy was begun"
    command.send_signal(number)
    assert command.wait(DEADLINE) != 0
    if number == signal.SIGKILL:
        filled.administer("backup", str(other / "backup"))
        (other / "backup").unlink()
    assert not list(other.iterdir())
    assert not list(filled.data.glob("scratch*")) and not list(filled.data.glob("*.copy*"))
    filled.check_log()
