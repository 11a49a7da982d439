"""Cutting a byte stream into messages."""

import sys
from collections.abc import Iterable

import pytest

from securechat.irc.framing import Framer, Rejected, RejectReason
from securechat.irc.message import Message

PING = Message("PING", ("1",))


def reasons(events: Iterable[Message | Rejected]) -> list[RejectReason | str]:
    return [event.reason if isinstance(event, Rejected) else event.command for event in events]


def drip(framer: Framer, data: bytes) -> list[Message | Rejected]:
    return [event for byte in data for event in framer.feed(bytes([byte]))]


def test_lines_end_with_lf_or_crlf() -> None:
    """A LF ends a line, with or without a CR before it, and empty lines are ignored."""
    assert Framer().feed(b"\r\n\nPING 1\nPING 1\r\n\r\n") == [PING, PING]


def test_a_line_may_come_in_pieces() -> None:
    """A line is whole when its LF has come; until then its bytes are pending."""
    framer = Framer()
    assert framer.feed(b"PI") == []
    assert framer.feed(b"NG 1\r") == []
    assert framer.pending == 7
    assert framer.feed(b"\nPING 1\r\nPIN") == [PING, PING]
    assert framer.pending == 3
    assert framer.feed(b"G 1\n") == [PING]
    assert framer.pending == 0


def test_a_character_may_come_in_pieces() -> None:
    """A character of several bytes is whole again when they arrived one by one."""
    text = "grüße 👋🏽"
    assert drip(Framer(), f"PRIVMSG #a :{text}\r\n".encode()) == [Message("PRIVMSG", ("#a", text))]


@pytest.mark.parametrize("char", ["\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029"])
def test_no_other_line_ends(char: str) -> None:
    """What str.splitlines() takes for a line end does not end a line."""
    assert Framer().feed(f"PING a{char}QUIT\r\n".encode()) == [Message("PING", (f"a{char}QUIT",))]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"PING a\0b", RejectReason.FORBIDDEN_BYTE),
        (b"PING a\rQUIT", RejectReason.FORBIDDEN_BYTE),
        (b"PING a\r", RejectReason.FORBIDDEN_BYTE),
        (b"\r", RejectReason.FORBIDDEN_BYTE),
        (b"PING \xff", RejectReason.NOT_UTF8),
        (b":source", RejectReason.MALFORMED),
        (b" ", RejectReason.MALFORMED),
        (b"@a=b", RejectReason.MALFORMED),
    ],
)
def test_bad_lines_are_answered_and_the_next_is_read(line: bytes, reason: RejectReason) -> None:
    """A line that is refused says why, and does not touch the lines around it."""
    events = Framer().feed(b"PING 1\r\n" + line + b"\r\nPING 1\r\n")
    assert reasons(events) == ["PING", reason, "PING"]
    assert isinstance(events[1], Rejected) and events[1].text.endswith(".")


@pytest.mark.parametrize(
    ("line", "fits"),
    [
        (b"PING " + b"x" * 505, True),
        (b"PING " + b"x" * 506, False),
        (b"PING " + "ä".encode() * 252 + b"x", True),
        (b"PING " + "ä".encode() * 253, False),
        (b"@" + b"t" * 4094 + b" PING " + b"x" * 505, True),
        (b"@" + b"t" * 4094 + b" PING " + b"x" * 506, False),
        (b"@" + b"t" * 4095 + b" PING 1", False),
        (b"@t PING " + b"x" * 505, True),
        (b"@t PING " + b"x" * 506, False),
        (b"@t " + b" " * 504 + b"PING 1", True),
        (b"@t " + b" " * 505 + b"PING 1", False),
        (b"@" + b"t" * 5000, False),
    ],
    ids=lambda value: f"{len(value)} bytes" if isinstance(value, bytes) else str(value),
)
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_limits(line: bytes, fits: bool, end: bytes) -> None:
    """512 bytes of body with CR LF and 4096 of tags with "@" and blank are taken, and not one more."""
    expected = ["PING", "PING"] if fits else [RejectReason.TOO_LONG, "PING"]
    stream = line + end + b"PING 1\r\n"
    assert reasons(Framer().feed(stream)) == expected
    assert reasons(drip(Framer(), stream)) == expected


def test_the_number_of_tags_is_bounded() -> None:
    """A client may send 64 tags; of a line with more only what its answer needs is kept."""
    tags = b";".join(b"%d" % number for number in range(63))
    assert reasons(Framer().feed(b"@label=1;" + tags + b" PING :a;b\r\n")) == ["PING"]
    (event,) = Framer().feed(b"@x;label=1;" + tags + b" PING 1\r\n")
    assert event == Rejected(
        RejectReason.TOO_MANY_TAGS,
        "The line has too many tags: the most is 64.",
        Message("PING", (), None, {"label": "1"}),
    )
    assert reasons(Framer(most_tags=65).feed(b"@x;label=1;" + tags + b" PING 1\r\n")) == ["PING"]


