"""The rows above and below the timeline: where one is, how the connection is, who is typing."""

from collections.abc import Callable
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

Piece = tuple[str, str]
"""A text and the name of its style."""
_STYLES: Final = ("plain", "quiet", "strong", "bad")


class Bar(Widget, can_focus=False):
    """One row: pieces at the left, which are cut when there is no room, and pieces at the right."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"bar--{name}" for name in _STYLES}

    def __init__(self, pieces: Callable[[], tuple[list[Piece], list[Piece]]], name: str) -> None:
        super().__init__(id=name)
        self._pieces = pieces
        self._last: tuple[list[Piece], list[Piece]] | None = None

    def update(self) -> None:
        """Draw it again if it says something else now."""
        pieces = self._pieces()
        if pieces != self._last:
            self._last = pieces
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the row."""
        width = self.size.width
        left, right = self._last = self._pieces()
        room = width - sum(cell_len(text) for text, _style in right)
        if room < 8:
            right, room = [], width
        segments: list[Segment] = []
        for text, style in left:
            shown = text if cell_len(text) <= room else set_cell_size(text, max(0, room - 1)) + "…"
            shown = shown if room > 0 else ""
            room -= cell_len(shown)
            segments.append(Segment(shown, self._style(style)))
        segments.append(Segment(" " * max(0, room), self._style("plain")))
        segments += [Segment(text, self._style(style)) for text, style in right]
        return Strip(segments).adjust_cell_length(width).apply_style(self.rich_style)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"bar--{name}", partial=True)
