"""`securechat doctor` for people: what it says in the end fits what it said before."""

from collections.abc import Sequence

import pytest

from securechat.app.doctor import visit
from securechat.app.doctor.finding import Finding, Level
from tests.unit.conftest import Command

ENDS = {
    (): (0, "Nothing has to be mended."),
    ("note",): (0, "Nothing has to be mended. The note above is good to know."),
    ("note", "note"): (0, "Nothing has to be mended. The notes above are good to know."),
    ("warning", "note"): (1, "There is 1 thing to mend."),
    ("error", "warning"): (1, "There are 2 things to mend."),
}


@pytest.mark.parametrize("levels", ENDS, ids=lambda levels: "+".join(levels) or "nothing")
def test_the_end_fits(command: Command, monkeypatch: pytest.MonkeyPatch, levels: Sequence[Level]) -> None:
    """A note has a tip, and nothing else says that it is to be mended."""
    found = [Finding("clock", level, "it is wrong", "it matters", "set it") for level in levels]
    monkeypatch.setattr(visit, "visit", lambda *_: found)
    ended = command("doctor")
    *told, end = ended.out.splitlines()
    assert (ended.code, end) == ENDS[tuple(levels)]
    assert [line for line in told if line.startswith("    mend: ")] == ["    mend: set it"] * (
        len(levels) - levels.count("note")
    )
    assert told.count("    tip:  set it") == levels.count("note")
