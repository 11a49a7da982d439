"""The hub's turn: handle, commit, perform; and what happens when the commit fails."""

import logging
from typing import cast

import pytest

from securechat.chat.clock import Now
from securechat.chat.effects import (
    Alarmed,
    AwaitDrain,
    Broadcast,
    Close,
    Handled,
    HashAdded,
    LoggedIn,
    LoginFailed,
    Send,
    StartJob,
)
from securechat.chat.items import Administer, Disconnected, Item, JobDone, Received, ShutDown, Tick
from securechat.chat.jobs import (
    CheckPassword,
    FindMessages,
    JobRefused,
    JobResult,
    PasswordChecked,
    Query,
)
from securechat.chat.link import DESK
from securechat.chat.ports import StoreFull, StoreUnavailable
from securechat.chat.records import MessageSent
from securechat.chat.requests import Done, ListAccounts
from securechat.chat.settings import Settings
from securechat.irc.message import Message
from securechat.server import worker, writing
from securechat.server.connection import Connection
from securechat.server.hub import MUCH
from securechat.server.rota import SLICE, TURN
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Rig


def say(conn: Connection, text: str) -> Received:
    """A message to the channel."""
    return Received(conn, [Message("PRIVMSG", ("#c", text))])


def turn(rig: Rig, *items: Item) -> None:
    """One turn with these items."""
    rig.hub.turn(items, rig.clock.now())