def test_a_line_that_is_too_long_keeps_few_tags() -> None:
    """What is read of a line that is refused is bounded as well."""
    (event,) = Framer().feed(b"@batch=2;" + b"t;" * 2040 + b"label=1 PING " + b"x" * 600 + b"\r\n")
    assert isinstance(event, Rejected)
    assert event.reason is RejectReason.TOO_LONG
    assert set(event.head.tags) <= {"batch", "label"}


def test_tags_without_a_body_are_malformed_up_to_their_limit() -> None:
    """Tags that leave no room for the blank that must end them are too long, not malformed."""
    assert reasons(Framer().feed(b"@" + b"t" * 4094 + b"\n")) == [RejectReason.MALFORMED]
    assert reasons(Framer().feed(b"@" + b"t" * 4095 + b"\n")) == [RejectReason.TOO_LONG]
    assert reasons(drip(Framer(), b"@" + b"t" * 4094 + b"\r\n")) == [RejectReason.MALFORMED]


def test_the_limits_can_be_set() -> None:
    """A client takes more tags from its server than it may send."""
    line = b"@" + b"t" * 8189 + b" PING 1\r\n"
    assert reasons(Framer(tags_limit=8191).feed(line)) == ["PING"]
    assert reasons(Framer(tags_limit=8190).feed(line)) == [RejectReason.TOO_LONG]
    assert reasons(Framer(body_limit=7).feed(b"PING 1\r\nPING\r\n")) == [RejectReason.TOO_LONG, "PING"]


def test_a_long_line_is_answered_once_and_dropped() -> None:
    """The answer comes as soon as the limit is passed, and the rest of the line costs no memory."""
    assert Framer().feed(b"@" + b"t" * 4094) == []
    assert reasons(Framer().feed(b"@" + b"t" * 4095)) == [RejectReason.TOO_LONG]
    framer = Framer()
    assert framer.feed(b"x" * 510) == []
    assert reasons(framer.feed(b"x")) == [RejectReason.TOO_LONG]
    for _ in range(100):
        assert framer.feed(b"x" * 65536) == []
        assert framer.pending == 0
    assert framer.feed(b"tail\nPING 1\n") == [PING]


def test_what_is_dropped_does_not_change_the_next_line() -> None:
    """After a long line with tags the limits of the next line are its own."""
    framer = Framer()
    framer.feed(b"@t " + b"x" * 600)
    assert reasons(framer.feed(b"\n" + b"x" * 511)) == [RejectReason.TOO_LONG]
    assert reasons(framer.feed(b"\n@t=" + b"x" * 600 + b" PING 1\n")) == ["PING"]


def test_a_cr_that_waits_for_its_lf_does_not_count() -> None:
    """The CR of the line end may come in another piece than its LF, also at the limit."""
    framer = Framer()
    assert framer.feed(b"PING " + b"x" * 505 + b"\r") == []
    assert reasons(framer.feed(b"\n")) == ["PING"]
    assert framer.feed(b"PING " + b"x" * 505 + b"\r") == []
    assert reasons(framer.feed(b"x")) == [RejectReason.TOO_LONG]


def test_an_idle_framer_holds_no_buffer() -> None:
    """Ten thousand idle connections must not have ten thousand buffers."""
    framer = Framer()
    framer.feed(b"PING 1\r\nPIN")
    framer.feed(b"G 1\r\n")
    assert framer._pending is b""  # noqa: F632 - the very object that all idle framers share
    assert sys.getsizeof(framer) < 100 and not hasattr(framer, "__dict__")


def test_what_is_pending_is_searched_once() -> None:
    """No byte of a line that arrives byte by byte is searched again for each byte after it."""

    class Counted(bytearray):
        searched = 0

        def find(self, sub: object, start: object = 0, end: object = None, /) -> int:
            assert isinstance(start, int)
            Counted.searched += len(self) - start
            return -1

    framer = Framer()
    framer.feed(b"@")
    framer._pending = Counted(framer._pending)
    for _ in range(1000):
        framer.feed(b"t")
    assert Counted.searched == 1000


def test_what_can_be_read_of_a_refused_line_comes_with_it() -> None:
    """The tags and the command are there when the rest is bad, and the same however the bytes were cut."""
    for line in (
        b"@label=1 PRIVMSG #c :\xff",
        b"@label=1 PRIVMSG #c :a\0b",
        b"@label=1 PRIVMSG #c :" + b"x" * 600,
        b"@label=1 privmsg #c :" + b"\xff" * 600,
    ):
        (event,) = Framer().feed(line + b"\n")
        assert isinstance(event, Rejected)
        assert (event.head.command, event.head.tags["label"]) == ("PRIVMSG", "1")
        assert drip(Framer(), line + b"\n") == [event]
    line = b"@label=1;a=" + b"x" * 5000 + b" PRIVMSG #c :a\n"
    (event,) = Framer().feed(line)
    assert isinstance(event, Rejected)
    assert (event.head.command, dict(event.head.tags)) == ("*", {"label": "1"})
    assert drip(Framer(), line) == [event]
