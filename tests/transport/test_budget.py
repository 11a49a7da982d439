"""What a connection may cost before it has said anything."""

import socket
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from securechat.chat.items import Disconnected, Received
from securechat.server.connection import Connection, State
from securechat.server.transport import NARROW, RECEIVE_BUFFER
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Rig, state

MakeRig = Callable[..., Rig]


def test_too_much_before_the_login(rig: Rig) -> None:
    """More than 16 KiB before the login end the connection, with the reason."""
    peer, conn = rig.connect()
    for _ in range(5):
        peer.send(b"NICK a\r\n" * 511)
        rig.settle(5)
    rig.until(lambda: peer.ended)
    assert peer.lines == ["ERROR :Closing link: (Too much input before the login)"]
    assert rig.core.items[-1] == Disconnected(conn, "Too much input before the login")


def test_as_much_as_one_likes_after_the_login(rig: Rig) -> None:
    """The bound on bytes is one for the time before the login."""
    peer, conn = rig.connect("alice")
    for _ in range(20):
        peer.send(b"ECHO :x\r\n" * 100)
        rig.settle(5)
    assert len(peer.lines) == 2000
    assert state(conn) is State.OPEN


def test_records_without_a_line_end_the_connection(make_rig: MakeRig) -> None:
    """Reads that never complete a line are counted since the last line, and bounded."""
    rig = make_rig(replace(UNLIMITED, fruitless_reads=50))
    peer, conn = rig.connect("alice")
    for _ in range(40):
        peer.send(b"x")
        rig.step()
    peer.send(b"\r\n")  # a line: what was before it is forgiven
    rig.settle()
    assert conn.fruitless < 5
    for _ in range(60):
        peer.send(b"x")
        rig.step()
    rig.until(lambda: peer.ended)
    assert peer.lines[-1] == "ERROR :Closing link: (Too much input without a line)"


def spend(rig: Rig, seconds: float) -> None:
    """From now on every turn of reading costs so much CPU time."""
    ticks = count()
    rig.worker._reader._cpu = lambda: next(ticks) * seconds


def test_wasted_cpu_ends_the_connection(rig: Rig) -> None:
    """CPU time that is spent on anything but lines is bounded (a KeyUpdate flood)."""
    peer, conn = rig.connect("alice")
    spend(rig, 0.3)
    peer.send(b"x")
    rig.settle(2)
    assert state(conn) is State.OPEN
    peer.send(b"x")
    rig.until(lambda: peer.ended)
    assert peer.lines[-1] == "ERROR :Closing link: (Too much input without a line)"


def test_a_line_now_and_then_does_not_pay_for_the_rest(rig: Rig) -> None:
    """Lines cover what lines cost, and not what comes with them."""
    peer, _ = rig.connect("alice")
    spend(rig, 0.1)
    for _ in range(6):
        peer.send(b"ECHO :x\r\n")
        rig.settle(2)
    rig.until(lambda: peer.ended)
    assert peer.lines[-1] == "ERROR :Closing link: (Too much input without a line)"


def test_wasted_cpu_is_forgiven_slowly(rig: Rig) -> None:
    """A little now and then is no flood."""
    peer, conn = rig.connect("alice")
    spend(rig, 0.1)
    for _ in range(20):
        rig.pass_time(6)
        peer.send(b"ECHO :x\r\n")
        rig.settle(2)
    assert state(conn) is State.OPEN


def test_less_may_be_wasted_before_the_login(rig: Rig) -> None:
    """A stranger has a tenth of the CPU time that somebody with an account may waste."""
    peer, conn = rig.connect()
    spend(rig, 0.03)
    peer.send(b"x")
    rig.settle(2)
    assert state(conn) is State.OPEN
    peer.send(b"x")
    rig.until(lambda: peer.ended)
    assert peer.lines[-1] == "ERROR :Closing link: (Too much input without a line)"


def buffer(conn: Connection) -> int:
    """What the kernel holds for it."""
    assert conn.transport is not None
    return conn.transport._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)


def test_the_kernel_holds_little_for_strangers(rig: Rig) -> None:
    """What a stranger may have under way is little; after the login it is what chat needs."""
    peer, conn = rig.connect()
    assert buffer(conn) == 2 * NARROW  # the kernel doubles it, for its own needs
    peer.send(b"NICK a\r\nUSER a\r\n")
    rig.settle()
    peer.send(b"ECHO :x\r\n")
    rig.settle()
    assert buffer(conn) == 2 * RECEIVE_BUFFER


def test_members_are_read_before_strangers(rig: Rig) -> None:
    """In each pass those with a login come first, and a stranger who wastes time ends it."""
    pairs = [rig.connect(nick) for nick in ("", "", "alice")]
    pairs[2][0].send(b"ECHO :x\r\n")  # the worker learns of a login when it reads the next time
    rig.settle()
    spend(rig, 0.03)
    for peer, _ in pairs:
        peer.send(b"ECHO :x\r\n")
    rig.core.items.clear()
    rig.worker.run_once(0)
    first = rig.inbox.take(0, 100)
    rig.worker.run_once(0)
    second = rig.inbox.take(0, 100)
    assert [item.link for item in [*first, *second] if isinstance(item, Received)] == [
        pairs[2][1],
        pairs[0][1],
        pairs[1][1],
    ]
    assert len(first) == 2


def test_a_connection_that_was_cut_has_the_reason(rig: Rig) -> None:
    """Whoever held the worker up inside a read is gone for the same reason."""
    _, conn = rig.connect("alice")
    assert conn.transport is not None
    conn.transport.cut()
    rig.until(lambda: state(conn) is State.GONE)
    assert rig.core.items[-1] == Disconnected(conn, "Too much input without a line")
