"""What comes from two sessions in one turn of the hub, when neither can know of the other's."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from securechat.chat.effects import StartJob
from securechat.chat.items import JobDone, Received
from securechat.chat.jobs import Job, JobResult, PasswordJob
from securechat.chat.limits import MAX_PINS
from securechat.chat.state.nonces import OF_ACCOUNT, NonceMemory
from securechat.chat.state.revisions import Revisions
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
        assert not isinstance(job, PasswordJob)
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


@pytest.mark.parametrize("remembered", [OF_ACCOUNT, 0])
def test_the_same_nonce_twice_in_one_turn(turns: Turns, remembered: int) -> None:
    """It is said once, and both sessions get the same echo; also when memory had to forget it at once."""
    turns.core.registry.nonces = NonceMemory(remembered)
    turns.send_together(("alice", LINE % b"1"), ("alice.phone", LINE % b"2"))
    assert len(turns.read("bob")) == 1
    (first,) = turns.read("alice")
    to_others, second = turns.read("alice.phone")
    assert first.startswith("@label=1;")
    assert second.startswith("@label=2;")
    assert first.partition(";")[2] == second.partition(";")[2] == to_others.removeprefix("@")


@pytest.mark.parametrize("remembered", [OF_ACCOUNT, 0])
def test_the_same_nonce_twice_in_one_turn_on_a_full_disk(turns: Turns, remembered: int) -> None:
    """What the disk had no room for is confirmed to nobody, also not as a repetition."""
    turns.core.registry.nonces = NonceMemory(remembered)
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


def nonce_in_one_turn(turns: Turns, *lines: tuple[str, bytes]) -> None:
    """Let sessions send something in one turn of a hub whose store answers at once."""
    turns.core.lacks = turns.store.lacks
    *first, last = [Received(turns.links[name], turns.framers[name].feed(line)) for name, line in lines]
    for item in first:
        turns.core.handle(item, turns.now)
    turns._happens(last)


@pytest.mark.parametrize("remembered", [OF_ACCOUNT, 0])
def test_a_nonce_that_the_store_knows_at_once(turns: Turns, remembered: int) -> None:
    """What is new is said without a job; twice in one turn, or again after a restart, it is said once."""
    turns.core.registry.nonces = NonceMemory(remembered)
    nonce_in_one_turn(turns, ("alice", LINE % b"1"), ("alice.phone", LINE % b"2"))
    assert len(turns.read("bob")) == 1
    (first,) = turns.read("alice")
    second = turns.read("alice.phone")[-1]
    assert first.partition(";")[2] == second.partition(";")[2]
    turns.core.registry.nonces = NonceMemory(remembered)  # as after a restart
    nonce_in_one_turn(turns, ("alice", LINE % b"3"))
    assert turns.read("bob") == []
    (again,) = turns.read("alice")
    assert again == first.replace("label=1", "label=3")


def test_a_new_nonce_needs_no_query(turns: Turns) -> None:
    """A message of our own client is stored and shown in the turn in which it came."""
    turns.core.lacks = turns.store.lacks
    turns._do_queries("held")
    turns._send("alice", LINE.strip() % b"1")
    assert len(turns.read("bob")) == 1


def test_a_store_that_cannot_look_is_asked_by_a_job(turns: Turns, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of the look-up is for the query to explain: the message is neither lost nor taken for new."""
    driver = turns.store._store._driver
    monkeypatch.setattr(turns.store._store, "_driver", Broken(driver))
    assert not turns.store.lacks(1, ["n"])
    monkeypatch.undo()
    assert turns.store.lacks(1, ["n"])


