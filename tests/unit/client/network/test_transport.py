"""One TLS connection as bytes: what OpenSSL wants repeated is repeated, and an end comes last."""

import ssl
from collections.abc import Sequence
from typing import cast

import pytest

from securechat.client.network.dialing import READ, WRITE
from securechat.client.network.transport import ConnectionLost, Transport

Answer = bytes | int | OSError


class FakeSocket:
    """Answers `send` and `recv` as told: a number of bytes taken, bytes that came, or an error."""

    def __init__(self, sends: Sequence[Answer] = (), receives: Sequence[Answer] = ()) -> None:
        self.sends = list(sends)
        self.receives = list(receives)
        self.offered: list[bytes] = []

    def send(self, data: bytes) -> int:
        self.offered.append(data)
        answer = self.sends.pop(0) if self.sends else len(data)
        if isinstance(answer, OSError):
            raise answer
        return cast(int, answer)

    def recv(self, size: int) -> bytes:
        answer = self.receives.pop(0) if self.receives else ssl.SSLWantReadError()
        if isinstance(answer, OSError):
            raise answer
        return cast(bytes, answer)


def over(fake: FakeSocket) -> Transport:
    return Transport(cast(ssl.SSLSocket, fake))


def test_what_was_offered_is_offered_again_unchanged() -> None:
    """After WantWrite exactly the same bytes, though more is waiting by now; and nothing is read before."""
    fake = FakeSocket(sends=[ssl.SSLWantWriteError(), ssl.SSLWantWriteError()], receives=[b"never"])
    transport = over(fake)
    transport.write(b"one")
    assert transport.interest == WRITE
    transport.write(b"two")
    assert fake.offered == [b"one", b"one"]
    assert fake.receives == [b"never"]
    assert transport.advance() == (b"never", False)
    assert fake.offered[2:] == [b"one", b"two"]
    assert transport.idle
    assert transport.interest == READ


def test_long_output_goes_in_pieces() -> None:
    """At most 16 KiB at a time; a piece that was taken in part goes on where it stopped."""
    fake = FakeSocket(sends=[10_000])
    over(fake).write(b"x" * 20_000)
    assert [len(piece) for piece in fake.offered] == [16_384, 6_384, 3_616]


def test_everything_that_is_there_is_read_but_not_for_ever() -> None:
    """Decrypted bytes do not make the socket readable; a server that never stops gets its turn again."""
    assert over(FakeSocket(receives=[b"a", b"b"])).advance() == (b"ab", False)
    data, more = over(FakeSocket(receives=[b"x"] * 100)).advance()
    assert len(data) < 100
    assert more


def test_what_came_before_the_end_comes_first() -> None:
    """The last line of a connection says why it ends."""
    transport = over(FakeSocket(receives=[b"ERROR :bye\r\n", b"", b""]))
    assert transport.advance() == (b"ERROR :bye\r\n", True)
    with pytest.raises(ConnectionLost, match="closed"):
        transport.advance()


@pytest.mark.parametrize(
    "error", [ConnectionResetError(), ssl.SSLEOFError(), OSError(113, "No route to host")]
)
def test_a_broken_connection_is_lost(error: OSError) -> None:
    """Whether it breaks while reading or while writing."""
    with pytest.raises(ConnectionLost):
        over(FakeSocket(receives=[error])).advance()
    with pytest.raises(ConnectionLost):
        over(FakeSocket(sends=[error])).write(b"x")
