"""A clock that jumps: nobody is timed out, and the order of messages holds."""

import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from securechat.irc.msgid import decode
from tests.faults.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import ServerProcess
from tests.system.test_wrong_clock import READING, check_found_by_time, now

_LIBRARIES = [Path("/usr/lib/x86_64-linux-gnu/faketime"), Path("/usr/lib/faketime")]
_JUMPS = ["+0", "+1h", "-1h", "+1y", "-1y", "+0", "-1h", "+0"]

pytestmark = pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")


class FakeClock:
    """The clock of a server's process, which `set` lets jump; the monotonic clock goes on."""

    def __init__(self, directory: Path) -> None:
        (library,) = [place / "libfaketimeMT.so.1" for place in _LIBRARIES if place.is_dir()][:1]
        self._directory = directory
        self.set("+0")
        self.environment = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(directory / "offset"),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, jump: str) -> None:
        """Let the clock be so far from the right time: +0, +1h, -1y."""
        new = self._directory / "new"
        new.write_text(f"{jump}\n")
        new.rename(self._directory / "offset")


def test_the_wall_clock_jumps(serve: Serve, report: Callable[[str], None], tmp_path: Path) -> None:
    """Over jumps of an hour and a year, to and fro, sessions stay, ids grow, and logins work."""
    clock = FakeClock(tmp_path)
    server = serve(accounts=["alice", "bob"], environment=clock.environment)
    ids: list[str] = []
    years: set[str] = set()
    with Person(server, "alice") as alice, Person(server, "bob") as bob:
        for number, jump in enumerate(_JUMPS):
            clock.set(jump)
            for moment in range(10):
                ids.append(alice.say("#general", f"after jump {number}, {moment}"))
                years.add(bob.hear(f"after jump {number}, {moment}").tags["time"][:4])
                time.sleep(0.1)  # several ticks of the server
            Person(server, "alice").close()
        assert not [line for line in alice.sync() + bob.sync() if line.command in ("QUIT", "ERROR")]
    with Person(server, "alice") as alice:
        ids.append(alice.say("#general", "at the end"))
    keys = [decode(msgid) for msgid in ids]
    report(f"{len(_JUMPS)} jumps, {len(ids)} messages, the years {', '.join(sorted(years))}: one order")
    assert len(years) > 1, "the clock did not jump"
    assert keys == sorted(set(keys))
    assert os.environ.get("LD_PRELOAD") != clock.environment["LD_PRELOAD"]


@pytest.mark.parametrize("restart", [True, False], ids=["restarted", "running"])
@pytest.mark.parametrize("ahead", ["+1h", "+1y"])
def test_what_is_said_after_the_clock_was_ahead(
    serve: Serve, report: Callable[[str], None], tmp_path: Path, ahead: str, restart: bool
) -> None:
    """One record of a host that syncs late hides nothing from those who ask by time; the log says why."""
    clock = FakeClock(tmp_path)
    server = serve(accounts=["alice", "bob"], environment=clock.environment)
    with Person(server, "alice") as alice:
        clock.set(ahead)
        alice.say("#general", "ahead")
        if not restart:
            clock.set("+0")
            alice.sync()
    if restart:
        server.stop()
        clock.set("+0")
        server.start()
    since, texts = now(), [f"said {number}" for number in range(5)]
    with Person(server, "alice") as alice:
        for text in texts:
            alice.say("#general", text)
    with Person(server, "bob", capabilities=READING) as bob:
        check_found_by_time(bob, since, texts)
    server.stop()
    server.start()
    with Person(server, "bob", capabilities=READING) as bob:
        check_found_by_time(bob, since, texts)
    told = [line for line in server.log_text().splitlines() if "the clock went backwards" in line]
    assert len(told) == 2, told
    report(f"the clock was {ahead[1:]} ahead: {len(texts)} of {len(texts)} are found; the log: {told[0]}")


@pytest.mark.timeout(300)
@pytest.mark.parametrize("restart", [True, False], ids=["restarted", "running"])
@pytest.mark.parametrize("ahead", ["+1y", "+2d"])
def test_a_clock_that_is_ahead_deletes_nothing(
    serve: Serve, report: Callable[[str], None], tmp_path: Path, ahead: str, restart: bool
) -> None:
    """With one day of retention, and somebody muted, all is as before after the clock was ahead; log and
    `status` say why.
    """
    clock = FakeClock(tmp_path)
    server = serve({"history.retention_days": 1}, accounts=["alice", "bob"], environment=clock.environment)
    _until(lambda: "was not watched before" in server.log_text())
    server.stop()
    with closing(sqlite3.connect(server.database)) as database, database:
        # As if it had been watched for long: only what happens now is new.
        database.execute("INSERT OR REPLACE INTO clock VALUES (1, ?, 3600)", (int(time.time() * 1000),))
    server.start()
    texts = [f"said {number}" for number in range(5)]
    with Person(server, "alice") as alice:
        for text in texts:
            alice.say("#general", text)
    server.administer("channel", "mute", "#general", "bob", "--for", "1h")
    _until(lambda: _retention(server) == "on")
    if restart:
        server.stop()
    clock.set(ahead)
    if restart:
        server.start()
    _until(lambda: _retention(server).startswith("waits: the clock"))
    time.sleep(70)  # a round of the retention, which rests for a minute
    clock.set("+0")
    time.sleep(70)
    said, muted = _retention(server), json.loads(server.administer("channel", "bans", "#general", "--json"))
    server.stop()
    with closing(sqlite3.connect(server.database)) as database:
        kept = [row[0] for row in database.execute("SELECT text FROM messages WHERE command = 'PRIVMSG'")]
    told = [line for line in server.log_text().splitlines() if "old messages are not deleted" in line]
    report(f"{ahead} ahead: {len(kept)} of {len(texts)} messages kept; status: {said}")
    assert kept == texts
    assert [row["kind"] for row in muted] == ["mute"], "it was set for an hour"
    assert "was not watched before" in told[0], "the first start of all"
    assert len(told) == 2, told


def _retention(server: ServerProcess) -> str:
    row = json.loads(server.administer("status", "--json"))
    return str(row["retention"]["state"])


def _until(done: Callable[[], bool]) -> None:
    for _ in range(50):
        if done():
            return
        time.sleep(0.2)
    raise AssertionError("it did not come")
