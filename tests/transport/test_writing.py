"""SendQs: what is appended arrives, in order, and those who take nothing hurt only themselves."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from securechat.chat.effects import Send
from securechat.chat.items import Disconnected, Drained
from securechat.server import writing
from securechat.server.connection import PIECE, Connection, State
from securechat.server.delivery import Delivery, schedule
from securechat.server.transport import CHUNK, RECORD
from securechat.server.writing import WRITERS
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Peer, Rig, state

MakeRig = Callable[..., Rig]
SMALL = 4608
"""The smallest send buffer: about one TLS record fits into the kernel."""


def append(conn: Connection, *data: bytes) -> None:
    """Queue bytes as the hub does."""
    delivery = Delivery(1 << 30)
    for piece in data:
        delivery.send(Send(conn, piece))
    conn.owner.wake()


def numbered(first: int, last: int) -> bytes:
    """Distinguishable lines."""
    return b"".join(b"line %06d %s\r\n" % (number, b"x" * 80) for number in range(first, last))


def fill(rig: Rig, peer: Peer, conn: Connection, data: bytes) -> None:
    """Queue data for a peer that does not read, until its chunk is pinned."""
    peer.reading = False
    append(conn, data)
    rig.until(lambda: conn.transport is not None and conn.transport.pinned is not None)


def test_queued_lines_are_joined_into_one_record(rig: Rig) -> None:
    """What is queued when the worker looks leaves as one TLS record, not as one per line."""
    peer, conn = rig.connect("alice")
    before = len(peer.raw)
    append(conn, *[b"%03d\r\n" % number for number in range(100)])
    rig.until(lambda: len(peer.lines) == 100)
    overhead = len(peer.raw) - before - 500
    assert overhead == 5 + 1 + 16  # one record: header, content type, tag


def test_what_comes_during_a_write_makes_one_more_turn(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub appends while OpenSSL writes: the connection stands in line once for it, not twice."""
    peer, conn = rig.connect("alice")
    assert conn.transport is not None
    write = conn.transport._socket.send
    late = [b"late\r\n"]

    def slowly(data: bytes) -> int:
        if late:
            append(conn, late.pop())
        return write(data)

    monkeypatch.setattr(conn.transport._socket, "send", slowly)
    append(conn, b"%b\r\n" % (b"x" * 1500))  # its end is left for the next turn, as a tail
    rig.worker.run_once(0)
    waiting = [*rig.worker._turns.unwritten, *rig.worker.dirty]
    assert waiting == [conn] and conn.scheduled
    rig.until(lambda: peer.lines == ["x" * 1500, "late"])


def test_a_pinned_chunk_is_retried_with_the_same_bytes(rig: Rig) -> None:
    """Lines that are queued while a chunk waits for the socket come after it, and the stream is intact."""
    peer, conn = rig.connect("alice", buffer=SMALL)
    fill(rig, peer, conn, numbered(0, 1000))
    pinned = conn.transport.pinned if conn.transport is not None else None
    for number in range(1000, 1100):
        append(conn, numbered(number, number + 1))
        rig.step()
    assert conn.transport is not None
    assert conn.transport.pinned is pinned is not None
    peer.reading = True
    rig.until(lambda: len(peer.received) >= len(numbered(0, 1100)))
    assert peer.received == numbered(0, 1100)
    assert conn.queued == 0


def test_a_connection_with_a_pinned_chunk_is_not_read(rig: Rig) -> None:
    """While a chunk waits nothing is read, since a KeyUpdate would break the retry; afterwards the lines
    come.
    """
    peer, conn = rig.connect("alice", buffer=SMALL)
    fill(rig, peer, conn, numbered(0, 1000))
    posted = conn.posted
    peer.send(b"ECHO :late\r\n")
    rig.settle()
    assert conn.posted == posted
    peer.reading = True
    rig.until(lambda: peer.lines[-1:] == ["late"])


def test_input_that_waited_for_a_pinned_chunk_is_not_forgotten(rig: Rig) -> None:
    """Also when the chunk leaves because the hub woke the worker, before the kernel has reported room."""
    peer, conn = rig.connect("alice", buffer=SMALL)
    fill(rig, peer, conn, b"x" * (CHUNK + 100) + b"\r\n")
    peer.send(b"ECHO :late\r\n")
    rig.settle()
    assert conn.transport is not None
    while conn.transport.blocked:
        peer.receive()
        schedule(conn)
        rig.worker._writer.flush_some()
    peer.reading = True
    rig.until(lambda: peer.lines[-1:] == ["late"])


def test_input_is_not_forgotten_when_many_are_written_to_first(rig: Rig) -> None:
    """The kernel tells of room once; the chunk's turn comes passes later, and then its connection is read."""
    others = [rig.connect()[1] for _ in range(3 * WRITERS)]
    peer, conn = rig.connect_by_tcp(buffer=SMALL)
    fill(rig, peer, conn, b"x" * (2 * RECORD + 100) + b"\r\n")
    peer.send(b"ECHO :late\r\n")
    rig.until(lambda: conn.transport is not None and conn.transport.readable)
    peer.reading = True

    def written() -> bool:
        for other in others:
            append(other, b"x\r\n")
        rig.worker.run_once(0)
        peer.step()  # behind those who still wait there is room for it now
        for _ in range(3):
            rig.worker.run_once(0)
        return not conn.queued

    rig.until(written)
    rig.until(lambda: peer.lines[-1:] == ["late"])


