"""A clock that jumps: nobody is timed out, and the order of messages holds."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from securechat.irc.msgid import decode
from tests.faults.conftest import Serve
from tests.system.person import Person

_LIBRARIES = [Path("/usr/lib/x86_64-linux-gnu/faketime"), Path("/usr/lib/faketime")]
_JUMPS = ["+0", "+1h", "-1h", "+1y", "-1y", "+0", "-1h", "+0"]


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
def test_the_wall_clock_jumps(serve: Serve, report: Callable[[str], None], tmp_path: Path) -> None:
    """Over jumps of an hour and a year, to and fro, sessions stay, ids grow, and logins work."""
    (library,) = [place / "libfaketimeMT.so.1" for place in _LIBRARIES if place.is_dir()][:1]
    offset = tmp_path / "offset"
    offset.write_text("+0\n")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    server = serve(accounts=["alice", "bob"], environment=environment)
    ids: list[str] = []
    years: set[str] = set()
    with Person(server, "alice") as alice, Person(server, "bob") as bob:
        for number, jump in enumerate(_JUMPS):
            new = tmp_path / "new"
            new.write_text(f"{jump}\n")
            new.rename(offset)
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
    assert os.environ.get("LD_PRELOAD") != str(library)
