"""Disks that are slow, full or broken: what is confirmed is on disk, and what cannot be kept is refused."""

import os
import re
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from securechat.irc.message import Message
from securechat.irc.msgid import decode
from tests.faults.conftest import Serve
from tests.system.person import Ended, Person
from tests.system.server_process import ServerProcess

Report = Callable[[str], None]
needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a file system")


def _stored(database: Path) -> dict[str, int]:
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return dict(connection.execute("SELECT text, id FROM messages WHERE command = 'PRIVMSG'").fetchall())


@needs_strace
def test_every_confirmation_is_behind_an_fdatasync(serve: Serve, report: Report, tmp_path: Path) -> None:
    """Between the arrival of a message and its echo there is a sync of the log that has come to its end."""
    trace = tmp_path / "trace"
    calls = "trace=write,sendto,fdatasync"
    wrapper = ["strace", "-f", "-yy", "-s", "0", "-o", str(trace), "-e", calls]
    server = serve(accounts=["alice"], wrapper=wrapper)
    with Person(server, "alice") as alice:
        port = alice.socket.getsockname()[1]
        alice.sync()
        before = len(trace.read_text().splitlines())
        for number in range(200):
            alice.say("#general", f"message {number}")
        after = len(trace.read_text().splitlines())
    answers, synced, bare = 0, False, 0
    for line in trace.read_text().splitlines()[before:after]:
        if re.search(r"(fdatasync\(\d+<.*securechat\.db-wal>|<\.\.\. fdatasync resumed>)\) += 0$", line):
            synced = True
        elif re.search(rf" (write|sendto)\(\d+<TCP:\[127.0.0.1:{server.port}->127.0.0.1:{port}\]>", line):
            answers += 1
            bare += not synced
            synced = False
    report(f"{answers} confirmations, {bare} without a sync before them")
    assert answers >= 200
    assert bare == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
    yield place
    subprocess.run(["umount", str(place)], check=True)


@needs_root
@pytest.mark.timeout(300)
def test_a_full_disk(small_disk: Path, report: Report) -> None:
    """On a full disk messages are refused, nobody gets them, reading goes on, and it heals by itself."""
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2 << 20))
    server = ServerProcess(small_disk / "server", {"storage.reserve": 0}, accounts=["alice", "bob"])
    server.log = Path(f"{small_disk}.log")  # the log is not what is tested
    confirmed: dict[str, str] = {}
    refused: list[str] = []
    heard: list[str] = []
    with server, Person(server, "alice") as alice, Person(server, "bob") as bob:
        for number in range(40_000):
            text = f"{number:06} {'x' * 380}"
            answer = _say(alice, text)
            if number % 100 == 0:
                heard += bob.said()
            if answer.command == "FAIL":
                refused.append(text)
                if len(refused) == 50:
                    break
            else:
                confirmed[text] = answer.tags["msgid"]
        assert len(refused) == 50, "the disk did not become full"
        heard += bob.said()
        assert heard == list(confirmed), "others got something else than what was confirmed"
        _reading_goes_on(server, alice)
        ballast.unlink()
        began = time.monotonic()
        while _say(alice, "again").command == "FAIL":
            assert time.monotonic() - began < 5
        healed = time.monotonic() - began
    stored = _stored(server.database)
    lost = [text for text, msgid in confirmed.items() if stored.get(text) != decode(msgid)]
    false = [text for text in refused if text in stored]
    report(
        f"{len(confirmed)} confirmed, of these lost: {len(lost)}; {len(refused)} refused, of these stored: "
        f"{len(false)}; writing again {healed * 1000:.0f} ms after there was space"
    )
    assert not lost
    assert not false


def _say(person: Person, text: str) -> Message:
    person.send(f"@label=l PRIVMSG #general :{text}")
    return person.until(lambda line: line.tags.get("label") == "l")[-1]


def _reading_goes_on(server: ServerProcess, alice: Person) -> None:
    """Whatever stores nothing still works, logins too."""
    alice.send("NAMES #general")
    alice.expect("366", "alice", "#general")
    Person(server, "bob").close()
    alice.send("TOPIC #general :new")
    assert alice.expect("FAIL", "TOPIC").params[1] == "STORE_UNAVAILABLE"
    refused = server.run("adduser", "carol", "--generate")
    assert refused.returncode == 6
    assert "full" in refused.stderr


@needs_strace
@pytest.mark.parametrize(
    ("file", "fault"),
    [
        ("-wal", "fdatasync:error=EIO:when=30+"),
        ("-wal", "pwrite64:error=EIO:when=30+"),
        ("", "fdatasync:error=EIO:when=2+"),
        ("", "pwrite64:error=EIO:when=2+"),
    ],
    ids=["sync of the log", "log", "sync of the database", "database"],
)
def test_an_io_error(serve: Serve, report: Report, file: str, fault: str) -> None:
    """After an I/O error nothing is confirmed or refused any more; the server ends with exit code 70.

    The database itself is written by checkpoints only. Where these fail nothing is lost, the log becomes
    longer, and the server ends when that was tried for some megabytes.
    """
    server = serve(accounts=["alice", "bob"])
    place = server.data.parent
    server.stop()
    inject = ["-e", f"trace={fault.split(':')[0]}", "-e", f"inject={fault}", "-o", str(place / "trace")]
    broken = ServerProcess(place, wrapper=["strace", "-f", "-P", f"{server.database}{file}", *inject])
    broken.log = place / "broken.log"
    broken.start()
    confirmed: dict[str, str] = {}
    with Person(broken, "alice") as alice, Person(broken, "bob") as bob:
        answer = None
        with pytest.raises((Ended, AssertionError, OSError)):
            for number in range(10_000):
                answer = _say(alice, f"message {number}")
                assert answer.command == "PRIVMSG", f"refused: {answer}"
                confirmed[f"message {number}"] = answer.tags["msgid"]
        assert answer is not None and answer.command == "PRIVMSG", f"something was refused: {answer}"
        code = broken.wait()
        heard = []
        with pytest.raises(Ended):
            while True:
                heard.append(bob.receive())
    texts = [line.params[-1] for line in heard if line.command == "PRIVMSG"]
    server.start()
    server.stop()
    stored = _stored(server.database)
    lost = [text for text, msgid in confirmed.items() if stored.get(text) != decode(msgid)]
    report(
        f"exit code {code}; {len(confirmed)} confirmed, {len(lost)} of these lost; {len(stored)} stored; "
        f"others heard {len(texts)}"
    )
    assert code == 70
    assert not lost
    assert set(texts) <= set(confirmed)
    assert "the server ends" in broken.log_text()
    server.start()
