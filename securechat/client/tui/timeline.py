"""The widget that shows one conversation: Textual's line API, and rows that are made when they are seen.

Theory of operation. The position is an entry and how many of its rows are below the screen, not a number of
rows from the top: so nothing has to be wrapped that is not seen, messages that come in above or below do not
move what one reads, and another width costs one screen. `None` as the entry is the end, which is followed.
From there the screen is filled upwards. The rows of each entry come from `blocks`.
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
from securechat.client.tui.entries import Entry, Missing, Post, Thread
from securechat.client.tui.language import n_

_WHEEL: Final = 3


class Timeline(Widget, can_focus=False):
    """One conversation."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"timeline--{name}" for name in STYLES}
    ALLOW_SELECT = True

    class Reached(Message):
        """What is missing here is on the screen."""

        def __init__(self, conversation: Conversation, missing: Missing) -> None:
            super().__init__()
            self.conversation = conversation
            self.missing = missing

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
        self._anchor: Entry | None = None
        self._cut = 0
        self._hint = 0
        self._rows: list[Row] | None = None
        self._drawn_rows: list[Row] = []

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
        self._anchor, self._cut = None, 0
        divider = conversation.divider
        if divider is not None and divider not in {row.shows for row in self._fill()}:
            self.jump(divider)
        self.update()

    def update(self) -> None:
        """Entries have changed: draw the rows that look otherwise now."""
        before, at_end = self._drawn_rows, self.at_end
        self._rows = None
        after = self._screen()
        self._drawn_rows = after
        if len(before) != len(after) or not at_end or self.text_selection is not None:
            self.refresh()
            return
        for y, (old, new) in enumerate(zip(before, after, strict=True)):
            if old.strip is not new.strip:
                self.refresh(Region(0, y, self.size.width, 1))

    @property
    def at_end(self) -> bool:
        """Whether the end is shown."""
        return self._anchor is None

    def jump(self, post: Post) -> None:
        """Show this message in the middle of the screen, or a page below it; its thread is opened."""
        if post.thread is not None and self.conversation.folded(post):
            post.thread.turn(True)
        self._stand_on(post)
        self.scroll_rows(self.size.height // 2)

    def _stand_on(self, post: Post) -> None:
        """Let the last row of this message be the last row of the screen."""
        head = self.blocks.head(post)
        rows = self.blocks.rows(self._index(head))
        last = max((row.number for row in rows if row.shows is post), default=len(rows) - 1)
        self._anchor, self._cut, self._rows = head, max(0, len(rows) - 1 - last), None

    def reveal(self, thread: Thread) -> None:
        """Have the end of a thread on the screen: what is said there next is seen, then."""
        end = thread.replies[-1] if thread.open else thread
        self._rows = None
        if not self.is_in_sight(end):
            self._anchor, self._cut, self._rows = thread.first, 0, None
            self.scroll_rows(1)

    def is_in_sight(self, what: Post | Thread) -> bool:
        """Whether a message, or the row of a thread, is on the screen."""
        return any(row.shows is what for row in self._screen())

    def thread_in_sight(self) -> Thread | None:
        """Return the thread whose row is the lowest on the screen."""
        return next((row.shows for row in reversed(self._screen()) if isinstance(row.shows, Thread)), None)

    def select(self, step: int) -> None:
        """Select the message before (-1) or after (1) the selected one; after the last one none is."""
        posts = [row.shows for row in self._screen() if isinstance(row.shows, Post)]
        if self.selected is None or self.blocks.head(self.selected) not in self.conversation.entries:
            self.selected = posts[-1] if posts and step < 0 else None
        else:
            found = self._neighbour(self.selected, step)
            self.selected = found or (self.selected if step < 0 else None)
        if self.selected is not None and not self.is_in_sight(self.selected):
            self.jump(self.selected)
        self.update()

    def _neighbour(self, post: Post, step: int) -> Post | None:
        """Return the message above or below another one, as they are shown."""
        index = self._index(self.blocks.head(post))
        posts = self.blocks.posts(index)
        at = posts.index(post) + step if post in posts else -1
        while not 0 <= at < len(posts):
            index += step
            if not 0 <= index < len(self.conversation.entries):
                return None
            posts = self.blocks.posts(index)
            at = len(posts) - 1 if step < 0 else 0
        return posts[at]

    # Moving

    def scroll_rows(self, rows: int) -> None:
        """Move by rows, down if positive. Nothing is above the first row or below the last."""
        before = self.at_end
        if rows > 0:
            self._down(rows)
        elif self._above() is not None:
            self._up(-rows)
        self.update()
        if self.at_end != before:
            self.post_message(self.Watched())

    def scroll_to_end(self) -> None:
        """Show and follow the end."""
        before = self.at_end
        self._anchor, self._cut = None, 0
        self.update()
        if not before:
            self.post_message(self.Watched())

    def _above(self) -> Entry | None:
        """The entry of the first row, unless that is the very first row there is."""
        first = self._screen()[0]
        if first.block is None or (first.number == 0 and first.block is self.conversation.entries[0]):
            return None
        return first.block

    def _up(self, rows: int) -> None:
        anchor, cut = self._position()
        index = self._index(anchor)
        while True:
            size = len(self.blocks.rows(index))
            if cut + rows < size:
                cut += rows
                break
            if index == 0:
                cut = max(0, size - 1)
                break
            rows -= max(0, size - cut)
            index, cut = index - 1, 0
        self._anchor, self._cut, self._rows = self.conversation.entries[index], cut, None
        while not self._full() and self._anchor is not None:
            self._down(1)

    def _full(self) -> bool:
        rows = self._fill()
        return rows[0].block is not None

    def _down(self, rows: int) -> None:
        if self._anchor is None:
            return
        index, cut = self._index(self._anchor), self._cut
        last = len(self.conversation.entries) - 1
        while rows > cut and index < last:
            rows, index = rows - cut, index + 1
            cut = len(self.blocks.rows(index))
        cut = max(0, cut - rows)
        while not cut and index < last and not self.blocks.rows(index + 1):
            index += 1
        at_end = index == last and not cut
        self._anchor = None if at_end else self.conversation.entries[index]
        self._cut, self._rows = cut, None

    def _position(self) -> tuple[Entry, int]:
        if self._anchor is None:
            return self.conversation.entries[-1], 0
        return self._anchor, self._cut

    def _index(self, entry: Entry) -> int:
        """Find an entry from where it was last."""
        entries = self.conversation.entries
        if self._hint < len(entries) and entries[self._hint] is entry:
            return self._hint
        if entries and entries[-1] is entry:
            return len(entries) - 1
        try:
            self._hint = entries.index(entry)
        except ValueError:  # it has gone: a message that is sent again, a gap that is filled
            self._anchor, self._cut = None, 0
            self._hint = max(0, len(entries) - 1)
        return self._hint

    # Rows

    def _screen(self) -> list[Row]:
        if self._rows is None or len(self._rows) != self.size.height:
            self._rows = self._fill()
            for row in self._rows:
                if isinstance(row.shows, Missing):
                    self.post_message(self.Reached(self.conversation, row.shows))
                    break
        return self._rows

    def _fill(self) -> list[Row]:
        """Fill the screen upwards from the position; what stays free is above."""
        blocks, height = self._prepared(), max(1, self.size.height)
        rows: list[Row] = []
        if self.conversation.entries:
            entry, cut = self._position()
            index = self._index(entry)
            while index >= 0 and len(rows) < height:
                block = blocks.rows(index)
                rows += reversed(block[: max(0, len(block) - cut)])
                index, cut = index - 1, 0
        blank = Row(None, 0, None, blocks.blank())
        return [blank] * (height - len(rows)) + rows[:height][::-1]

    def _prepared(self) -> Blocks:
        blocks = self.blocks
        blocks.width = self.size.width
        if not blocks.palette:
            blocks.palette = {
                name: self.get_component_rich_style(f"timeline--{name}", partial=True) for name in STYLES
            }
        return blocks

    def notify_style_update(self) -> None:
        """The theme has changed: nothing that was drawn is right."""
        super().notify_style_update()
        self.blocks.palette = {}
        self.blocks.drawn.clear()
        self._rows, self._drawn_rows = None, []

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
        count = self._count_below()
        text = n_("↓ {} new below (End)", "↓ {} new below (End)", count) if count else "↓ (End)"
        note = Strip([Segment(f" {text} ", self._prepared().palette["below"])])
        left = max(0, self.size.width - note.cell_length)
        return Strip.join([strip.crop(0, left), note])

    def _count_below(self) -> int:
        entries = self.conversation.entries
        behind = entries[self._index(self._anchor) + 1 :] if self._anchor is not None else []
        return sum(isinstance(entry, Post) and not self.blocks.hides(entry) for entry in behind)

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
        self._rows, self._drawn_rows = None, []

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move towards the past."""
        self.scroll_rows(-_WHEEL)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move towards the end."""
        self.scroll_rows(_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Open or close the thread whose row was clicked."""
        rows = self._screen()
        shown = rows[event.y].shows if event.y < len(rows) else None
        if isinstance(shown, Thread):
            self.post_message(self.Clicked(shown))
