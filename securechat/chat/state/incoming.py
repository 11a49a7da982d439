"""A message of several lines while a client is still sending it (`rules.multiline` collects it)."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Incoming:
    """A batch that a client has opened: its target, its tags, and the lines so far.

    `failed` is true when what was wrong with it has been said; the rest of it is ignored.
    """

    reference: str
    target: str
    tags: Mapping[str, str]
    label: str | None
    due: float
    failed: bool = False
    command: str = ""
    lines: list[str] = field(default_factory=list)
    size: int = 0
    weight: int = 0
    """Bytes that it takes in memory, as `Chat.batches` counts them."""

    @property
    def is_notice(self) -> bool:
        """True when its lines are notices, to which nobody says anything."""
        return self.command == "NOTICE"

    @property
    def text(self) -> str:
        """The message's text."""
        return "\n".join(self.lines)

    @property
    def blank(self) -> bool:
        """True when no line says anything."""
        return not any(line.strip("\r") for line in self.lines)