def test_one_fast_reader_of_a_long_queue_gives_way(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pass writes a bounded amount to one connection, so that the others get theirs in the same pass."""
    monkeypatch.setattr(writing, "WRITE_TURN", CHUNK + 1)
    greedy, greedy_conn = rig.connect("greedy")
    other, other_conn = rig.connect("other")
    append(greedy_conn, numbered(0, 9000))
    append(other_conn, b"hello\r\n")
    before = greedy_conn.written
    rig.worker.run_once(0)
    assert greedy_conn.transport is not None and not greedy_conn.transport.blocked
    assert greedy_conn.written - before == 2 * CHUNK + PIECE
    other.step()
    assert other.lines == ["hello"]
    rig.until(lambda: len(greedy.received) >= len(numbered(0, 9000)))
    assert greedy.received == numbered(0, 9000)


def test_a_full_sendq_ends_the_connection(make_rig: MakeRig) -> None:
    """Above the limit nothing more is queued, and others see the reason; a pinned connection is closed at
    once.
    """
    rig = make_rig(replace(UNLIMITED, sendq=64 * 1024))
    slow, conn = rig.connect("slow", buffer=SMALL)
    talker, _ = rig.connect("talker")
    slow.reading = False
    for number in range(300):
        talker.send(b"PRIVMSG #c :%03d %s\r\n" % (number, b"x" * 400))
        rig.step()
    rig.settle()
    assert Disconnected(conn, "SendQ exceeded") in rig.core.items
    assert state(conn) is State.GONE
    assert conn.queued <= 64 * 1024 + len("ERROR :SendQ exceeded\r\n") + PIECE
    talker.send(b"ECHO :still here\r\n")
    rig.until(lambda: talker.lines == ["still here"])


def test_a_full_sendq_is_told_when_the_peer_can_read(make_rig: MakeRig) -> None:
    """A peer that still reads gets `ERROR :SendQ exceeded` as its last line."""
    rig = make_rig(replace(UNLIMITED, sendq=64 * 1024))
    peer, conn = rig.connect("slow")
    delivery = Delivery(64 * 1024)
    delivery.send(Send(conn, b"x\r\n" * 20_000))
    delivery.send(Send(conn, b"y\r\n" * 20_000))
    delivery.send(Send(conn, b"z\r\n"))
    conn.owner.wake()
    rig.until(lambda: peer.ended)
    assert peer.lines == ["x"] * 20_000 + ["ERROR :SendQ exceeded"]
    assert Disconnected(conn, "SendQ exceeded") in rig.core.items


def test_drained_is_told_below_a_quarter(make_rig: MakeRig) -> None:
    """A session that waits for room is told when its SendQ is below a quarter, and not before."""
    rig = make_rig(replace(UNLIMITED, sendq=64 * 1024))
    peer, conn = rig.connect("alice", buffer=SMALL)
    peer.reading = False
    peer.send(b"BURST 500\r\n")
    rig.settle()
    assert not any(isinstance(item, Drained) for item in rig.core.items)
    peer.reading = True
    rig.until(lambda: peer.lines[-1:] == ["DRAINED"])
    assert rig.core.items.count(Drained(conn)) == 1


def test_drained_is_told_when_there_was_room_already(rig: Rig) -> None:
    """The mark that is set after the worker has written everything is not overlooked."""
    peer, conn = rig.connect("alice")
    peer.send(b"BURST 1\r\n")
    rig.until(lambda: peer.lines[-1:] == ["DRAINED"])
    assert rig.core.items.count(Drained(conn)) == 1


def test_nobody_takes_the_output_for_30_seconds(rig: Rig) -> None:
    """Output that waits for 30 s ends the connection, though its peer goes on sending.

    The chat is told that it took nothing since then.
    """
    peer, conn = rig.connect("alice", buffer=SMALL)
    rig.pass_time(40)  # its next deadline is far away now
    fill(rig, peer, conn, numbered(0, 1000))
    for _ in range(29):
        peer.send(b"ECHO :x\r\n")
        rig.pass_time(1)
    assert state(conn) is State.OPEN
    rig.pass_time(3)
    assert state(conn) is State.GONE
    end = rig.core.items[-1]
    assert isinstance(end, Disconnected) and end.taken is not None
    assert end == Disconnected(conn, "Write timeout: 30 seconds")
    assert end.taken <= rig.clock.seconds - 30


def test_a_slow_reader_that_takes_something_stays(rig: Rig) -> None:
    """The deadline counts from the last bytes that were taken."""
    peer, conn = rig.connect("alice", buffer=SMALL)
    fill(rig, peer, conn, numbered(0, 2000))
    for _ in range(5):
        rig.pass_time(25)
        peer.reading = True
        peer.step()
        peer.reading = False
        rig.settle(3)
    assert state(conn) is State.OPEN


def test_bytes_of_the_worker_itself_do_not_disturb_the_count(rig: Rig) -> None:
    """The server's own PING waits in the same queue, and the SendQ's size is right before and after it."""
    peer, conn = rig.connect("alice", buffer=SMALL)
    assert conn.queued == 0
    rig.pass_time(92)
    rig.until(lambda: "PING :server" in peer.lines)
    assert conn.queued == 0
