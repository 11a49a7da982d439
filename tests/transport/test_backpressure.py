"""A peer that sends faster than the chat handles is not read; the kernel's window then stops it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import chain, repeat

import pytest

from securechat.chat.effects import Handled, HoldBack, Release, Send
from securechat.chat.items import Tick
from securechat.server.connection import PIECE, Connection, State
from securechat.server.inbox import Inbox
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Rig, state

MakeRig = Callable[..., Rig]


def test_unhandled_lines_stop_the_reading(rig: Rig) -> None:
    """Above 256 lines that the chat has not handled a connection is not read; at 128 it goes on."""
    peer, conn = rig.connect("alice")
    start = conn.posted
    for _ in range(10):
        peer.send(b"SLEEP\r\n" * 50)
        rig.settle(3)
    assert conn.held
    assert 256 < conn.unhandled <= 256 + 50
    read = conn.posted - start

    def handled(lines: int) -> None:
        rig.core.cause(Handled(conn, lines))
        rig.inbox.put(Tick())
        rig.settle()

    handled(conn.unhandled - 129)
    assert conn.posted - start == read
    handled(1)
    assert conn.posted - start > read
    assert conn.held
    handled(conn.unhandled)
    assert conn.posted - start == 500
    assert not conn.held


def test_a_line_handled_at_the_last_moment_is_not_missed(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the hub handles lines between the worker's look at the count and its mark, reading goes on."""
    peer, conn = rig.connect("alice")
    rig.thinking = False
    counts = chain([300], repeat(0))  # the second look is after the mark, which the hub has not seen
    monkeypatch.setattr(Connection, "unhandled", property(lambda self: next(counts)))
    peer.send(b"ECHO :y\r\n")
    before = conn.posted
    rig.settle(3)
    assert not conn.held
    assert conn.posted == before + 1


def test_a_held_connection_is_not_silent(rig: Rig) -> None:
    """The time during which the server does not read is not held against the peer."""
    peer, conn = rig.connect("alice")
    for _ in range(10):
        peer.send(b"SLEEP\r\n" * 50)
        rig.settle(3)
    assert conn.held
    rig.pass_time(400)
    assert state(conn) is State.OPEN


def test_a_full_inbox_stops_those_who_have_lines_in_it(make_rig: MakeRig) -> None:
    """When the inbox is full, connections with unhandled lines wait; one that has none is still read."""
    rig = make_rig(replace(UNLIMITED, inbox=10))
    busy, busy_conn = rig.connect("busy")
    other, other_conn = rig.connect("other")
    rig.thinking = False
    for _ in range(11):
        rig.inbox.put(Tick())
    busy.send(b"ECHO :1\r\n")
    rig.settle(2)
    assert busy_conn.unhandled == 1
    busy.send(b"ECHO :2\r\n")
    other.send(b"ECHO :1\r\n")
    rig.settle(3)
    assert busy_conn.unhandled == 1
    assert other_conn.unhandled == 1
    rig.thinking = True
    rig.until(lambda: busy.lines == ["1", "2"])


