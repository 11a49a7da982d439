"""How connections end: by the chat, by their deadlines, and with the server."""

import socket
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from securechat.chat.items import Disconnected, ShutDown
from securechat.server import deadlines
from securechat.server.connection import Connection, State
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Rig, state
from tests.transport.test_writing import SMALL, append, fill, numbered

MakeRig = Callable[..., Rig]


def ends(rig: Rig) -> list[str]:
    """The reasons of all ends that the core was told of."""
    return [item.reason for item in rig.core.items if isinstance(item, Disconnected)]


def test_close_writes_what_is_queued_and_says_goodbye(rig: Rig) -> None:
    """A session that is closed gets its last lines, close_notify and the end of the stream."""
    peer, conn = rig.connect("alice")
    append(conn, numbered(0, 100))
    peer.send(b"QUIT\r\n")
    rig.until(lambda: peer.ended)
    assert peer.received == numbered(0, 100) + b"ERROR :Bye\r\n"
    assert peer.said_goodbye
    assert ends(rig) == ["Closed by the server"]


def test_a_closed_connection_waits_for_its_peer(rig: Rig) -> None:
    """The socket is closed after the peer's, so that no reset overtakes the last lines."""
    peer, conn = rig.connect("alice")
    peer.send(b"QUIT\r\n")
    rig.until(lambda: peer.ended)
    peer.send_raw(b"input that nobody reads any more")
    rig.settle()
    assert state(conn) is State.LINGERING
    peer.close()
    rig.settle()
    assert state(conn) is State.GONE


def test_a_peer_that_does_not_close_is_not_waited_for(rig: Rig) -> None:
    """After two seconds the socket is closed anyway."""
    peer, conn = rig.connect("alice")
    peer.send(b"QUIT\r\n")
    rig.until(lambda: peer.ended)
    rig.pass_time(4)
    assert state(conn) is State.GONE


def test_a_peer_that_goes_on_talking_is_cut_off(rig: Rig) -> None:
    """Whoever sends and sends after the end is closed before the time is over."""
    peer, conn = rig.connect("alice")
    peer.send(b"QUIT\r\n")
    rig.until(lambda: peer.ended)
    peer.send_raw(b"x" * 200 * 1024)
    rig.settle(2)
    assert state(conn) is State.GONE


def test_last_lines_that_nobody_takes(rig: Rig) -> None:
    """The last lines may take five seconds; then the connection is closed without them."""
    peer, conn = rig.connect("alice", buffer=SMALL)
    fill(rig, peer, conn, numbered(0, 1000))
    rig.inbox.put(ShutDown("bye"))
    rig.settle()
    assert state(conn) is State.CLOSING
    assert conn.closed
    rig.pass_time(7)
    assert state(conn) is State.GONE
    assert ends(rig) == ["Closed by the server"]


def test_nothing_is_appended_after_the_end(rig: Rig) -> None:
    """Broadcasts to an audience that still holds a closed session give it nothing."""
    peer, conn = rig.connect("alice")
    talker, _ = rig.connect("talker")
    rig.thinking = False
    peer.send(b"QUIT\r\n")
    rig.settle()
    talker.send(b"PRIVMSG #c :too late\r\n")
    rig.settle()
    rig.thinking = True
    rig.until(lambda: peer.ended)
    assert peer.lines == ["ERROR :Bye"]
    assert conn.sendq == []


def test_a_silent_connection_has_ten_seconds(rig: Rig) -> None:
    """A connection that sends nothing is closed after the time for the handshake."""
    peer, conn = rig.pair(speaking=False)
    rig.pass_time(10)
    assert state(conn) is State.SILENT
    rig.pass_time(1)
    assert state(conn) is State.GONE
    peer.receive()
    assert peer.ended and not peer.raw


