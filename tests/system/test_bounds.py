"""Every queue is bounded: who takes too much loses its own connection, and nobody else notices."""

from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.faults.members import KINDS, Members
from tests.faults.vitals import Vitals, reset_peak
from tests.system.conftest import Serve
from tests.system.person import Ended, Person, Wire, log_in
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]


def test_a_reader_that_never_reads_is_closed(serve: Serve, enter: Enter) -> None:
    """Who takes nothing is closed when its queue is full; the others get every message meanwhile."""
    server = serve({"limits.sendq": 65536}, accounts=["alice", "bob", "deaf"])
    deaf = enter(server, "deaf", receive_buffer=4096)
    alice, bob = enter(server, "alice"), enter(server, "bob")
    gone = False
    texts = []
    for burst in range(200):
        for number in range(50):
            texts.append(f"{burst:03} {number:02} {'x' * 350}")
            alice.send(f"PRIVMSG #general :{texts[-1]}")
        lines = alice.sync()
        gone = gone or any(line.command == "QUIT" and line.source == "deaf!deaf@chat.test" for line in lines)
        if gone:
            break
    assert gone, "the reader that never reads is still there"
    assert bob.said() == texts
    assert "SendQ exceeded" in server.log_text()
    with pytest.raises(Ended):
        while True:
            deaf.receive()


def test_hostile_members_take_little_memory(serve: Serve, enter: Enter) -> None:
    """Sessions that send what costs most memory take a bounded part of it, and others chat on.

    The long form, with figures, is tests/faults/test_hostile_members.py.
    """
    server = serve({"limits.flood": True}, accounts=["alice", "mallory"])
    alice = enter(server, "alice")
    base = Vitals.of(server.pid).memory
    reset_peak(server.pid)
    with Members(server, 16, list(KINDS), "mallory"):
        for _ in range(20):
            alice.sync()
    assert Vitals.of(server.pid).peak - base < 128 * 1024


def test_a_slow_reader_gets_everything(serve: Serve, enter: Enter) -> None:
    """Who asks for more than its queue holds, and reads late, is slowed down and gets all of it in order."""
    server = serve({"limits.sendq": 65536}, accounts=["alice"])
    alice = enter(server, "alice", capabilities=(), receive_buffer=4096)
    alice.send_bytes(b"".join(b"HELP JOIN\r\nPING %d\r\n" % number for number in range(3000)))
    answers = alice.until(lambda line: line.command == "PONG" and line.params[-1] == "2999")
    pongs = [line.params[-1] for line in answers if line.command == "PONG"]
    assert pongs == [str(number) for number in range(3000)]
    assert len([line for line in answers if line.command == "706"]) == 3000


def test_the_17th_connection_without_a_login_is_refused(serve: Serve) -> None:
    """A source may have 16 connections that have not logged in; those that have do not count."""
    server = serve({"limits.connections_per_source": 16}, accounts=["alice", "bob"])
    with ExitStack() as connections:
        for _ in range(3):
            connections.enter_context(Person(server, "alice"))
        waiting = [connections.enter_context(Wire(server)) for _ in range(16)]
        with pytest.raises(OSError):
            Wire(server)
        elsewhere = connections.enter_context(Wire(server, source="127.0.0.9"))
        elsewhere.sync()
        assert log_in(waiting[0], "bob", PASSWORD) is None
        connections.enter_context(Wire(server)).sync()  # the login gave its place back
        for wire in waiting:
            wire.sync()
    assert "limits.connections_per_source" in server.log_text()


def test_new_connections_are_counted(serve: Serve) -> None:
    """A source may open only so many connections in ten minutes that do not log in."""
    server = serve({"limits.connections_window": 4}, accounts=["alice"])
    for _ in range(6):
        Person(server, "alice").close()
    for _ in range(4):
        Wire(server).close()
    with pytest.raises(OSError):
        Wire(server)
    Wire(server, source="127.0.0.9").close()


def test_guessing_is_slowed_down(serve: Serve) -> None:
    """After twelve wrong passwords the next is refused unheard, for this account and for no other."""
    server = serve(accounts=["alice", "bob"])
    for number in range(6):
        with Wire(server, source=f"127.0.1.{number + 1}") as wire:
            for _ in range(2):
                refusal = str(log_in(wire, "alice", "wrong password"))
                assert refusal == "SASL authentication failed: Wrong account name or password"
    with Wire(server, source="127.0.1.9") as wire:
        assert "Too many failed logins" in str(log_in(wire, "alice", PASSWORD))
        assert log_in(wire, "bob", PASSWORD) is None


def test_the_owner_is_not_locked_out(serve: Serve) -> None:
    """Who has logged in from a network before gets in from there while strangers guess."""
    server = serve(accounts=["alice"])
    Person(server, "alice", source="127.0.0.1").close()
    for number in range(7):
        with Wire(server, source=f"127.0.1.{number + 1}") as wire:
            for _ in range(2):
                assert log_in(wire, "alice", "wrong password") is not None
    Person(server, "alice", source="127.0.0.1").close()


def test_flood_control_slows_and_keeps_order(serve: Serve, enter: Enter) -> None:
    """With limits.flood a person who pastes is slowed down; all of it arrives in order."""
    server = serve({"limits.flood": True}, accounts=["alice", "bob"])
    alice, bob = enter(server, "alice"), enter(server, "bob")
    for number in range(75):
        alice.send(f"PRIVMSG #general :line {number}")
    bob.hear("line 74")
    texts = [line for line in bob.transcript.decode().split("\r\n") if " PRIVMSG " in line]
    assert [line.rpartition(":")[2] for line in texts] == [f"line {number}" for number in range(75)]


def test_many_logins_at_once_all_get_in(serve: Serve) -> None:
    """However long the queue for the one thread that checks passwords is, a right password is accepted."""
    server = serve({"auth.slots": 1, "limits.sessions_per_account": 0}, accounts=["alice", "bob"])
    with ExitStack() as connections:
        names = ["alice", "bob"] * 60
        wires = [connections.enter_context(Wire(server, source=f"127.0.0.{n + 2}")) for n in range(120)]
        for wire, name in zip(wires, names, strict=True):
            wire.send(f"PASS :{name}:{PASSWORD}")
        for wire in wires:
            assert wire.until(lambda line: line.command in ("900", "464"))[-1].command == "900"


def test_hundreds_of_silent_connections_come_and_go(shared_server: ServerProcess, enter: Enter) -> None:
    """Hundreds of connections that say nothing and leave again disturb nobody."""
    alice = enter(shared_server, "alice")
    for _ in range(3):
        with ExitStack() as connections:
            for _ in range(100):
                connections.enter_context(Wire(shared_server))
        alice.say("#general", "undisturbed")