def test_an_inbox_that_is_emptied_at_the_last_moment(
    make_rig: MakeRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the hub empties it before it can see who waits for that, nobody waits."""
    rig = make_rig(replace(UNLIMITED, inbox=10))
    peer, conn = rig.connect("alice")
    rig.thinking = False
    peer.send(b"ECHO :1\r\n")
    rig.settle(2)
    assert conn.unhandled == 1
    lengths = chain([11], repeat(0))
    monkeypatch.setattr(Inbox, "__len__", lambda inbox: next(lengths))
    peer.send(b"ECHO :2\r\n")
    rig.settle(3)
    assert conn.unhandled == 2


def test_a_peer_that_is_stopped_gets_everything_done(rig: Rig) -> None:
    """Back-pressure loses and reorders nothing."""
    peer, conn = rig.connect("alice")
    for first in range(0, 3000, 100):
        peer.send(b"".join(b"ECHO :%d\r\n" % number for number in range(first, first + 100)))
    rig.until(lambda: len(peer.lines) == 3000)
    assert peer.lines == [str(number) for number in range(3000)]
    assert conn.unhandled == 0


def test_small_pieces_count_as_they_lie_in_memory(make_rig: MakeRig) -> None:
    """A piece takes more than its bytes; when everything is written nothing counts any more."""
    rig = make_rig(replace(UNLIMITED, sendq=20_000))
    peer, conn = rig.connect("alice", buffer=4096)
    peer.reading = False
    for _ in range(20_000 // (len("x\r\n") + PIECE) - 150):
        rig.core.cause(Send(conn, b"x\r\n"))
    rig.inbox.put(Tick())
    rig.hub.run_once()
    assert 10_000 < conn.queued <= 20_000
    assert sum(map(len, conn.sendq)) < conn.queued // 10
    peer.reading = True
    rig.until(lambda: not conn.sendq)
    rig.settle()
    assert conn.queued == 0


def test_the_sessions_of_an_account_share_its_sendqs(make_rig: MakeRig) -> None:
    """Of deaf sessions that have eight full SendQs together the fullest are closed; others chat on."""
    rig = make_rig(replace(UNLIMITED, sendq=100_000))
    pairs = [rig.connect(f"mallory.{number}", buffer=4096) for number in range(12)]
    other, _ = rig.connect("alice", buffer=4096)
    for peer, _ in pairs:
        peer.reading = False
    for _ in range(9):
        for _, conn in pairs:
            rig.core.cause(Send(conn, b"x" * 9_998 + b"\r\n"))
        rig.inbox.put(Tick())
        rig.settle(3)
    left = [conn for _, conn in pairs if not conn.overflowed]
    assert 8 <= len(left) < 12
    assert sum(conn.queued for conn in left) <= 8 * 100_000
    other.send(b"ECHO :fine\r\n")
    rig.until(lambda: other.lines == ["fine"])


def test_the_sendqs_of_all_accounts_have_a_bound_together(make_rig: MakeRig) -> None:
    """Of many deaf sessions, none of which has much, those of the accounts with most are closed."""
    rig = make_rig(replace(UNLIMITED, sendqs_in_all=400_000))
    deaf = [rig.connect(f"mallory{number}", buffer=4096) for number in range(12)]
    other, listener = rig.connect("alice", buffer=4096)
    for peer, _ in deaf:
        peer.reading = False
    for _ in range(6):
        for _, conn in deaf:
            rig.core.cause(Send(conn, b"x" * 9_998 + b"\r\n"))
        rig.core.cause(Send(listener, b"x" * 9_998 + b"\r\n"))
        rig.inbox.put(Tick())
        rig.settle(3)
    left = [conn for _, conn in deaf if not conn.overflowed]
    assert 4 <= len(left) < 12
    assert sum(conn.queued for conn in left) <= 400_000
    other.send(b"ECHO :fine\r\n")
    rig.until(lambda: "fine" in other.lines)


def test_what_waits_in_all_is_counted_to_the_last_byte(make_rig: MakeRig) -> None:
    """When peers have taken everything, or are gone, nothing counts any more."""
    rig = make_rig(replace(UNLIMITED, sendq=20_000))
    pairs = [rig.connect(f"bob{number}", buffer=4096) for number in range(3)]
    for peer, conn in pairs:
        peer.reading = False
        rig.core.cause(HoldBack(conn), Send(conn, b"x" * 2_000), Release(conn), Send(conn, b"x" * 9_998))
    rig.inbox.put(Tick())
    rig.settle(3)
    assert rig.hub.delivery.queued == sum(conn.queued for _, conn in pairs) > 10_000
    pairs[0][0].close()
    rig.core.cause(HoldBack(pairs[1][1]), Send(pairs[1][1], b"x" * 15_000))
    rig.inbox.put(Tick())
    rig.settle(3)
    pairs[2][0].reading = True
    rig.until(lambda: rig.hub.delivery.queued == 0)
