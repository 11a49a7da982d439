"""The batches of one connection (IRCv3 `batch`): what the lines inside them are part of."""

from dataclasses import dataclass, field
from typing import Final

from securechat.irc.message import Message

CHATHISTORY: Final = "chathistory"
SEARCH: Final = "soju.im/search"
_OF_THE_PAST: Final = (CHATHISTORY, SEARCH)
MULTILINE: Final = "draft/multiline"
CONCAT: Final = "draft/multiline-concat"
_MOST_OPEN: Final = 1000
_MOST_LINES: Final = 1000


@dataclass(slots=True)
class Batch:
    """An open batch; `lines` are those of a message of several lines."""

    kind: str
    params: tuple[str, ...]
    opening: Message
    around: "Batch | None"
    lines: list[Message] = field(default_factory=list)


class Batches:
    """The batches that are open."""

    def __init__(self) -> None:
        self._open: dict[str, Batch] = {}

    def take(self, message: Message) -> Message | None:
        """Take a line into account. None is a line that waits for the rest of its message."""
        if message.command == "BATCH" and message.params:
            return self._boundary(message, message.params[0])
        batch = self.around(message)
        if batch is None or batch.kind != MULTILINE:
            return message
        if len(batch.lines) < _MOST_LINES:
            batch.lines.append(message)
        return None

    def around(self, message: Message) -> Batch | None:
        """Return the batch that a line is in."""
        return self._open.get(message.tags.get("batch", ""))

    def is_past(self, message: Message) -> bool:
        """Whether a line shows what was said earlier, and not just now."""
        batch = self.around(message)
        while batch is not None and batch.kind not in _OF_THE_PAST:
            batch = batch.around
        return batch is not None

    def clear(self) -> None:
        """The connection is lost, and its batches with it."""
        self._open.clear()

    def _boundary(self, message: Message, reference: str) -> Message:
        if reference.startswith("+"):
            if len(self._open) < _MOST_OPEN:
                kind = message.params[1] if len(message.params) > 1 else ""
                self._open[reference[1:]] = Batch(kind, message.params[2:], message, self.around(message))
            return message
        batch = self._open.pop(reference[1:], None)
        return _together(batch) if batch is not None and batch.kind == MULTILINE and batch.lines else message


def _together(batch: Batch) -> Message:
    """Write a message of several lines as one whose text has line ends."""
    text = ""
    for number, line in enumerate(batch.lines):
        piece = line.params[-1] if line.params else ""
        text += piece if not number or CONCAT in line.tags else f"\n{piece}"
    first, opening = batch.lines[0], batch.opening
    return Message(first.command, (*batch.params[:1], text), opening.source or first.source, opening.tags)
