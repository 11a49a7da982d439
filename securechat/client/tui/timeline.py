"""The widget that shows one conversation: Textual's line API, and rows that are made when they are seen.

`view` knows which rows are on the screen, and `blocks` what the rows of each entry are.
"""

from typing import ClassVar, Final

from rich.segment import Segment
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip
from textual.widget import Widget

from securechat.client.tui.blocks import Blocks, Row
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.drawing import STYLES
from securechat.client.tui.entries import Crowd, Missing, Post, Thread
from securechat.client.tui.language import n_
from securechat.client.tui.view import View

_WHEEL: Final = 3


class Timeline(Widget, can_focus=False):
    """One conversation."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{name}" for name in STYLES}
    ALLOW_SELECT = True

    class Reached(Message):
        """What is missing here is on the screen."""

        def __init__(self, conversation: Conversation, missing: Missing, forward: bool) -> None:
            super().__init__()
            self.conversation = conversation
            self.missing = missing
            self.forward = forward
            """Whether one comes from above: something that was said before it is on the screen."""

    class Watched(Message):
        """Whether the end is on the screen has changed."""

    class Clicked(Message):
        """The row of a thread was clicked."""

        def __init__(self, thread: Thread) -> None:
            super().__init__()
            self.thread = thread

    def __init__(self, conversation: Conversation, me: str) -> None:
        super().__init__(id="timeline")
        self.blocks = Blocks(conversation, me)
        self.view = View(self.blocks)
        self._drawn_rows: list[Row] = []
        self._asked_for: list[Row] = []
        """The rows of which it was told what is missing."""

    @property
    def conversation(self) -> Conversation:
        """What is shown."""
        return self.blocks.conversation

    @property
    def selected(self) -> Post | None:
        """The message that is selected."""
        return self.blocks.selected

    @selected.setter
    def selected(self, post: Post | None) -> None:
        self.blocks.selected = post

    # What is shown

    def show(self, conversation: Conversation) -> None:
        """Show another conversation, at its divider if that would not be on the screen, else at its end."""
        self.blocks.conversation, self.selected = conversation, None
        self.view.to_end()
        divider = conversation.divider
        if divider is not None and not self.is_in_sight(divider):
            self.jump(divider)
        self._repaint()

    def update(self) -> None:
        """Entries have changed: draw the rows that look otherwise now."""
        self.view.forget()
        if not self.at_end:
            self._screen()
            self.view.hold(self._drawn_rows)
        self._repaint()

    def _repaint(self) -> None:
        before, at_end = self._drawn_rows, self.at_end
        self._drawn_rows = after = self._screen()
        if len(before) != len(after) or not at_end or self.text_selection is not None:
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, after, strict=True)):
            if old.strip is not new.strip:
                self.refresh(Region(0, y, self.size.width, 1))

    @property
    def at_end(self) -> bool:
        """Whether the end is shown."""
        return self.view.at_end

    def jump(self, post: Post) -> None:
        """Show this message in the middle of the screen, or a page below it; its thread is opened."""
        if post.thread is not None and self.conversation.folded(post):
            post.thread.turn(True)
        self._screen()
        self.view.stand_on(post)
        self.scroll_rows(self.size.height // 2)

    def reveal(self, thread: Thread) -> None:
        """Have the end of a thread on the screen: what is said there next is seen, then."""
        end = thread.shown[-1] if thread.open and thread.shown else thread
        self.view.forget()
        if not self.is_in_sight(end):
            self.view.stand_below(thread)
            self.scroll_rows(0)

    def is_in_sight(self, what: Post | Thread) -> bool:
        """Whether a message, or the row of a thread, is on the screen."""
        self._screen()
        return self.view.is_in_sight(what)

    def thread_in_sight(self) -> Thread | None:
        """Return the thread whose row is the lowest on the screen."""
        return self.view.thread_in_sight()

    def select(self, step: int) -> None:
        """Select the message before (-1) or after (1) the selected one; after the last one none is."""
        posts = [row.shows for row in self._screen() if isinstance(row.shows, Post)]
        if self.selected is None or self.blocks.head(self.selected) not in self.conversation.entries:
            self.selected = posts[-1] if posts and step < 0 else None
        else:
            found = self.view.neighbour(self.selected, step)
            self.selected = found or (self.selected if step < 0 else None)
        if self.selected is not None and not self.is_in_sight(self.selected):
            self.jump(self.selected)
        self.update()

    # Moving

    def scroll_rows(self, rows: int) -> None:
        """Move by rows, down if positive. Nothing is above the first row or below the last."""
        before = self.at_end
        self._screen()
        self.view.move(rows)
        self._repaint()
        if self.at_end != before:
            self.post_message(self.Watched())

    def scroll_to_end(self) -> None:
        """Show and follow the end."""
        before = self.at_end
        self.view.to_end()
        self._repaint()
        if not before:
            self.post_message(self.Watched())

    # Rows

    def _screen(self) -> list[Row]:
        """The rows, after telling the view how large the screen is, and the app what is missing there."""
        blocks = self.blocks
        blocks.width, self.view.height = self.size.width, self.size.height
        if not blocks.palette:
            blocks.palette = {
                name: self.get_component_rich_style(f"timeline--{name}", partial=True) for name in STYLES
            }
        rows = self.view.rows()
        if rows is not self._asked_for:
            self._asked_for = rows
            found = self.view.missing()
            if found is not None:
                self.post_message(self.Reached(self.conversation, *found))
        return rows

    def notify_style_update(self) -> None:
        """The theme has changed: nothing that was drawn is right."""
        super().notify_style_update()
        self.blocks.palette = {}
        self.blocks.drawn.clear()
        self.view.forget()
        self._drawn_rows = []

    # Textual

    def render_line(self, y: int) -> Strip:
        """Return a row of the screen."""
        rows = self._screen()
        if y >= len(rows):
            return Strip.blank(self.size.width, self.rich_style)
        strip = rows[y].strip.apply_style(self.rich_style)
        if y == len(rows) - 1 and not self.at_end:
            strip = self._below(strip)
        return self._marked(strip, y).apply_offsets(0, y)

    def _below(self, strip: Strip) -> Strip:
        count = self.view.count_below()
        text = n_("↓ {} new below (End)", "↓ {} new below (End)", count) if count else "↓ (End)"
        note = Strip([Segment(f" {text} ", self.blocks.palette["below"])])
        left = max(0, self.size.width - note.cell_length)
        return Strip.join([strip.crop(0, left), note])

    def _marked(self, strip: Strip, y: int) -> Strip:
        selection = self.text_selection
        span = selection.get_span(y) if selection is not None else None
        if span is None:
            return strip
        start, end = span[0], self.size.width if span[1] == -1 else span[1]
        left, middle, right = strip.crop(0, start), strip.crop(start, end), strip.crop(end)
        style = self.screen.get_component_rich_style("screen--selection")
        return Strip.join([left, middle.apply_style(style), right])

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the text that the mouse has marked."""
        return selection.extract("\n".join(row.strip.text.rstrip() for row in self._screen())), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """What the mouse marks has changed."""
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Another width wraps otherwise; the position stays."""
        self.view.forget()
        self._drawn_rows = []

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move towards the past."""
        self.scroll_rows(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move towards the end."""
        self.scroll_rows(_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Open or close the thread whose row was clicked, or those who came and went."""
        rows = self._screen()
        shown = rows[event.y].shows if event.y < len(rows) else None
        if isinstance(shown, Thread):
            self.post_message(self.Clicked(shown))
        elif isinstance(shown, Crowd):
            shown.open = not shown.open
            self.update()
