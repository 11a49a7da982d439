"""The conversations at the left: what is new in each, and which one is open."""

from collections.abc import Callable, Iterable
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from securechat.client.safe import safe
from securechat.client.tui.chat import Chat
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.language import _
from securechat.client.tui.places import SERVER
from securechat.irc.names import fold

WIDTH: Final = 24
_STYLES: Final = ("head", "place", "new", "mention", "current", "quiet")


def ordered(places: Iterable[Conversation]) -> list[Conversation]:
    """Return the conversations as they are listed: the server, channels, people."""
    return sorted(places, key=lambda place: (place.name != SERVER, not place.is_channel, fold(place.name)))


def label(place: Conversation, server: str) -> str:
    """The name that is shown, made safe."""
    return safe(place.name) if place.name != SERVER else safe(server) or _("Server")


class Sidebar(Widget, can_focus=False):
    """All conversations. A click opens one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"sidebar--{name}" for name in _STYLES}

    class Chosen(Message):
        """A conversation was clicked."""

        def __init__(self, conversation: Conversation) -> None:
            super().__init__()
            self.conversation = conversation

    def __init__(self, chat: Chat, hints: Callable[[], list[str]]) -> None:
        super().__init__(id="sidebar")
        self._chat = chat
        self._hints = hints
        self._top = 0
        self._last: list[Strip] = []

    def _listed(self) -> list[Conversation | str]:
        """The rows: conversations, and headings before the first channel and the first person."""
        rows: list[Conversation | str] = []
        headed = ""
        for place in ordered(self._chat.conversations.values()):
            heading = "" if place.name == SERVER else _("Channels") if place.is_channel else _("Direct")
            if heading != headed:
                rows.append(heading)
                headed = heading
            rows.append(place)
        return rows

    def _room(self) -> int:
        return max(1, self.size.height - len(self._hints()))

    def _shown(self) -> list[Conversation | str]:
        """The rows that fit; the open conversation is one of them."""
        rows, room = self._listed(), self._room()
        at = rows.index(self._chat.current) if self._chat.current in rows else 0
        self._top = max(0, min(max(self._top, at - room + 1), at, len(rows) - room))
        if at < room and self._top <= at:
            self._top = min(self._top, at)
        return rows[self._top : self._top + room]

    def update(self) -> None:
        """Draw the rows that say something else now."""
        before, self._last = self._last, [self._row(y) for y in range(self.size.height)]
        for y, strip in enumerate(self._last):
            if y >= len(before) or before[y] != strip:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Return a row."""
        return self._row(y)

    def _row(self, y: int) -> Strip:
        rows, room = self._shown(), self._room()
        if y >= room:
            hints = self._hints()
            text = hints[y - room] if y - room < len(hints) else ""
            return self._strip([(f" {text}", self._style("quiet"))])
        row = rows[y] if y < len(rows) else ""
        if isinstance(row, str):
            return self._strip([(f" ▾ {row}" if row else "", self._style("head"))])
        return self._place(row)

    def _place(self, place: Conversation) -> Strip:
        current = place is self._chat.current
        style = self._style("current" if current else "new" if place.unread else "place")
        if place.muted or not (place.joined or not place.is_channel):
            style = self._style("quiet")
        direct = not place.is_channel and place.name != SERVER
        mark = "▌" if current else "@" if direct and place.unread else " "
        name = label(place, self._chat.server)
        counts = self._counts(place, direct)
        room = max(1, self.size.width - 5 - cell_len(counts))
        if cell_len(name) > room:
            name = set_cell_size(name, room - 1) + "…"
        shown = self._style("mention" if place.mentions and not current else "new")
        return self._strip([(f" {mark} {set_cell_size(name, room)}", style), (counts, shown)])

    def _counts(self, place: Conversation, direct: bool) -> str:
        if place.muted:
            return " ∅"
        if not place.unread:
            return " ○" if direct and self._chat.online and not self._is_here(place.name) else ""
        mentions = f"@{place.mentions} " if place.mentions and not direct else ""
        return f" {mentions}{min(place.unread, 9999)}"

    def _is_here(self, nick: str) -> bool:
        return any(fold(nick) in place.members for place in self._chat.conversations.values())

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"sidebar--{name}", partial=True)

    def _strip(self, pieces: list[tuple[str, Style]]) -> Strip:
        strip = Strip([Segment(text, style) for text, style in pieces if text])
        edge = Strip([Segment("│", self._style("quiet"))])
        row = Strip.join([strip.adjust_cell_length(max(0, self.size.width - 1)), edge])
        return row.apply_style(self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Open what was clicked."""
        rows = self._shown()
        row = rows[event.y] if event.y < len(rows) else ""
        if isinstance(row, Conversation):
            self.post_message(self.Chosen(row))