def test_many_deadlines_at_once_take_turns(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """When many connections end in one second, each pass closes some of them and serves the others, too."""
    monkeypatch.setattr(deadlines, "EXPIRE_TURN", 3)
    conns = [rig.pair(speaking=False)[1] for _ in range(8)]
    rig.settle(2)
    rig.clock.seconds += 12
    left = []
    for timeout in (0, 60, 60):
        rig.worker.run_once(timeout)  # does not wait while any are left
        left.append(sum(state(conn) is State.SILENT for conn in conns))
    assert left == [5, 2, 0]


def test_a_stalled_handshake_has_ten_seconds_in_total(rig: Rig) -> None:
    """The time for the handshake counts from accept, whatever arrives meanwhile."""
    peer, conn = rig.pair(speaking=False)
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    for byte in hello:
        peer.send_raw(bytes([byte]))
        rig.pass_time(1)
    assert state(conn) is State.GONE
    assert rig.core.items == []


def test_the_login_has_thirty_seconds_from_accept(rig: Rig) -> None:
    """Lines do not prolong the time for the login; the peer is told why it is closed."""
    peer, conn = rig.connect()
    for _ in range(30):
        peer.send(b"PING x\r\n")
        rig.pass_time(1)
    rig.settle()
    assert state(conn) is State.OPEN
    peer.received = b""
    rig.pass_time(2)
    assert peer.lines == ["ERROR :Closing link: (Login timeout: 30 seconds)"]
    assert ends(rig) == ["Login timeout: 30 seconds"]


def test_silence_is_answered_with_a_ping_and_then_with_the_end(rig: Rig) -> None:
    """After 90 s of silence the server asks once, after 150 s it closes."""
    peer, _ = rig.connect("alice")
    rig.pass_time(90)
    assert peer.lines == []
    rig.pass_time(2)
    assert peer.lines == ["PING :server"]
    rig.pass_time(57)
    assert peer.lines == ["PING :server"]
    rig.pass_time(3)
    assert peer.lines == ["PING :server", "ERROR :Closing link: (Ping timeout: 150 seconds)"]
    assert ends(rig) == ["Ping timeout: 150 seconds"]


def test_any_line_is_a_sign_of_life(rig: Rig) -> None:
    """Whoever says anything within the time is asked again only after 90 s more."""
    peer, conn = rig.connect("alice")
    for _ in range(4):
        rig.pass_time(92)
        assert peer.lines == ["PING :server"]
        peer.received = b""
        rig.pass_time(30)
        peer.send(b"TOPIC #c\r\n")
        rig.settle()
    assert state(conn) is State.OPEN


def test_incomplete_lines_are_no_sign_of_life(rig: Rig) -> None:
    """Bytes that are no line do not count."""
    peer, _ = rig.connect("alice")
    for _ in range(16):
        peer.send(b"x")
        rig.pass_time(10)
    assert ends(rig) == ["Ping timeout: 150 seconds"]


def test_an_evicted_connection_is_closed(make_rig: MakeRig) -> None:
    """A connection that has to make room for another is closed, even before its worker knows it."""
    rig = make_rig(replace(UNLIMITED, max_unauthenticated=1))
    _, first = rig.pair(speaking=False)
    _, second = rig.pair(speaking=False)
    rig.settle()
    assert state(first) is State.GONE
    assert state(second) is State.SILENT
    _, third = rig.pair(speaking=False)
    rig.settle()
    assert state(second) is State.GONE
    assert state(third) is State.SILENT
    assert rig.admission.total == 1


def test_an_eviction_overtakes_the_connection(rig: Rig) -> None:
    """Another listener may throw a connection out before its own has handed it over."""
    ours, theirs = socket.socketpair()
    with theirs:
        ticket, _ = rig.admission.admit(ip_address("192.0.2.1"), rig.clock.seconds)
        conn = Connection(1, ours, "192.0.2.1", ticket, rig.worker, rig.clock.seconds)
        rig.worker.evict(conn)
        rig.settle(2)
        rig.worker.adopt(conn)
        rig.settle(2)
    assert state(conn) is State.GONE
    assert rig.worker.load == 0
    assert rig.admission.total == 0


def test_a_login_leaves_the_places_for_others(make_rig: MakeRig) -> None:
    """Who has logged in is not thrown out by newcomers."""
    rig = make_rig(replace(UNLIMITED, max_unauthenticated=2))
    _, conn = rig.connect("alice")
    for _ in range(5):
        rig.pair(speaking=False)
        rig.settle()
    assert state(conn) is State.OPEN


def test_stop_ends_when_everybody_has_gone(rig: Rig) -> None:
    """The loop goes on until the last lines are written, and ends before the deadline when they are."""
    peer, conn = rig.connect("alice")
    _, silent_conn = rig.pair(speaking=False)
    rig.worker.stop(rig.clock.seconds + 3)
    rig.settle()
    assert state(silent_conn) is State.GONE
    assert not rig.worker._over()
    rig.inbox.put(ShutDown("Server shutting down"))
    rig.until(lambda: peer.ended)
    assert peer.lines == ["ERROR :Server shutting down"]
    peer.close()
    rig.settle()
    assert rig.worker._over()
    assert state(conn) is State.GONE
    rig.worker.run()


@pytest.mark.parametrize("deadline", [float("-inf"), 1003.0])
def test_stop_does_not_wait_for_ever(rig: Rig, deadline: float) -> None:
    """At the deadline the rest is closed, and the chat is told."""
    peer, conn = rig.connect("alice")
    rig.worker.stop(deadline)
    rig.clock.seconds = 1004.0
    rig.worker.run()
    assert state(conn) is State.GONE
    peer.receive()
    assert peer.ended and peer.lines == []
    assert rig.inbox.take(0, 10) == [Disconnected(conn, "Server shutting down")]
