"""Messages of several lines that are not complete take a bounded part of the memory together."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.memory import BATCHES, PARTS
from tests.playbooks.runner import Playbook

MEMORY = 16 * BATCHES.modest * PARTS // BATCHES.parts
LINE = b"@batch=1 PRIVMSG #dev :" + b"x" * 400
PEOPLE = [f"member{number}" for number in range(12)]


@pytest.fixture
def play() -> Iterator[Playbook]:
    """Twelve people in a channel, of whom eight have sent half of a very long message."""
    play = Playbook(Path("unfinished"))
    with play.store:
        play._do_settings(f"memory={MEMORY} flood=false")
        play._do_accounts(" ".join(PEOPLE))
        play._do_caps("batch draft/multiline message-tags")
        for name in PEOPLE:
            play._do_login(name)
            play._send(name, b"JOIN #dev")
        for name in PEOPLE[:8]:
            play._send(name, b"BATCH +1 draft/multiline #dev")
            for _ in range(32):
                play._send(name, LINE)
            play.links[name].lines.clear()
        yield play


def said(play: Playbook, name: str, lines: int) -> str:
    """Let somebody send a message of so many lines; return the answer."""
    play.links[name].lines.clear()
    for line in [b"BATCH +1 draft/multiline #dev", *[LINE] * lines, b"BATCH -1"]:
        play._send(name, line)
    return " ".join(play.links[name].lines)


def test_who_sends_little_is_taken_though_others_hold_much(play: Playbook) -> None:
    """A short message goes through; of a long one it is said that there is no room, and it is counted."""
    assert play.core.batches.bytes > 13 * BATCHES.modest
    assert "FAIL" not in said(play, PEOPLE[9], 10)
    assert f"FAIL BATCH MULTILINE_MAX_BYTES {BATCHES.modest}" in said(play, PEOPLE[10], 39)
    assert play.core.counts()["refusals.memory_batches"] == 1


def test_what_ends_gives_its_room_back(play: Playbook) -> None:
    """A message that is complete, one that is left open, and one whose session goes."""
    play._send(PEOPLE[0], b"BATCH -1")
    play._send(PEOPLE[1], b"QUIT")
    for link in play.links.values():
        link.lines.clear()
    play._line("+31s")
    assert play.core.batches.bytes == 0
    assert "FAIL" not in said(play, PEOPLE[10], 39)
