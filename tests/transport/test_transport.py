"""The TLS side of one connection, without a loop around it."""

import socket
import ssl
from collections.abc import Iterator
from typing import cast

import pytest

from securechat.server.transport import CHUNK, TAIL, Broken, Transport
from tests.transport.rig import Peer


class Wire:
    """A transport and its client on a pair of sockets."""

    def __init__(self, server: ssl.SSLContext, client: ssl.SSLContext) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        self.peer = Peer(theirs, client)
        self.transport = Transport(ours, server)

    def shake_hands(self) -> None:
        """Finish the handshake."""
        for _ in range(10):
            self.peer.step()
            if self.transport.handshake():
                self.peer.step()
                return
        raise AssertionError("no handshake")


@pytest.fixture
def wire(server_tls: ssl.SSLContext, client_tls: ssl.SSLContext) -> Iterator[Wire]:
    """A connection whose handshake is still to come."""
    wire = Wire(server_tls, client_tls)
    yield wire
    wire.transport.close()
    wire.peer.close()


class Script:
    """A socket that answers each call with what is next in the script."""

    def __init__(self, *answers: bytes | int | Exception) -> None:
        self.answers = list(answers)
        self.sent: list[bytes] = []

    def _next(self) -> bytes | int:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def send(self, chunk: bytes) -> bytes | int:
        self.sent.append(bytes(chunk))
        return self._next()

    def read(self, size: int) -> bytes | int:
        return self._next()


def play(wire: Wire, *answers: bytes | int | Exception) -> Script:
    """Replace the socket by a script."""
    wire.transport.close()
    script = Script(*answers)
    wire.transport._socket = cast(ssl.SSLSocket, script)
    return script


@pytest.fixture
def scripted(wire: Wire) -> Iterator[Wire]:
    """A connection whose socket may be replaced by a script."""
    real = wire.transport._socket
    yield wire
    wire.transport._socket = real


def test_handshake_takes_steps(wire: Wire) -> None:
    """Each step says whether the handshake is done; nothing blocks."""
    assert not wire.transport.handshake()
    assert not wire.transport.handshake()
    wire.shake_hands()
    assert wire.peer.ready


def test_reading_until_there_is_nothing(wire: Wire) -> None:
    """Records come one by one; then nothing, and the mark for readable input is taken back."""
    wire.shake_hands()
    wire.peer.send(b"one")
    wire.peer.send(b"two")
    assert wire.transport.read() == b"one"
    assert wire.transport.readable
    assert wire.transport.read() == b"two"
    assert wire.transport.read() is None
    assert not wire.transport.readable


def test_a_chunk_is_bounded(wire: Wire) -> None:
    """However much is queued, OpenSSL gets one chunk at a time, and the budget ends the turn."""
    wire.shake_hands()
    queue = [b"x" * 1000] * 200
    assert wire.transport.write(queue, CHUNK + 1) == 2 * CHUNK
    assert queue == []
    assert wire.transport.rest is not None and len(wire.transport.rest) == 200_000 - 2 * CHUNK
    wire.peer.step()
    assert wire.transport.write(queue, 1_000_000) == 200_000 - 2 * CHUNK - TAIL
    assert wire.transport.write(queue, 1_000_000) == TAIL
    assert wire.transport.rest is None


def test_the_last_record_before_a_pause_is_short(scripted: Wire) -> None:
    """The tail waits for the next turn, alone or with what was queued meanwhile, which then has a tail."""
    script = play(scripted, 2000, 2000, TAIL)
    queue = [b"a" * 3024]
    assert scripted.transport.write(queue, 1 << 20) == 2000
    queue.append(b"b" * 2000)
    assert scripted.transport.write(queue, 1 << 20) == 2000
    assert scripted.transport.write(queue, 1 << 20) == TAIL
    assert scripted.transport.write(queue, 1 << 20) == 0
    assert script.sent == [b"a" * 2000, b"a" * 1024 + b"b" * 976, b"b" * TAIL]


def test_the_queue_is_shortened_in_place(wire: Wire) -> None:
    """The list stays the same object, since the hub holds it, too."""
    wire.shake_hands()
    queue = [b"a", b"b"]
    assert wire.transport.write(queue, 1000) == 2
    queue.append(b"c")
    assert wire.transport.write(queue, 1000) == 1
    wire.peer.step()
    assert wire.peer.received == b"abc"


