"""`securechat status`: a screen for people, every counter for those who ask."""

from pathlib import Path

import pytest

from securechat.chat.requests import Done
from securechat.server import control_client
from securechat.server.vitals import Row
from tests.support.vitals import FakeVitals
from tests.unit.conftest import Command

SCREEN = (24, 80)


@pytest.fixture
def row(home: Path, monkeypatch: pytest.MonkeyPatch) -> Row:
    """What the running server tells of itself."""
    home.mkdir(parents=True)
    row = FakeVitals().values
    monkeypatch.setattr(control_client, "ask", lambda *_: Done([row]))
    return row


def lines(text: str) -> dict[str, str]:
    """What was printed, by its first words."""
    found = (line.split("  ", 1) for line in text.splitlines())
    return {name: rest[0].strip() if rest else "" for name, *rest in found}


def test_it_fits_on_a_screen(command: Command, row: Row) -> None:
    """Also when everything has been refused, and nothing works."""
    row |= {"store_problem": "the disk is full", "readers_working": 0, "readers_problem": "no database"}
    row |= {"disk_low": True, "certificate.state": "expired", "hub_silent_ms": 99_000, "connections": 100}
    ended = command("status")
    printed = (ended.out + ended.err).splitlines()
    assert len(printed) <= SCREEN[0] and sum(line.startswith("NOT READY: ") for line in printed) == 6
    assert max(len(line) for line in printed if not line.startswith("NOT READY")) <= SCREEN[1]
    assert lines(ended.out)["ready"] == "no"


def test_what_matters_is_said_in_words(command: Command, row: Row) -> None:
    """Sizes and times as people write them; of the counts those that are not 0, the most first."""
    for name in [name for name in row if name.startswith(("logins.", "refusals.", "memory."))]:
        row[name] = 0
    row |= {"uptime": 93_784, "memory.lines": 3 << 20, "logins.ok": 12, "logins.oper_ok": 1}
    row |= {
        "messages": 1,
        "lines": 17_000,
        "logins.wrong": 1_300,
        "database_bytes": 5_000_000,
        "database_log_bytes": 2048,
    }
    told = lines(command("status").out)
    assert told["running for"] == "1 d 2 h"
    assert told["since start"] == "1 message stored, 17,000 lines read"
    assert told["memory"] == "3.0M of 64.0M for what waits"
    assert told["logins"] == "wrong 1,300, ok 12, oper ok 1"
    assert told["refusals"] == "none"
    assert told["busiest"] == "mallory 87%"
    assert told["retention"] == "off: messages stay for ever"
    assert told["disk"].endswith("; database 4.8M, its log 2.0K")
    assert told["certificate"] == "good, until 2027-02-25"
    assert told["last backup"] == "2026-11-18 11:06 UTC"


@pytest.mark.parametrize(("seconds", "told"), [(59, "59 s"), (61, "1 min 1 s"), (7_260, "2 h 1 min")])
def test_how_long_it_runs(command: Command, row: Row, seconds: int, told: str) -> None:
    """In the two largest units."""
    row["uptime"] = seconds
    assert lines(command("status").out)["running for"] == told


def test_many_kinds_are_summed_up(command: Command, row: Row) -> None:
    """The line ends with how often the others were counted."""
    kinds = [name for name in row if name.startswith("refusals.")]
    for name in kinds:
        row[name] = 2
    assert lines(command("status").out)["refusals"].endswith(f", others {2 * (len(kinds) - 5)}")


def test_all_of_them_are_there_for_who_asks(command: Command, row: Row) -> None:
    """Each counter on a line of its own."""
    printed = command("status", "--all").out.splitlines()
    assert len(printed) == 1 + len(row)
    assert any(line.split() == ["refusals", "store", "full", "0"] for line in printed)


def test_a_server_of_another_version_is_told_of_as_well(command: Command, row: Row) -> None:
    """What it does not count is left out, or 0."""
    for name in [name for name in row if name not in ("state", "uptime")]:
        del row[name]
    ended = command("status")
    assert ended.code == 0 and "certificate" not in lines(ended.out)
