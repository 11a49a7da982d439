"""The conversations at the left: what is new in each, and which one is open. Where there are several servers,
each has a row with its state, above its conversations.
"""

from collections.abc import Callable
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
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.language import _
from securechat.client.tui.places import SERVER, label
from securechat.client.tui.servers import Server, Servers, Spot
from securechat.irc.names import fold

WIDTH: Final = 24
_STYLES: Final = ("head", "server", "place", "new", "mention", "current", "quiet")
Row = Spot | str
"""A conversation, or a heading."""


def state(server: Server) -> str:
    """The sign of a connection: it is there, it is away and tried again, or it has ended."""
    return "●" if server.chat.online else "✗" if server.ended else "○"


def condition(server: Server) -> str:
    """What there is to say of a connection: how quick the server is, or that it is away."""
    if server.chat.online:
        return f"{server.lag * 1000:.0f}ms" if server.lag is not None else ""
    return _("ended") if server.ended else _("away")


class Sidebar(Widget, can_focus=False):
    """All conversations. A click opens one."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"sidebar--{name}" for name in _STYLES}

    class Chosen(Message):
        """A conversation was clicked."""

        def __init__(self, spot: Spot) -> None:
            super().__init__()
            self.spot = spot

    def __init__(self, servers: Servers, hints: Callable[[], list[str]]) -> None:
        super().__init__(id="sidebar")
        self._servers = servers
        self._hints = hints
        self._top = 0
        self._last: list[Strip] = []

    def _listed(self) -> list[Row]:
        """The rows: conversations, and with one server headings before the first channel and person."""
        if self._servers.several:
            return [*self._servers.spots()]
        rows: list[Row] = []
        headed = ""
        for server, place in self._servers.spots():
            heading = "" if place.name == SERVER else _("Channels") if place.is_channel else _("Direct")
            if heading != headed:
                rows.append(heading)
                headed = heading
            rows.append((server, place))
        return rows

    def _room(self) -> int:
        return max(1, self.size.height - len(self._hints()))

    def _shown(self) -> list[Row]:
        """The rows that fit; the open conversation is one of them."""
        rows, room = self._listed(), self._room()
        at = rows.index(self._servers.spot) if self._servers.spot in rows else 0
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
        return self._place(*row)

    def _place(self, server: Server, place: Conversation) -> Strip:
        current = (server, place) == self._servers.spot
        if place.name == SERVER and self._servers.several:
            return self._server(server, place, current)
        style = self._style("current" if current else "new" if place.unread else "place")
        if place.muted or not (place.joined or not place.is_channel):
            style = self._style("quiet")
        direct = not place.is_channel and place.name != SERVER
        mark = "▌" if current else "@" if direct and place.unread else " "
        name = label(place, server.chat.server)
        counts = self._counts(server, place, direct)
        room = max(1, self.size.width - 5 - cell_len(counts))
        if cell_len(name) > room:
            name = set_cell_size(name, room - 1) + "…"
        shown = self._style("mention" if place.mentions and not current else "new")
        return self._strip([(f" {mark} {set_cell_size(name, room)}", style), (counts, shown)])

    def _server(self, server: Server, place: Conversation, current: bool) -> Strip:
        """The heading of a server, which is the conversation that the server itself speaks in."""
        style = self._style("current" if current else "server")
        after = f" {min(place.unread, 9999)}" if place.unread else f" {condition(server)}"
        name, room = safe(server.name), max(1, self.size.width - 5 - cell_len(after))
        if cell_len(name) > room:
            name = set_cell_size(name, room - 1) + "…"
        mark = "▌" if current else " "
        quiet = self._style("new" if place.unread else "quiet")
        return self._strip([(f"{mark}{state(server)} {set_cell_size(name, room)}", style), (after, quiet)])

    def _counts(self, server: Server, place: Conversation, direct: bool) -> str:
        if place.muted:
            return " ∅"
        if not place.unread:
            return f" {_presence(server, place.name)}" if direct and server.chat.online else ""
        mentions = f"@{place.mentions} " if place.mentions and not direct else ""
        return f" {mentions}{min(place.unread, 9999)}"

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
        if not isinstance(row, str):
            self.post_message(self.Chosen(row))


def _presence(server: Server, nick: str) -> str:
    """The sign of somebody who is not here, or is away."""
    if not _is_here(server, nick):
        return "○"
    return "◑" if fold(nick) in server.chat.away else ""


def _is_here(server: Server, nick: str) -> bool:
    return any(fold(nick) in place.members for place in server.chat.conversations.values())
