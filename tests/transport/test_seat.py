"""On whose thread the hub takes its turns."""

from threading import Event, Thread

import pytest

from securechat.chat.items import Disconnected, Drained, Item, Tick
from securechat.chat.records import MessageSent, Record
from securechat.server.connection import Connection, State
from securechat.server.inbox import Inbox
from securechat.server.seat import Seat
from securechat.server.transport import Transport
from tests.transport.rig import Rig, state


def texts(rig: Rig) -> list[str]:
    """What was said and is stored."""
    return [record.text for record in rig.store.records if isinstance(record, MessageSent)]


@pytest.fixture
def quiet(rig: Rig) -> Rig:
    """A rig whose worker may take the hub's turns; the hub itself takes none once all have come in."""
    rig.worker.turn_here = rig.hub.turn_here
    return rig


def test_a_worker_takes_the_turn_and_writes_what_follows(quiet: Rig) -> None:
    """One pass reads a message, stores it and delivers it; nobody is woken for it."""
    alice, _ = quiet.connect("alice")
    bob, _ = quiet.connect("bob")
    quiet.settle()
    quiet.thinking = False
    alice.send(b"PRIVMSG #c :hello\r\n")
    alice.step()
    quiet.worker.run_once(0)
    bob.step()
    assert b":hello\r\n" in bob.received
    assert texts(quiet) == ["hello"]


def test_much_is_handed_over(quiet: Rig) -> None:
    """What more than a few connections say at the same time is the hub's own to handle."""
    peers = [quiet.connect(f"n{number}")[0] for number in range(5)]
    quiet.settle()
    quiet.thinking = False
    for peer in peers:
        peer.send(b"PRIVMSG #c :hello\r\n")
        peer.step()
    quiet.worker.run_once(0)
    assert texts(quiet) == [] and len(quiet.inbox) == 5
    quiet.hub.run_once()
    assert texts(quiet) == ["hello"] * 5