def test_nothing_is_queued_before_the_commit(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the store commits, no SendQ holds anything of that turn yet."""
    _, alice = rig.connect("alice")
    _, bob = rig.connect("bob")
    seen: list[list[bytes]] = []
    monkeypatch.setattr(rig.store, "commit", lambda records: seen.append(list(bob.sendq)))
    turn(rig, say(alice, "1"))
    assert seen == [[]]
    assert b"".join(bob.sendq) == b":alice!alice@server PRIVMSG #c :1\r\n"


def test_a_batch_is_one_transaction(rig: Rig) -> None:
    """All records of a turn are committed together, in order; a turn without records commits nothing."""
    _, alice = rig.connect("alice")
    _, bob = rig.connect("bob")
    turn(rig, say(alice, "1"), say(bob, "2"), say(alice, "3"))
    assert rig.store.commits == 1
    assert [record.text for record in rig.store.records if isinstance(record, MessageSent)] == ["1", "2", "3"]
    turn(rig, Received(alice, [Message("PING", ("x",))]), Tick())
    assert rig.store.commits == 1
    assert rig.hub.messages == 3


def test_effects_are_performed_in_order(rig: Rig) -> None:
    """What several commands send to one link arrives in the order of the commands."""
    _, alice = rig.connect("alice")
    _, bob = rig.connect("bob")
    turn(rig, say(alice, "1"), Received(bob, [Message("ECHO", ("2",))]), say(alice, "3"))
    lines = b"".join(bob.sendq).decode().split("\r\n")
    assert [line[-1:] for line in lines] == ["1", "2", "3", ""]


def test_a_full_store_refuses_what_records_and_nothing_else(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Commands with records are answered with FAIL, the others' replies stand, and the server goes on."""
    _, alice = rig.connect("alice")
    _, bob = rig.connect("bob")
    rig.store.problem = StoreFull("no room")
    turn(rig, say(alice, "lost"), Received(bob, [Message("ECHO", ("kept",))]))
    assert alice.sendq == [b"FAIL\r\n"]
    assert b"".join(bob.sendq) == b"kept\r\n"
    assert alice.unhandled == -1  # it was never read, but handled
    turn(rig, say(alice, "lost, too"))
    assert len(caplog.records) == 1
    rig.store.problem = None
    turn(rig, say(alice, "stored"))
    assert b"stored" in b"".join(bob.sendq)


@pytest.mark.parametrize("problem", [StoreFull("no room"), StoreUnavailable("locked")])
def test_people_are_told_why_nothing_is_stored(rig: Rig, problem: StoreUnavailable) -> None:
    """The core gets the words for them, not those for the log."""
    _, alice = rig.connect("alice")
    rig.store.problem = problem
    turn(rig, say(alice, "lost"))
    assert rig.core.told == problem.shown
    assert ("disk" in rig.core.told) == isinstance(problem, StoreFull)


def test_a_clock_that_goes_backwards_is_logged_once(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Each jump back is one line with both times; a jump ahead, and a clock that goes on, are none."""
    for wall in (
        1_800_000_000_000,
        1_800_003_600_000,
        1_800_000_000_000,
        1_800_000_000_000,
        1_800_000_001_000,
    ):
        rig.hub.turn([Tick()], Now(wall, 1000.0))
    assert caplog.messages == [
        "the clock went backwards from 2027-01-15T09:00:00.000Z to 2027-01-15T08:00:00.000Z: "
        "messages keep their order, their times do not rise"
    ]


def test_a_clock_behind_what_is_stored_is_logged_at_the_start(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Once, with both times; a store whose newest id is older says nothing."""
    for latest in (999_999, 1_000_000, 4_600_000):
        hub = rig.make_hub(latest)
        hub.stop()
        hub.run()
        hub.turn([Tick()], rig.clock.now())
    assert caplog.messages == [
        "the clock went backwards from 1970-01-01T01:16:40.000Z to 1970-01-01T00:16:40.000Z: "
        "messages keep their order, their times do not rise"
    ]


def test_an_unknown_outcome_performs_nothing(rig: Rig) -> None:
    """After any other error of the commit the turn ends at once: nobody is told anything."""
    _, alice = rig.connect("alice")
    _, bob = rig.connect("bob")
    rig.store.problem = OSError(5, "Input/output error")
    with pytest.raises(OSError, match="Input/output error"):
        turn(rig, Received(bob, [Message("ECHO", ("x",))]), say(alice, "x"))
    assert alice.sendq == bob.sendq == []
    assert rig.core.reverted == []


def test_the_store_is_closed_by_the_loop(rig: Rig) -> None:
    """`run` ends after everything that came before `stop`, and closes the store."""
    _, alice = rig.connect("alice")
    rig.inbox.put(say(alice, "last"))
    rig.hub.stop()
    rig.hub.run()
    assert [record.text for record in rig.store.records if isinstance(record, MessageSent)] == ["last"]
    assert rig.store.closed


def test_the_store_is_closed_after_an_error(rig: Rig) -> None:
    """Also a turn that fails leaves a closed store."""
    _, alice = rig.connect("alice")
    rig.store.problem = OSError(5, "Input/output error")
    rig.inbox.put(say(alice, "x"))
    with pytest.raises(OSError, match="Input/output error"):
        rig.hub.run()
    assert rig.store.closed


def test_the_turn_that_is_due_gets_a_tick(rig: Rig) -> None:
    """When the core wants to be called at a time, a turn comes then, with a Tick."""
    rig.core.due = rig.clock.seconds
    rig.hub.run_once()
    assert rig.core.items == [Tick()]


def test_a_turn_is_bounded(rig: Rig) -> None:
    """However much is in the inbox, a turn takes about as many lines as half a SendQ can hold."""
    _, alice = rig.connect("alice")
    rig.core.items.clear()
    for _ in range(3):
        rig.inbox.put(Received(alice, [Message("NOP")] * 600))
    rig.hub.run_once()
    assert len(rig.core.items) == 2
    rig.hub.run_once()
    assert len(rig.core.items) == 3


def test_what_waits_in_front_of_somebody_is_only_put_aside(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lines of an account that has had its slice came first, the turn gets to the others."""
    alice, bob = [rig.connect(name)[1] for name in ("alice", "bob")]
    handled: list[Item] = []

    def handle(item: Item, _now: Now) -> None:
        handled.append(item)
        rig.clock.seconds += SLICE

    monkeypatch.setattr(rig.core, "handle", handle)
    rig.inbox.extend([Received(alice, [Message("NOP")] * 100) for _ in range(100)])
    said = say(bob, "x")
    rig.inbox.put(said)
    rig.hub.run_once()
    assert said in handled


def test_a_login_frees_its_place(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """After the login the connection no longer counts as one without, and sessions are counted."""
    caplog.set_level(logging.INFO)
    _, conn = rig.connect()
    assert (rig.admission.unauthenticated, rig.hub.sessions) == (1, 0)
    turn(rig, Received(conn, [Message("NICK", ("a",)), *[Message("USER", ("a",))] * 2]))
    assert (rig.admission.unauthenticated, rig.admission.total, rig.hub.sessions) == (0, 1, 1)
    assert conn.authenticated
    assert caplog.messages[-1] == f"{conn.serial} = logged in as a from {conn.address}"
    turn(rig, Disconnected(conn, "bye"))
    assert rig.hub.sessions == 0


def test_failed_logins_are_logged_and_fill_no_log(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    """Ten of a second are written with all that the server knows, the others are counted."""
    caplog.set_level(logging.INFO)
    _, conn = rig.connect()
    caplog.clear()
    failed = LoginFailed(conn, "a\x1b", "PASS", "no such account")
    rig.core.cause(*[failed] * 322, Alarmed("332 failed logins"))
    turn(rig, Tick())
    line = f"{conn.serial} ! PASS as a\x1b from {conn.address} failed: no such account"
    assert caplog.messages == [*[line] * 10, "332 failed logins"]
    rig.clock.seconds += 1
    turn(rig, Tick())
    assert caplog.messages[11:] == ["and 312 more like the last one"]


def test_hashes_that_are_added_are_told(rig: Rig) -> None:
    """Whoever checks passwords hears of them once they are stored."""
    told: list[str] = []
    rig.hub = rig.make_hub(hash_added=told.append)
    rig.core.cause(HashAdded("$a$"))
    turn(rig, Tick())
    assert told == ["$a$"]


def test_a_login_and_its_end_in_one_turn(rig: Rig) -> None:
    """A session that comes and goes within one batch is not counted for ever."""
    _, conn = rig.connect()
    turn(rig, Received(conn, [Message("USER", ("a",))]), Disconnected(conn, "bye"))
    assert rig.hub.sessions == 0


def test_jobs_go_to_their_pools(rig: Rig) -> None:
    """Passwords and queries wait in different queues; a result comes back as an item."""
    _, conn = rig.connect("alice")
    password, query = CheckPassword(conn, None, "x"), FindMessages(conn, 1, ("n",))
    rig.core.cause(StartJob(password), StartJob(query))
    turn(rig, Tick())
    assert (rig.hub.jobs.passwords.waiting, rig.hub.jobs.queries.waiting) == (1, 1)
    rig.hub.jobs.passwords.run_once(lambda job: PasswordChecked(job is password), 0)
    rig.hub.jobs.queries.run_once(lambda job: JobRefused(), 0)
    results = [item for item in rig.inbox.take(0, 10) if not callable(item)]
    assert results == [JobDone(password, PasswordChecked(True)), JobDone(query, JobRefused())]


def test_queries_of_accounts_take_turns(rig: Rig) -> None:
    """However many sessions of an account ask, another one waits for one query; the server's own, too."""
    first, second, bob = [rig.connect(name)[1] for name in ("alice.desk", "alice.phone", "bob")]
    jobs = [FindMessages(link, 1, ("n",)) for link in (first, first, second, bob, DESK)]
    rig.core.cause(*map(StartJob, jobs))
    turn(rig, Tick())
    done: list[Query] = []

    def work(job: Query) -> JobResult:
        done.append(job)
        return JobRefused()

    while rig.hub.jobs.queries.run_once(work, 0):
        pass
    assert done == [jobs[0], jobs[3], jobs[4], jobs[1], jobs[2]]


def test_answers_come_after_the_commit(rig: Rig) -> None:
    """An administrator's answer goes back with its ticket."""
    turn(rig, Administer(7, ListAccounts()))
    assert rig.answers == [(7, Done([{"request": "ListAccounts"}]))]


def test_close_comes_after_what_was_broadcast_before(rig: Rig) -> None:
    """A member that is closed in the same turn gets what was said before, and nothing after it."""
    _, alice = rig.connect("alice")
    bob_peer, bob = rig.connect("bob")
    turn(rig, say(alice, "1"), Received(bob, [Message("QUIT")]), say(alice, "2"))
    rig.until(lambda: bob_peer.ended)
    assert bob_peer.lines == [":alice!alice@server PRIVMSG #c :1", "ERROR :Bye"]


def test_close_alone_also_comes_after_it(rig: Rig) -> None:
    """Even when nothing is sent to the member itself before it is closed."""
    peer, bob = rig.connect("bob")
    rig.core.cause(Broadcast(rig.core.audience, {0: b"before\r\n"}), Close(bob))
    rig.core.cause(Broadcast(rig.core.audience, {0: b"after\r\n"}))
    turn(rig, Tick())
    rig.until(lambda: peer.ended)
    assert peer.lines == ["before"]


def test_waiting_for_room_that_is_there(rig: Rig) -> None:
    """A session that waits though its SendQ is empty already is told at once."""
    peer, conn = rig.connect("alice")
    rig.core.cause(AwaitDrain(conn))
    turn(rig, Tick())
    rig.until(lambda: peer.lines == ["DRAINED"])


def test_a_worker_that_is_behind_is_waited_for(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """When SendQs are long because the server itself is slow, the hub lets the worker write first."""
    _, alice = rig.connect("alice")
    waits: list[float] = []
    monkeypatch.setattr(rig.worker.flushed, "wait", waits.append)
    rig.core.cause(Send(alice, b"x" * 100))
    turn(rig, Tick())
    assert waits == []
    rig.core.cause(Send(alice, b"x" * (UNLIMITED.sendq // 2)))
    turn(rig, Tick())
    assert len(waits) == 1
    assert not rig.worker.flushed.is_set()
    rig.worker.run_once(0)
    assert rig.worker.flushed.is_set()


def test_a_worker_that_is_behind_is_waited_for_to_the_end(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whose SendQ is half full may be the last of the round: the hub waits until it has been written to."""
    monkeypatch.setattr(writing, "WRITERS", 1)
    peers = [rig.connect(f"n{number}") for number in range(3)]
    monkeypatch.setattr(rig.worker.flushed, "wait", lambda timeout: None)
    for _, conn in peers:
        rig.core.cause(Send(conn, b"x" * (UNLIMITED.sendq // 2)))
    turn(rig, Tick())
    while peers[-1][1].queued > UNLIMITED.sendq // 2:
        assert not rig.worker.flushed.is_set()
        rig.worker.run_once(0)
    rig.until(rig.worker.flushed.is_set)


def test_a_worker_that_writes_to_many_goes_on_first(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said while hundreds are written to would be written after that anyway: it is joined, unless
    there is much of it."""
    peers = [rig.connect(f"n{number}") for number in range(3)]
    monkeypatch.setattr(worker, "NEARLY", 2)
    monkeypatch.setattr(writing, "NEARLY", 2)
    waits: list[float] = []
    monkeypatch.setattr(rig.worker.nearly, "wait", waits.append)

    def said(connections: int, items: int) -> int:
        waits.clear()
        for _, conn in peers[:connections]:
            rig.worker.dirty.append(conn)
        rig.inbox.extend([Tick()] * items)
        rig.hub.run_once()
        rig.worker.run_once(0)
        assert rig.worker.nearly.is_set()
        return len(waits)

    assert said(3, 1) == 1
    assert said(2, 1) == 0
    assert said(3, MUCH) == 0


def test_new_settings_reach_the_core_in_their_place(rig: Rig) -> None:
    """A reload is one more thing in the inbox: what came before it is handled by the old settings."""
    settings = Settings("server", "network", "1", sendq=4096)
    rig.hub.reconfigure(settings, UNLIMITED)
    assert rig.core.settings is None
    rig.hub.run_once()
    assert rig.core.settings == settings


def test_chores_run_when_nothing_else_waits(rig: Rig) -> None:
    """Work that can wait is done after a tick, and only when the inbox is empty."""
    done: list[str] = []
    rig.hub._chores = [lambda: done.append("chore")]
    rig.inbox.put(Disconnected(rig.connect()[1], "x"))
    rig.hub.run_once()
    assert done == []
    rig.inbox.put(Tick())
    rig.hub.run_once()
    assert done == ["chore"]
    conn = rig.connect()[1]
    rig.inbox.extend([Tick(), Received(conn, [Message("NOP")] * 5000), Tick()])
    rig.hub.run_once()
    assert done == ["chore"]
    rig.hub.run_once()
    assert done == ["chore", "chore"]


def test_shutdown_reaches_everybody(rig: Rig) -> None:
    """Every session gets the reason and is closed."""
    alice_peer, alice = rig.connect("alice")
    bob_peer, _ = rig.connect("bob")
    turn(rig, ShutDown("Server shutting down"))
    rig.until(lambda: alice_peer.ended and bob_peer.ended)
    assert alice_peer.lines == bob_peer.lines == ["ERROR :Server shutting down"]
    assert alice.closed


def test_effects_for_a_link_that_is_gone(rig: Rig) -> None:
    """Effects that come too late do nothing and fail nothing."""
    peer, conn = rig.connect("alice")
    peer.close()
    rig.settle()
    rig.core.cause(Send(conn, b"x\r\n"), Handled(conn, 1), LoggedIn(conn, 1, "alice"), Close(conn))
    turn(rig, Tick())
    rig.settle()
    assert conn.sendq == []


def test_a_long_turn_is_cut(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a turn has no time for waits in front of what came later, in its order."""
    alice, bob, carol, dan = [rig.connect(name)[1] for name in ("alice", "bob", "carol", "dan")]
    handled: list[str] = []

    def handle(item: Item, _now: Now) -> None:
        assert isinstance(item, Received) and isinstance(item.lines[0], Message)
        handled.append(item.lines[0].params[1])
        rig.clock.seconds += TURN * 0.6

    monkeypatch.setattr(rig.core, "handle", handle)
    rig.inbox.put(say(dan, "4"))
    turn(rig, say(alice, "1"), say(bob, "2"), say(carol, "3"))
    assert handled == ["1", "2"]
    rig.hub.run_once()
    assert handled == ["1", "2", "3", "4"]


def test_the_core_is_told_when_an_item_has_had_its_time(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each account has its own, whatever the one before took; what else comes from it has the next turn's."""
    alice, bob = [rig.connect(name)[1] for name in ("alice", "bob")]
    tired: list[bool] = []

    def handle(_item: Item, _now: Now) -> None:
        tired.append(rig.core.late())
        rig.clock.seconds += SLICE
        tired.append(rig.core.late())

    monkeypatch.setattr(rig.core, "handle", handle)
    turn(rig, say(alice, "1"), say(alice, "2"), say(bob, "3"))
    assert tired == [False, True, False, True]
    rig.hub.run_once()
    assert tired == [False, True, False, True, False, True]


def test_what_waits_for_its_slice_is_handled_before_the_end(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hub that is told to stop ends after that, too."""
    _, alice = rig.connect("alice")
    handled: list[Item] = []

    def handle(item: Item, _now: Now) -> None:
        handled.append(item)
        rig.clock.seconds += SLICE

    monkeypatch.setattr(rig.core, "handle", handle)
    said = [say(alice, str(number)) for number in range(4)]
    rig.inbox.extend(said)
    rig.hub.stop()
    rig.hub.run()
    assert handled == said


def test_the_busiest_accounts_are_known(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those three that have had most of the hub's time lately, by name; who has had hardly any is none."""
    links = [rig.connect(name)[1] for name in ("alice", "bob", "carol", "dan", "eve", "alice")]
    assert rig.hub.busiest() == ""
    costs = dict(zip(links, (3.0, 9.0, 0.9, 1.5, 0.3, 3.0), strict=True))

    def handle(item: Item, _now: Now) -> None:
        assert isinstance(item, Received)
        rig.clock.seconds += costs[cast(Connection, item.link)]

    monkeypatch.setattr(rig.core, "handle", handle)
    rig.inbox.extend([say(link, "x") for link in links])
    while rig.inbox:
        rig.hub.run_once()
    assert rig.hub.busiest() == "bob 14%, alice 9%, dan 2%"
    rig.clock.seconds += 3600
    assert rig.hub.busiest() == ""
