"""The channel's bytes, which every member must receive alike.

Theory of operation. Members that only listen get exactly the same bytes from a server: the same lines in
the same order. So nothing has to be parsed per delivery. One log per generator holds the bytes of the
member that is furthest; what any other listener receives is compared with it (`memcmp`, 0.04 µs per KiB).
Each message is parsed once, when the log grows: its sender, its sequence number (which must be that
sender's next) and the time it was sent. A listener whose position is the end of the log has therefore
received every message exactly once and in the one order. A sender does not get its own lines; it is checked
at the end by the CRC of its bytes against the log without them.

No I/O and no clock in here.
"""

from __future__ import annotations

import hashlib
import zlib
from array import array
from collections import deque
from collections.abc import Iterable

from .plan import nick_of

CHANNEL = b"#bench"
_MARK = b" PRIVMSG " + CHANNEL + b" :"
_FILL = b"abcdefghijklmnopqrstuvwxyz" * 16


class StreamError(Exception):
    """A member received something else than the messages of the channel, once each and in one order."""


def message_text(sender: int, sequence: int, sent_ns: int, size: int) -> bytes:
    """The text of a message, `size` bytes: sender, sequence, monotonic time in ns, then filling."""
    return b"%04d %07d %019d %b" % (sender, sequence, sent_ns, _FILL[: size - 33])


def message_line(sender: int, sequence: int, sent_ns: int, size: int) -> bytes:
    """The command that sends the message of `message_text` to the channel."""
    return b"PRIVMSG %b :%b\r\n" % (CHANNEL, message_text(sender, sequence, sent_ns, size))


class ChannelStream:
    """What the server sent to the channel in one scenario, as the listeners of one generator saw it."""

    __slots__ = ("_next", "_parsed", "_size", "_watched", "bytes_from", "ends", "log", "sent_ns")

    def __init__(self, senders: int, size: int, watched: Iterable[int] = ()) -> None:
        """Expect texts of `size` bytes by members 0 to `senders` - 1; `confirmed` works for the watched."""
        self.log = bytearray()
        self.ends: array[int] = array("q")
        """The offset at which each message ends in the log."""
        self.sent_ns: array[int] = array("q")
        """When each message was sent, in ns of the monotonic clock."""
        self.bytes_from = [0] * senders
        """Bytes of the log that are lines of each sender."""
        self._next = [0] * senders
        self._parsed = 0
        self._size = size
        self._watched: dict[int, deque[int]] = {sender: deque() for sender in watched}

    def agree(self, position: int, received: memoryview) -> int:
        """Compare what a listener received at its position with the log; returns its new position.

        Raises StreamError when the bytes differ from what another listener received, or are not what is due.
        """
        log = self.log
        if log.startswith(received, position):
            return position + len(received)
        known = len(log) - position
        if known >= len(received) or not log.startswith(received[:known], position):
            raise StreamError(self._difference(position, bytes(received)))
        log += received[known:]
        self._parse()
        return len(log)

    def confirmed(self, sender: int, position: int) -> int:
        """How many further messages of a watched sender a listener at this position has received."""
        offsets = self._watched[sender]
        count = 0
        while offsets and offsets[0] <= position:
            offsets.popleft()
            count += 1
        return count

    def digest(self) -> str:
        """SHA-256 of the log in hexadecimal; equal in all generators when all listeners saw one order."""
        return hashlib.sha256(self.log).hexdigest()

    def crc_without(self, sender: int) -> int:
        """The CRC-32 of the log without one sender's lines: of what that sender must have received."""
        own = b":" + nick_of(sender).encode() + b"!"
        crc = start = 0
        for end in self.ends:
            if not self.log.startswith(own, start):
                crc = zlib.crc32(memoryview(self.log)[start:end], crc)
            start = end
        return crc

    def _parse(self) -> None:
        end = self.log.rfind(b"\n", self._parsed) + 1
        if end <= self._parsed:
            return
        offset = self._parsed
        for line in bytes(self.log[offset:end]).splitlines(keepends=True):
            offset += len(line)
            self._note(line, offset)
        self._parsed = end

    def _note(self, line: bytes, end: int) -> None:
        source, mark, rest = line.partition(_MARK)
        text = rest[:-2]
        if not mark or len(text) != self._size:
            raise StreamError(f"a member received a line that is no message of this benchmark: {line!r}")
        sender, sequence = int(text[:4]), int(text[5:12])
        if sequence != self._next[sender] or not source.startswith(b":" + nick_of(sender).encode() + b"!"):
            raise StreamError(
                f"message {self._next[sender]} of member {sender} was due, but this arrived: {line!r}"
            )
        self._next[sender] = sequence + 1
        self.bytes_from[sender] += len(line)
        self.sent_ns.append(int(text[13:32]))
        self.ends.append(end)
        if sender in self._watched:
            self._watched[sender].append(end)

    def _difference(self, position: int, received: bytes) -> str:
        expected = bytes(self.log[position : position + len(received)])
        at = next(
            (i for i, (a, b) in enumerate(zip(expected, received, strict=False)) if a != b), len(expected)
        )
        start = max(0, at - 40)
        return (
            f"two members received different bytes at offset {position + at} of the channel: "
            f"{expected[start : at + 160]!r} and {received[start : at + 160]!r}"
        )
