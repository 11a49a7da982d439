"""Any bytes, cut in any way: the framer answers with the same events and lets nothing forbidden through."""

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from securechat.irc.framing import Framer, Rejected
from securechat.irc.message import Message, encode

TAGS, BODY = 40, 24

# Pieces that mean something to the framer are as likely as noise.
tokens = st.sampled_from(
    [bytes([byte]) for byte in b"@: \r\n\0;=\\\xc3\xbc\x85"]
    + [b"\r\n", b"\xe2\x80\xa8", b"PING", b"001", b"@a=b ", b":src ", b" :trailing"]
    + [b"x" * 21, b"x" * 22, b"x" * 23, b"x" * 24, b"@" + b"t" * 39, b"@" + b"t" * 38 + b" "]
)
streams = st.lists(tokens | st.binary(max_size=8), max_size=40).map(b"".join)
cuts = st.lists(st.integers(0, 400), max_size=20)


def pieces(stream: bytes, at: list[int]) -> list[bytes]:
    bounds = [0, *sorted(min(cut, len(stream)) for cut in at), len(stream)]
    return [stream[start:end] for start, end in pairwise(bounds)]


def feed_all(chunks: list[bytes]) -> list[Message | Rejected]:
    framer = Framer(TAGS, BODY)
    events = []
    for chunk in chunks:
        events += framer.feed(chunk)
        assert framer.pending <= TAGS + BODY
    return events


@settings(deadline=None)
@given(stream=streams, at=cuts)
@example(stream=b"x" * 22 + b"\r\n", at=[23])
@example(stream=b"x" * 22 + b"\r\r\n", at=[23, 24])
@example(stream=b"@" + b"t" * 39 + b"\r\n", at=[40, 41])
@example(stream=b"@" + b"t" * 38 + b" " + b"x" * 23 + b"\n", at=[39, 40, 62])
def test_the_cuts_do_not_matter(stream: bytes, at: list[int]) -> None:
    """In one piece, in any pieces or byte by byte, a stream gives the same messages and refusals in order."""
    whole = feed_all([stream])
    assert feed_all(pieces(stream, at)) == whole
    assert feed_all([bytes([byte]) for byte in stream]) == whole


@settings(deadline=None)
@given(stream=streams | st.binary(max_size=300))
def test_nothing_forbidden_is_forwarded(stream: bytes) -> None:
    """A message that was read can be written on, as one line and without a CR, LF or NUL in its parts."""
    for event in feed_all([stream]):
        if isinstance(event, Message):
            line = encode(event)
            assert line.endswith(b"\r\n")
            assert not {0, 10, 13} & set(line[:-2])
            parts = (event.command, *event.params, event.source or "", *event.tags)
            assert not any(char in part for part in parts for char in "\r\n\0")


@settings(deadline=None)
@given(stream=streams)
def test_each_line_is_answered_once(stream: bytes) -> None:
    """There is one event for each line that is not empty, and at most one for what has no end yet."""
    *lines, rest = stream.split(b"\n")
    filled = sum(line not in (b"", b"\r") for line in lines)
    assert filled <= len(feed_all([stream])) <= filled + bool(rest)


@settings(deadline=None)
@given(stream=streams)
def test_recovery(stream: bytes) -> None:
    """Whatever came before, after a LF the next line is read."""
    assert feed_all([stream, b"\nPING 1\r\n"])[-1] == Message("PING", ("1",))
