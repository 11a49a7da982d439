"""How far a connection is read: all that the kernel holds, up to the end of the stream, and not once more."""

import socket
import ssl
from array import array
from collections.abc import Callable

import pytest

from securechat.chat.items import Disconnected, Received
from securechat.irc.message import Message
from securechat.server.connection import Connection, State
from securechat.server.transport import RECORD, Transport
from tests.transport.rig import Peer, Rig, state

Connect = Callable[[], tuple[Peer, Connection]]
GONE = "Connection closed"


@pytest.fixture(params=["pair", "tcp"])
def connect(rig: Rig, request: pytest.FixtureRequest) -> Connect:
    """Connections of both kinds of socket that know how much they hold."""
    return rig.connect if request.param == "pair" else rig.connect_by_tcp


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[bytes | None]:
    """What each read of a connection has brought."""
    found: list[bytes | None] = []
    read = Transport.read

    def noted(transport: Transport) -> bytes | None:
        found.append(read(transport))
        return found[-1]

    monkeypatch.setattr(Transport, "read", noted)
    return found


def sealed(peer: Peer, *pieces: bytes) -> bytes:
    """Encrypt pieces, each as a record of its own."""
    for piece in pieces:
        peer.tls.write(piece)
    return peer._outgoing.read()


def end_stream(peer: Peer) -> None:
    """End the peer's side of the stream without a word of TLS, of which it wants to hear nothing, either."""
    peer.reading = False
    peer.sock.shutdown(socket.SHUT_WR)


def test_a_record_that_comes_alone_is_read_once(
    rig: Rig, connect: Connect, reads: list[bytes | None]
) -> None:
    """OpenSSL is not asked for more where the kernel has nothing more."""
    peer, _ = connect()
    rig.settle()
    reads.clear()
    peer.send(b"ECHO :one\r\n")
    rig.until(lambda: peer.lines == ["one"])
    rig.settle()
    assert reads == [b"ECHO :one\r\n"]


def test_records_that_come_together_are_read_together(rig: Rig, reads: list[bytes | None]) -> None:
    """One pass takes all of them, the longest that there are as well, and asks for no more."""
    peer, _ = rig.connect()
    rig.settle()
    reads.clear()
    pieces = b"ECHO :one\r\n", b"ECHO :long\r\n".ljust(RECORD, b"\n"), b"ECHO :two\r\n"
    peer.send_raw(sealed(peer, *pieces))
    rig.worker.run_once(0)
    assert reads == [*pieces]


@pytest.mark.parametrize("cut", [1, 5, 20])
def test_a_record_may_come_in_two_pieces(rig: Rig, connect: Connect, cut: int) -> None:
    """Its beginning may come alone or behind a whole one, and its end with a whole one behind it."""
    peer, _ = connect()
    for before, behind in ((b"", b""), (b"ECHO :before\r\n", b""), (b"", b"ECHO :behind\r\n")):
        first = sealed(peer, before) if before else b""
        halves, last = sealed(peer, b"ECHO :halves\r\n"), sealed(peer, behind) if behind else b""
        peer.send_raw(first + halves[:cut])
        rig.settle(4)
        peer.send_raw(halves[cut:] + last)
        rig.settle(4)
    assert peer.lines == ["halves", "before", "halves", "halves", "behind"]


def test_bytes_one_by_one(rig: Rig, connect: Connect) -> None:
    """Records that come byte by byte are read, each when its last byte has come."""
    peer, _ = connect()
    for byte in sealed(peer, b"ECHO :one\r\n", b"ECHO :two\r\n"):
        peer.send_raw(bytes([byte]))
        rig.step()
    rig.until(lambda: peer.lines == ["one", "two"])


def test_the_end_right_behind_a_record_is_seen(rig: Rig, connect: Connect) -> None:
    """The kernel does not count it, but has told of it: nobody waits for a deadline."""
    peer, conn = connect()
    peer.send_raw(sealed(peer, b"NICK a\r\n"))
    end_stream(peer)
    rig.settle()
    assert rig.core.items[-2:] == [Received(conn, [Message("NICK", ("a",))]), Disconnected(conn, GONE)]


def test_the_end_behind_half_a_record_is_seen(rig: Rig, connect: Connect) -> None:
    """A record that will never be whole is not waited for."""
    peer, conn = connect()
    peer.send_raw(sealed(peer, b"NICK a\r\n", b"NICK b\r\n")[:-1])
    end_stream(peer)
    rig.settle()
    assert rig.core.items[-2:] == [Received(conn, [Message("NICK", ("a",))]), Disconnected(conn, GONE)]


def test_an_end_that_comes_later_is_seen(rig: Rig, connect: Connect) -> None:
    """After a record that came alone the end of the stream is told anew."""
    peer, conn = connect()
    peer.send(b"ECHO :one\r\n")
    rig.until(lambda: peer.lines == ["one"])
    end_stream(peer)
    rig.settle()
    assert rig.core.items[-1] == Disconnected(conn, GONE)


def test_close_notify_right_behind_a_record_is_seen(rig: Rig, connect: Connect) -> None:
    """It is a record without content, and the socket stays open."""
    peer, conn = connect()
    peer.tls.write(b"NICK a\r\n")
    with pytest.raises(ssl.SSLWantReadError):
        peer.tls.unwrap()
    peer.step()
    rig.settle()
    assert rig.core.items[-2:] == [Received(conn, [Message("NICK", ("a",))]), Disconnected(conn, GONE)]


def test_the_end_that_came_with_the_handshakes_is_seen(rig: Rig) -> None:
    """A peer that sends its last handshake message, a line and the end at once is not waited for either."""
    peer, conn = rig.pair()
    peer.step()
    while state(conn) is not State.GREETING:
        rig.worker.run_once(0)
    peer.receive()
    peer.handshake()
    peer.send(b"NICK a\r\n")  # one write: Finished and the line
    end_stream(peer)
    rig.settle()
    assert rig.core.items[-2:] == [Received(conn, [Message("NICK", ("a",))]), Disconnected(conn, GONE)]


def test_what_a_busy_peer_sends_meanwhile_is_read(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record that comes after the kernel was asked, before the pass is over, is told by the next one."""
    peer, _ = rig.connect()
    rig.settle()
    look, more = Transport.look, [b"ECHO :two\r\n"]

    def look_and_send(transport: Transport, left: "array[int]") -> None:
        look(transport, left)
        if more:
            peer.send(more.pop())

    monkeypatch.setattr(Transport, "look", look_and_send)
    peer.send(b"ECHO :one\r\n")
    rig.until(lambda: peer.lines == ["one", "two"])
