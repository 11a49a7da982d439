"""What an item leaves for later turns: telling many people takes time after it, too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.effects import Effect, Then
from securechat.chat.jobs import Job
from securechat.chat.line import Line
from securechat.chat.turn import chat
from tests.playbooks.runner import Playbook

NAMES = ",".join(f"#{letter}" for letter in "abcdef")


class Counting(Playbook):
    """A playbook that counts what the core leaves for a turn of its own."""

    left = 0

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        self.left += isinstance(effect, Then)
        super()._perform(effect, jobs)

    def play(self, *lines: str) -> int:
        """Return how often the core left something for later while it did these steps."""
        before = self.left
        for line in lines:
            self._line(line)
        return self.left - before


@pytest.fixture
def playbook() -> Iterator[Counting]:
    """Alice and bob, who is in six channels."""
    playbook = Counting(Path("turns"))
    with playbook.store:
        playbook.play("accounts: alice bob", "login: alice bob", f"bob> JOIN {NAMES}", "bob<?")
        yield playbook


@pytest.mark.parametrize(("at_once", "turns"), [(8000, 0), (4, 3)])
def test_who_tells_many_goes_on_later(
    playbook: Counting, monkeypatch: pytest.MonkeyPatch, at_once: int, turns: int
) -> None:
    """However fast the core is, an item tells only so many peers something."""
    monkeypatch.setattr(chat, "TOLD_AT_ONCE", at_once)
    assert playbook.play(f"alice> JOIN {NAMES}") == turns
    playbook.play("alice<.. :chat.test 366 alice #f {any}")


def test_what_the_same_people_are_told_next_counts_once(playbook: Counting) -> None:
    """It is one append to their SendQs."""
    playbook.play("alice> JOIN #a", "alice<?", "bob<?")
    fanout, registry = playbook.core.fanout, playbook.core.registry
    channels = [registry.channel(name) for name in ("#a", "#a", "#a", "#b", "#a")]
    before = fanout.told
    for channel in channels:
        assert channel is not None
        fanout.broadcast(channel.audience, Line("chat.test", "NOTICE", (channel.name,), "x"))
    assert fanout.told - before == 2 + 1 + 2


def test_many_sessions_end_in_more_than_one_turn(playbook: Counting) -> None:
    """Whoever has many sessions loses all of them, five a turn."""
    more = [f"alice.{number}" for number in range(6)]
    playbook.play(f"login: {' '.join(more)}", "alice<?", *[f"{name}<?" for name in more], "bob<?")
    assert playbook.play("admin> disable alice", "admin< Done") == 2
    for name in ("alice", *more):
        playbook.play(f"{name}< ERROR :This account was disabled", f"{name}< (closed)")
