"""The channel's stream: what the benchmark accepts as "exactly once and in one order"."""

import zlib
from collections.abc import Iterator

import pytest

from scripts.bench.ircbench.plan import nick_of
from scripts.bench.ircbench.stream import ChannelStream, StreamError, message_line, message_text

SIZE = 50


def relayed(sender: int, sequence: int, sent_ns: int = 7) -> bytes:
    """A message as a server passes it on."""
    return b":%b!u@host " % nick_of(sender).encode() + message_line(sender, sequence, sent_ns, SIZE)


def feed(stream: ChannelStream, *lines: bytes, position: int = 0, cut: int = 10_000) -> int:
    """Hand the lines to the stream as a listener receives them, in pieces of `cut` bytes."""
    for piece in pieces(b"".join(lines), cut):
        position = stream.agree(position, memoryview(piece))
    return position


def pieces(octets: bytes, size: int) -> Iterator[bytes]:
    """The octets, cut."""
    return (octets[start : start + size] for start in range(0, len(octets), size))


def test_a_text_has_the_size_asked_for() -> None:
    """The text is as long as the load says, whatever its numbers are."""
    assert {len(message_text(3, sequence, 10**18, 64)) for sequence in (0, 99_999)} == {64}


@pytest.mark.parametrize("cut", [1, 7, 97, 10_000])
def test_listeners_agree_however_their_bytes_are_cut(cut: int) -> None:
    """Two listeners that receive the same lines in different pieces both reach the end of the stream."""
    lines = [relayed(0, 0, 5), relayed(1, 0, 6), relayed(0, 1, 8)]
    stream = ChannelStream(2, SIZE)
    first = feed(stream, *lines, cut=cut)
    second = feed(stream, *lines, cut=13)
    assert first == second == len(stream.log) == len(b"".join(lines))
    assert list(stream.sent_ns) == [5, 6, 8]
    assert list(stream.ends) == [len(lines[0]), len(lines[0] + lines[1]), len(stream.log)]


def test_the_listener_that_is_ahead_may_change() -> None:
    """A piece that begins in known bytes and ends in new ones is compared and then appended."""
    stream = ChannelStream(1, SIZE)
    lines = [relayed(0, number) for number in range(3)]
    feed(stream, lines[0], lines[1][:20])
    assert feed(stream, *lines) == len(b"".join(lines))
    assert len(stream.ends) == 3


@pytest.mark.parametrize(
    "received",
    [
        pytest.param([relayed(0, 0), relayed(0, 0)], id="twice"),
        pytest.param([relayed(0, 1)], id="one is missing"),
        pytest.param([relayed(0, 0), relayed(0, 2), relayed(0, 1)], id="two are swapped"),
        pytest.param([relayed(1, 0).replace(b"m0001", b"m0000")], id="under another's nick"),
        pytest.param([b":srv PING x\r\n"], id="another command"),
        pytest.param([relayed(0, 0)[:-4] + b"\r\n"], id="a shortened text"),
    ],
)
def test_what_is_not_the_next_message_is_refused(received: list[bytes]) -> None:
    """A message that is repeated, missing, out of order or changed ends the run."""
    with pytest.raises(StreamError):
        feed(ChannelStream(2, SIZE), *received)


def test_two_orders_are_refused() -> None:
    """Messages of two senders in another order than at another listener end the run, with the difference."""
    stream = ChannelStream(2, SIZE)
    feed(stream, relayed(0, 0), relayed(1, 0))
    with pytest.raises(StreamError, match="offset 5 "):
        feed(stream, relayed(1, 0), relayed(0, 0))


def test_a_difference_beyond_the_known_bytes_is_found() -> None:
    """New bytes do not hide that the known ones before them differ."""
    stream = ChannelStream(2, SIZE)
    feed(stream, relayed(0, 0))
    with pytest.raises(StreamError, match="different bytes"):
        feed(stream, relayed(1, 0), relayed(0, 0))


def test_a_sender_is_confirmed_up_to_the_witness() -> None:
    """Only messages of the sender that the witness has received as a whole are confirmed, each once."""
    stream = ChannelStream(2, SIZE, watched=[1])
    lines = [relayed(1, 0), relayed(0, 0), relayed(1, 1)]
    feed(stream, *lines)
    assert stream.confirmed(1, len(lines[0]) - 1) == 0
    assert stream.confirmed(1, len(stream.log) - 1) == 1
    assert stream.confirmed(1, len(stream.log)) == 1
    assert stream.confirmed(1, len(stream.log)) == 0


def test_what_a_sender_must_have_received() -> None:
    """The CRC for a sender is that of all lines but its own."""
    stream = ChannelStream(2, SIZE)
    lines = [relayed(0, 0), relayed(1, 0), relayed(0, 1), relayed(1, 1)]
    feed(stream, *lines)
    assert stream.crc_without(0) == zlib.crc32(lines[1] + lines[3])
    assert stream.crc_without(1) == zlib.crc32(lines[0] + lines[2])


def test_digests_differ_with_the_order() -> None:
    """Generators compare their logs by a digest, which depends on the order of messages."""
    one, other = ChannelStream(2, SIZE), ChannelStream(2, SIZE)
    feed(one, relayed(0, 0), relayed(1, 0))
    feed(other, relayed(1, 0), relayed(0, 0))
    assert one.digest() != other.digest()
