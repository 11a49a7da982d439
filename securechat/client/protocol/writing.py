"""How a text becomes messages, and a message becomes lines for the server.

Specification: IRCv3 `draft/multiline`. A message of several lines, or one that is too long for a line of IRC,
is one batch where the server has batches of this kind, within its limits; elsewhere it is several messages.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

from securechat.client.deliveries import Outgoing
from securechat.client.protocol.batches import CONCAT, MULTILINE
from securechat.irc.message import Message
from securechat.irc.text import body_room, split_text

_BLANKS: Final = 32
_FEWEST_BYTES: Final = 1024
"""A limit below this is taken as none being there: such a server's batches hold no message."""


@dataclass(frozen=True, slots=True)
class Room:
    """What one message may hold: bytes and lines of a batch, 0 where there are no batches."""

    bytes: int
    lines: int

    @classmethod
    def of(cls, value: str) -> "Room":
        """Read the value of the capability, `max-bytes=16384,max-lines=100`."""
        given = dict(part.partition("=")[::2] for part in value.split(","))
        most, lines = _number(given.get("max-bytes", "")), _number(given.get("max-lines", "1000000"))
        return cls(most, lines) if most >= _FEWEST_BYTES and lines > 1 else NO_BATCHES


NO_BATCHES: Final = Room(0, 0)


def _number(text: str) -> int:
    return int(text[:9]) if text.isascii() and text.isdigit() else 0


def nonces(mint: Callable[[], str], given: str = "") -> Iterator[str]:
    """Yield nonces without end: new ones, or such as a caller who says the same again gets again."""
    if given:
        yield given
    for number in count(2):
        yield f"{given}.{number}" if given else mint()


def bodies(text: str, source: str, command: str, target: str, room: Room) -> list[str]:
    """Cut a text into the texts of messages, as few as there is room for; `source` is one's own.

    The lines of the text are sendable; blank lines at its ends are left out.
    """
    line_room = body_room(source, command, target)
    lines = text.strip("\n").split("\n")
    if room is NO_BATCHES:
        return [piece for line in lines if line.strip(" ") for piece in split_text(line, line_room)]
    messages: list[str] = []
    held: list[str] = []
    used = rows = 0
    for line in (part for whole in lines for part in _cut(whole, room.bytes // 2)):
        size, pieces = len(line.encode()) + 1, max(1, len(split_text(line, line_room)))
        if held and (used + size > room.bytes or rows + pieces > room.lines):
            messages.append("\n".join(held))
            held, used, rows = [], 0, 0
        held.append(line)
        used, rows = used + size, rows + pieces
    messages.append("\n".join(held))
    return [message for message in messages if message.strip()]


def _cut(line: str, most: int) -> list[str]:
    return split_text(line, most) or [""]


def lines_of_message(message: Outgoing, label: str, source: str, reference: str) -> Iterator[Message]:
    """Yield the lines that say a message: one, or those of a batch with this reference."""
    room = body_room(source, message.command, message.target)
    tags = {"label": label, **message.tags}
    if "\n" not in message.text and len(message.text.encode()) <= room:
        yield Message(message.command, (message.target, message.text), None, tags)
        return
    yield Message("BATCH", (f"+{reference}", MULTILINE, message.target), None, tags)
    for line in message.text.split("\n"):
        for number, piece in enumerate(_pieces(line, room)):
            inside = {"batch": reference, **({CONCAT: ""} if number else {})}
            yield Message(message.command, (message.target, piece), None, inside)
    yield Message("BATCH", (f"-{reference}",))


def _pieces(line: str, room: int) -> list[str]:
    """Cut a line so that the pieces put together are the line again: the blanks at the cuts stay, as far as
    a line has room for them.
    """
    pieces: list[str] = []
    at = 0
    for piece in split_text(line, room - _BLANKS) if len(line.encode()) > room else [line]:
        start = line.index(piece, at)
        if pieces:
            pieces[-1] += line[at : min(start, at + _BLANKS)]
        else:
            piece = line[: min(start, _BLANKS)] + piece
        pieces.append(piece)
        at = start + len(piece)
    return pieces or [""]
