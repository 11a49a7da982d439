"""A nonce that comes twice in one turn of the hub, from two sessions of its account."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.chat.effects import StartJob
from securechat.chat.items import JobDone, Received
from securechat.chat.jobs import CheckPassword, HashPassword, Job, JobResult
from securechat.server.pools import query
from tests.playbooks.runner import Playbook

LINE = b"@label=%s;+securechat/nonce=n PRIVMSG bob :once\r\n"


class Turns(Playbook):
    """A playbook in which several things happen in one turn."""

    def send_together(self, *lines: tuple[str, bytes]) -> None:
        """Let sessions send something, each of which asks the store; the answers come in one turn."""
        jobs: list[Job] = []
        for name, line in lines:
            self.core.handle(Received(self.links[name], self.framers[name].feed(line)), self.now)
            effects = [effect for outcome in self.core.take() for effect in outcome.effects]
            jobs += [effect.job for effect in effects if isinstance(effect, StartJob)]
        assert len(jobs) == len(lines), "each of them asks the store"
        *first, last = [JobDone(job, self._answer(job)) for job in jobs]
        for item in first:
            self.core.handle(item, self.now)
        self._happens(last)

    def read(self, name: str) -> list[str]:
        """Return what a session got since the last time."""
        lines, self.links[name].lines = self.links[name].lines, []
        return lines

    def _answer(self, job: Job) -> JobResult:
        assert not isinstance(job, CheckPassword | HashPassword)
        return query(self.store.reader, job)


@pytest.fixture
def turns() -> Iterator[Turns]:
    """Alice with two sessions, and bob."""
    turns = Turns(Path("turns"))
    with turns.store:
        turns._do_accounts("alice bob")
        turns._do_caps("echo-message labeled-response batch message-tags")
        for name in ("alice", "alice.phone", "bob"):
            turns._do_login(name)
        yield turns


def test_the_same_nonce_twice_in_one_turn(turns: Turns) -> None:
    """It is said once, and both sessions get the same echo."""
    turns.send_together(("alice", LINE % b"1"), ("alice.phone", LINE % b"2"))
    assert len(turns.read("bob")) == 1
    (first,) = turns.read("alice")
    to_others, second = turns.read("alice.phone")
    assert first.startswith("@label=1;")
    assert second.startswith("@label=2;")
    assert first.partition(";")[2] == second.partition(";")[2] == to_others.removeprefix("@")


def test_the_same_nonce_twice_in_one_turn_on_a_full_disk(turns: Turns) -> None:
    """What the disk had no room for is confirmed to nobody, also not as a repetition."""
    turns.store.full = True
    turns.send_together(("alice", LINE % b"1"), ("alice.phone", LINE % b"2"))
    for name in ("alice", "alice.phone"):
        (answer,) = turns.read(name)
        assert " FAIL PRIVMSG STORE_UNAVAILABLE bob " in answer
    turns.store.full = False
    turns._send("alice", LINE.strip() % b"3")
    assert len(turns.read("bob")) == 1
    (answer,) = turns.read("alice")
    assert answer.startswith("@label=3;msgid=")