class Broken:
    """A driver's connection that cannot read."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver

    def execute(self, text: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        raise sqlite3.OperationalError("disk I/O error")


def test_an_edit_and_a_redaction_in_one_turn(turns: Turns) -> None:
    """Whichever is first, nothing of the message is left: the edit is refused, or redacted as well."""
    turns._do_caps("message-tags batch draft/chathistory draft/message-redaction")
    turns._do_login("bob")
    for number, first in enumerate(("alice", "alice.phone")):
        turns._send("alice", b"PRIVMSG bob :teh text")
        key = re.findall(r"msgid=(\w+)", turns.read("bob")[0])[0].encode()
        lines = {
            "alice": b"REDACT bob %s\r\n" % key,
            "alice.phone": b"@+securechat/edit=%s PRIVMSG bob :the text\r\n" % key,
        }
        turns.send_together(*((name, lines[name]) for name in sorted(lines, key=lambda name: name != first)))
        turns.read("bob")
        turns._send("bob", b"CHATHISTORY LATEST alice * 10")
        left = turns.read("bob")
        assert not [line for line in left if " text" in line], f"order {number}: {left}"
        assert [line for line in left if b" REDACT bob %s" % key in line.encode()]


def test_two_redactions_in_one_turn(turns: Turns) -> None:
    """The second is told that there is no such message any more; nobody is told twice."""
    turns._do_caps("message-tags draft/message-redaction")
    turns._do_login("bob")
    turns._send("alice", b"PRIVMSG bob :teh text")
    key = re.findall(r"msgid=(\w+)", turns.read("bob")[0])[0].encode()
    turns.read("alice.phone")
    turns.send_together(*((name, b"REDACT bob %s\r\n" % key) for name in ("alice", "alice.phone")))
    assert len(turns.read("bob")) == 1
    assert any(" FAIL REDACT UNKNOWN_MSGID " in line for line in turns.read("alice.phone"))


def test_one_search_of_an_account_at_a_time(turns: Turns) -> None:
    """A second one is refused while the first runs, so that nobody keeps the query threads busy alone."""
    line = b"@label=s SEARCH text=once\r\n"
    turns.core.handle(Received(turns.links["alice"], turns.framers["alice"].feed(line)), turns.now)
    (job,) = [e.job for outcome in turns.core.take() for e in outcome.effects if isinstance(e, StartJob)]
    turns._send("alice.phone", line.strip())
    assert " FAIL SEARCH INTERNAL_ERROR :Another search of yours " in turns.read("alice.phone")[0]
    turns._send("bob", line.strip())
    assert " BATCH " in turns.read("bob")[0]
    turns._happens(JobDone(job, turns._answer(job)))
    turns._send("alice.phone", line.strip())
    assert " BATCH " in turns.read("alice.phone")[0]


def test_revisions_that_are_forgotten_count_as_changes() -> None:
    """Memory is bounded: what it does not know any more is read again."""
    revisions = Revisions(size=2)
    assert not revisions.changed(1, revisions.count)
    for message in (1, 2):
        revisions.note(message)
    assert revisions.changed(1, 0) and not revisions.changed(1, 1) and not revisions.changed(3, 0)
    revisions.note(3)
    assert revisions.changed(4, 0) and not revisions.changed(4, 1)


def test_the_last_pin_from_two_sessions_in_one_turn(turns: Turns) -> None:
    """A channel has as many pins as it may have and no more; the second session is told so."""
    turns._do_reload("flood=false")
    turns._send("alice", b"JOIN #dev")
    turns.read("alice")
    for number in range(MAX_PINS + 1):
        turns._send("alice", b"PRIVMSG #dev :%d" % number)
    said = re.findall(r"msgid=(\w+)", " ".join(turns.read("alice")))
    for key in said[: MAX_PINS - 1]:
        turns._send("alice", b"PIN #dev " + key.encode())
    turns.read("alice"), turns.read("alice.phone")
    lines = [b"PIN #dev %s\r\n" % key.encode() for key in said[MAX_PINS - 1 :]]
    turns.send_together(("alice", lines[0]), ("alice.phone", lines[1]))
    channel = turns.core.registry.channel("#dev")
    assert channel is not None and len(turns.store.reader.pins(channel.id)) == MAX_PINS
    assert any("TOO_MANY_PINS" in line for line in turns.read("alice.phone"))