def test_a_turn_that_goes_on_is_waited_for_by_nobody(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the hub takes a turn the worker hands over what it reads, and goes on."""
    alice, _ = quiet.connect("alice")
    bob, _ = quiet.connect("bob")
    quiet.settle()
    quiet.thinking = False
    begun, go_on, commit = Event(), Event(), quiet.store.commit

    def slowly(records: list[Record]) -> None:
        begun.set()
        assert go_on.wait(10)
        commit(records)

    monkeypatch.setattr(quiet.store, "commit", slowly)
    alice.send(b"PRIVMSG #c :one\r\n")
    alice.step()
    quiet.worker.turn_here = lambda worker, items: False
    quiet.worker.run_once(0)
    quiet.worker.turn_here = quiet.hub.turn_here
    hub = Thread(target=quiet.hub.run_once)
    hub.start()
    assert begun.wait(10)
    bob.send(b"PRIVMSG #c :two\r\n")
    bob.step()
    quiet.worker.run_once(0)
    assert len(quiet.inbox) == 1
    go_on.set()
    hub.join()
    quiet.hub.run_once()
    assert texts(quiet) == ["one", "two"]


def test_the_hub_goes_on_with_what_a_worker_leaves(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is woken when something has come meanwhile, and when something is due; else it sleeps on."""
    alice, _ = quiet.connect("alice")
    quiet.settle()
    quiet.thinking = False
    rings: list[int] = []
    coming: list[Item] = []
    commit = quiet.store.commit

    def slowly(records: list[Record]) -> None:
        quiet.inbox._items.extend(coming)  # as from a thread that has not rung yet
        commit(records)

    monkeypatch.setattr(quiet.store, "commit", slowly)
    monkeypatch.setattr(Inbox, "ring", lambda inbox: rings.append(len(inbox)))
    cases: list[tuple[list[Item], float | None, list[int]]] = [
        ([], None, []),
        ([Tick()], None, [1]),
        ([], 1e9, [0]),
    ]
    for come, due, rung in cases:
        rings.clear()
        coming, quiet.core.due = come, due
        alice.send(b"PRIVMSG #c :x\r\n")
        alice.step()
        quiet.worker.run_once(0)
        assert rings == rung
        quiet.inbox.take(0.0)


def test_chores_follow_a_tick_that_a_worker_took(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many ticks come into the turns of workers, the hub's thread is woken and does the chores."""
    alice, _ = quiet.connect("alice")
    quiet.settle()
    quiet.thinking = False
    done: list[str] = []
    monkeypatch.setattr(quiet.hub, "_chores", [lambda: done.append("chore")])
    quiet.inbox.put(Tick())
    alice.send(b"PRIVMSG #c :x\r\n")
    alice.step()
    quiet.worker.run_once(0)
    assert Tick() in quiet.core.items and done == []
    assert quiet.inbox._bell.is_set()
    quiet.hub.run_once()
    assert done == ["chore"]


def test_what_is_due_is_asked_in_the_seat(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chat knows that, so it must not be asked while somebody else takes a turn."""
    alice, _ = quiet.connect("alice")
    quiet.settle()
    quiet.thinking = False
    free: list[bool] = []

    def asked() -> None:
        free.append(quiet.hub._seat.take_if_free(lambda: None))

    monkeypatch.setattr(quiet.core, "next_due", asked)
    alice.send(b"PRIVMSG #c :x\r\n")
    alice.step()
    quiet.worker.run_once(0)
    assert free and not any(free)
    free.clear()
    quiet.inbox.put(Tick())
    quiet.hub.run_once()
    assert free and not any(free)


def test_who_drains_after_a_turn_of_the_worker_goes_on_at_once(quiet: Rig) -> None:
    """The chat hears of it with the same pass: nothing may happen before the next one ends."""
    alice, conn = quiet.connect("alice")
    quiet.settle()
    quiet.thinking = False
    alice.send(b"BURST 1\r\n")
    alice.step()
    quiet.worker.run_once(0)
    assert conn.awaiting is False and len(quiet.inbox) == 1
    quiet.hub.run_once()
    assert Drained(conn) in quiet.core.items


def test_an_unknown_outcome_ends_the_hub_whoever_took_the_turn(quiet: Rig) -> None:
    """Nobody hears of what a worker could not store, no turn follows, and the hub's thread raises."""
    alice, conn = quiet.connect("alice")
    bob, other = quiet.connect("bob")
    quiet.settle()
    quiet.store.problem = OSError(5, "Input/output error")
    alice.send(b"PRIVMSG #c :lost\r\n")
    alice.step()
    quiet.worker.run_once(0)
    quiet.store.problem = None
    bob.send(b"PRIVMSG #c :later\r\n")
    bob.step()
    quiet.worker.run_once(0)
    assert conn.sendq == other.sendq == [] and texts(quiet) == []
    with pytest.raises(OSError, match="Input/output error"):
        quiet.hub.run()
    assert quiet.store.closed and texts(quiet) == []


def test_a_seat_has_room_for_one() -> None:
    """Whoever finds it taken is told so at once, or waits."""
    seat, seen = Seat(), []
    with seat:
        assert not seat.take_if_free(lambda: seen.append("not now"))
    assert seat.take_if_free(lambda: seen.append("now"))
    assert seen == ["now"] and not seat.lost


def test_peers_are_not_to_blame_for_a_slow_disk(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that was held up in a turn for minutes gives everybody that time, also for the handshake."""
    alice, talking = quiet.connect("alice")
    _, silent = quiet.connect("bob")
    _, greeting = quiet.pair(speaking=False)
    quiet.settle()
    commit = quiet.store.commit

    def slowly(records: list[Record]) -> None:
        quiet.clock.seconds += 1000
        commit(records)

    monkeypatch.setattr(quiet.store, "commit", slowly)
    alice.send(b"PRIVMSG #c :x\r\n")
    quiet.until(lambda: texts(quiet) == ["x"])
    quiet.worker.run_once(0)
    assert {state(talking), state(silent), state(greeting)} == {State.OPEN, State.SILENT}
    monkeypatch.setattr(quiet.store, "commit", commit)
    quiet.pass_time(quiet.limits.handshake + 2)
    assert state(greeting) is State.GONE and state(silent) is State.OPEN


def test_who_comes_while_the_disk_is_slow_is_let_in(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker that they are given to begins with them late, and that is not their fault either."""
    alice, _ = quiet.connect("alice")
    quiet.settle()
    commit, come = quiet.store.commit, list[Connection]()

    def slowly(records: list[Record]) -> None:
        come.append(quiet.pair(speaking=False)[1])
        quiet.clock.seconds += 1000
        commit(records)

    monkeypatch.setattr(quiet.store, "commit", slowly)
    alice.send(b"PRIVMSG #c :x\r\n")
    quiet.settle()
    assert [state(conn) for conn in come] == [State.SILENT]
    quiet.pass_time(quiet.limits.handshake + 2)
    assert [state(conn) for conn in come] == [State.GONE]


def test_a_slow_disk_makes_no_peer_take_anything(quiet: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said after a peer was heard last, however often it got more time, is missed when it goes."""
    alice, _ = quiet.connect("alice")
    bob, gone = quiet.connect("bob")
    quiet.settle()
    heard, commit = quiet.clock.seconds, quiet.store.commit

    def slowly(records: list[Record]) -> None:
        quiet.clock.seconds += 20
        commit(records)

    monkeypatch.setattr(Transport, "unconfirmed", lambda transport: 1e6)
    monkeypatch.setattr(quiet.store, "commit", slowly)
    for number in range(1, 4):
        quiet.clock.seconds += 1
        alice.send(b"PRIVMSG #c :x\r\n")
        quiet.settle()
        assert len(texts(quiet)) == number
    bob.close()
    quiet.until(lambda: state(gone) is State.GONE)
    quiet.settle()
    assert [item.taken for item in quiet.core.items if isinstance(item, Disconnected)] == [heard]
