"""Bytes in, messages out: cut a stream into lines and parse them.

Theory of operation. A line ends at the byte LF. One CR before it belongs to the line end; any other CR is
refused. Only the bytes of the current `feed` are searched for LF, because what is pending has none, so
input that arrives byte by byte costs no more per byte at the end of a line than at its beginning. Cutting
comes before decoding, so a character whose bytes arrive in two pieces is whole again when its line is.

The limit of a line is known before its end is: `body_limit` for a line without tags; with tags `tags_limit`
and, once the blank that ends them has come, their length plus `body_limit`. A line that passes its limit
is answered once, at that moment, and what follows of it is dropped as it arrives, so that nobody can make
the framer hold more than the two limits. How the bytes were cut into pieces changes when a line is
answered, never how.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from securechat.irc.message import (
    MAX_TAGS,
    ForbiddenByte,
    MalformedLine,
    Message,
    NotUtf8,
    TooManyTags,
    UnknownCommand,
    parse,
    parse_head,
)


class RejectReason(Enum):
    """Why a line was not taken."""

    TOO_LONG = "too long"
    TOO_MANY_TAGS = "too many tags"
    NOT_UTF8 = "not UTF-8"
    FORBIDDEN_BYTE = "forbidden byte"
    MALFORMED = "malformed"
    UNKNOWN_COMMAND = "unknown command"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that was not taken. `text` tells its sender why, and quotes nothing of it.

    `head` is what of the line could be read all the same: its command, else "*", and its tags. The answer
    needs them.
    """

    reason: RejectReason
    text: str
    head: Message


_REASONS: Final = {
    NotUtf8: RejectReason.NOT_UTF8,
    ForbiddenByte: RejectReason.FORBIDDEN_BYTE,
    MalformedLine: RejectReason.MALFORMED,
    TooManyTags: RejectReason.TOO_MANY_TAGS,
    UnknownCommand: RejectReason.UNKNOWN_COMMAND,
}


class Framer:
    """Cuts one peer's bytes into messages. Belongs to the thread that reads the connection.

    `tags_limit` counts the bytes of the tags with their "@" and the blank that ends them, `body_limit` those
    of the rest with CR LF (`message-tags`, "Size limit"), `most_tags` is a number. The defaults are what a
    client may send.
    """

    __slots__ = ("_body_room", "_limit", "_most_tags", "_pending", "_skipping", "_tags_limit")

    def __init__(self, tags_limit: int = 4096, body_limit: int = 512, most_tags: int = MAX_TAGS) -> None:
        self._tags_limit = tags_limit
        self._most_tags = most_tags
        self._body_room = body_limit - len(b"\r\n")
        self._pending: bytes | bytearray = b""  # the shared empty object, so that idle peers own no buffer
        self._limit = 0  # of the pending line; 0 as long as its tags have not ended
        self._skipping = False

    @property
    def pending(self) -> int:
        """The number of bytes held of a line that has not ended."""
        return len(self._pending)

    def feed(self, data: bytes) -> list[Message | Rejected]:
        """Take what the peer sent and return what that completes, in order. Raises nothing."""
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._skipping:
            self._skipping = False
            lines[0] = b""
        elif lines and self._pending:
            lines[0] = bytes(self._pending + lines[0])
            self._drop_pending()
        read = self._read
        events = [read(line) for line in lines if line and line != b"\r"]
        if rest and not self._skipping and not self._hold(rest):
            events.append(self._too_long(self._pending))
            self._skipping = True
            self._drop_pending()
        return events

    def _read(self, line: bytes) -> Message | Rejected:
        if line[-1:] == b"\r":
            line = line[:-1]
        if len(line) > self._body_room and len(line) > (self._limit_of(line) or self._tags_limit - 1):
            return self._too_long(line)
        try:
            return parse(line, self._most_tags)
        except MalformedLine as error:
            return Rejected(_REASONS[type(error)], str(error), parse_head(line + b" "))

    def _hold(self, piece: bytes) -> bool:
        """Keep the beginning of a line. False when that is already longer than the line may become."""
        searched = len(self._pending)
        self._pending = self._pending or bytearray()
        self._pending += piece
        self._limit = self._limit or self._limit_of(self._pending, searched)
        length = len(self._pending)
        if self._pending.endswith(b"\r"):  # it may turn out to be half of the line end
            length -= 1
        return length <= (self._limit or self._tags_limit - 1)

    def _limit_of(self, line: bytes | bytearray, start: int = 0) -> int:
        """The most bytes the line may have before its CR LF; 0 if its tags, searched from `start`, go on."""
        if not line.startswith(b"@"):
            return self._body_room
        blank = line.find(b" ", start, self._tags_limit)
        return blank + len(b" ") + self._body_room if blank >= 0 else 0

    def _drop_pending(self) -> None:
        self._pending = b""
        self._limit = 0

    def _too_long(self, line: bytes | bytearray) -> Rejected:
        # Of the line as much is read as there is of it however its bytes were cut into pieces.
        head = bytes(line[: self._limit_of(line) or self._tags_limit - 1])
        text = f"The line is too long: the most is {self._body_room} bytes and {self._tags_limit} of tags."
        return Rejected(RejectReason.TOO_LONG, text, parse_head(head))