def test_a_retry_brings_exactly_the_same_bytes(scripted: Wire) -> None:
    """After WANT_WRITE the chunk comes again, the same object's bytes, and what was queued since comes after
    it.
    """
    script = play(scripted, ssl.SSLWantWriteError(), ssl.SSLWantWriteError(), CHUNK, 80_000 - CHUNK + 1)
    queue = [b"x" * 40_000, b"y" * 40_000]
    assert scripted.transport.write(queue, 1 << 20) == 0
    queue.append(b"z")
    assert scripted.transport.blocked
    assert scripted.transport.write(queue, 1 << 20) == 0
    script.answers = [CHUNK, 80_000 - CHUNK - TAIL]
    assert scripted.transport.write(queue, 1 << 20) == 80_000 - TAIL
    script.answers = [1, TAIL]
    assert scripted.transport.write(queue, 1 << 20) == 1
    assert scripted.transport.write(queue, 1 << 20) == TAIL
    first = (b"x" * 40_000 + b"y" * 40_000)[:CHUNK]
    rest = [b"y" * (80_000 - CHUNK - TAIL), b"y", b"y" * (TAIL - 1) + b"z"]
    assert script.sent == [first, first, first, *rest]
    assert not scripted.transport.blocked


def test_smaller_records_lose_nothing(scripted: Wire) -> None:
    """When a peer negotiated smaller records, the rest of a chunk is written next."""
    script = play(scripted, 76, 512, 512)
    queue = [b"x" * 1100]
    assert scripted.transport.write(queue, 1 << 20) == 76
    assert scripted.transport.write(queue, 1 << 20) == 512
    assert scripted.transport.write(queue, 1 << 20) == 512
    assert b"".join(data[:512] for data in script.sent) == b"x" * 1100


def test_smaller_records_of_a_long_queue(scripted: Wire) -> None:
    """Also in the middle of something long the order is kept."""
    data = bytes(range(256)) * 100
    script = play(scripted, 10_000, len(data) - 10_000 - TAIL, TAIL)
    assert scripted.transport.write([data], 1 << 20) == len(data) - TAIL
    assert scripted.transport.write([], 1 << 20) == TAIL
    assert script.sent[0][:10_000] + b"".join(script.sent[1:]) == data


def test_nothing_is_read_while_a_chunk_is_pinned(scripted: Wire) -> None:
    """A KeyUpdate in between would break the retry."""
    script = play(scripted, ssl.SSLWantWriteError(), b"input")
    scripted.transport.write([b"x"], 1000)
    assert scripted.transport.read() is None
    assert script.answers == [b"input"]


def test_nothing_is_written_while_a_read_wants_to_write(scripted: Wire) -> None:
    """A KeyUpdate whose answer does not fit into the socket is finished first, by reading again."""
    script = play(scripted, ssl.SSLWantWriteError(), b"input", 1)
    queue = [b"x"]
    assert scripted.transport.read() is None
    assert scripted.transport.blocked and scripted.transport.readable
    assert scripted.transport.write(queue, 1000) == 0
    assert queue == [b"x"] and script.sent == []
    assert scripted.transport.read() == b"input"
    assert scripted.transport.write(queue, 1000) == 1


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset"),
        (BrokenPipeError(32, "Broken pipe"), "Connection reset"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "Connection closed"),
        (TimeoutError(110, "Connection timed out"), "Connection timed out"),
        (ssl.SSLWantReadError(), "it asked for a renegotiation"),
    ],
)
def test_errors_in_words(scripted: Wire, error: Exception, text: str) -> None:
    """Whatever ends a connection has a reason that people can read."""
    play(scripted, error)
    with pytest.raises(Broken, match=text):
        scripted.transport.write([b"x"], 1000)


def test_a_cut_ends_a_read(wire: Wire) -> None:
    """After a cut the peer's bytes come to an end, though the peer goes on, and the reason is known."""
    wire.shake_hands()
    wire.transport.cut()
    with pytest.raises(Broken, match="Too much input without a line"):
        wire.transport.read()
    wire.transport.close()
    wire.transport.cut()  # too late: nothing happens


def test_goodbye(wire: Wire) -> None:
    """The peer gets close_notify and the end of the stream; what it still sends is thrown away."""
    wire.shake_hands()
    wire.transport.say_goodbye()
    wire.peer.step()
    assert wire.peer.said_goodbye and wire.peer.ended
    wire.peer.send_raw(b"more")
    assert not wire.transport.discard()
    wire.peer.close()
    assert wire.transport.discard()


def test_a_peer_that_has_gone_before_tls(server_tls: ssl.SSLContext) -> None:
    """A connection that ends before the handshake begins is no error of ours."""
    never_connected = socket.socket()
    never_connected.setblocking(False)
    transport = Transport(never_connected, server_tls)
    with pytest.raises(Broken, match="not connected"):
        transport.handshake()
    transport.close()
