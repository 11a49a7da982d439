"""Which rows of a conversation are on the screen: the position, and how it moves. It needs no terminal.

The position is an entry and how many of its rows are below the screen, not a number of rows from the top:
so nothing has to be wrapped that is not seen, and another width costs one screen. `None` as the entry is the
end, which is followed. From there the screen is filled upwards.
"""

from securechat.client.tui.blocks import Blocks, Row
from securechat.client.tui.conversation import Conversation
from securechat.client.tui.entries import Entry, Missing, Post, Thread


class View:
    """A window of so many rows on the blocks of a conversation."""

    def __init__(self, blocks: Blocks) -> None:
        self.blocks = blocks
        self.height = 0
        self._anchor: Entry | None = None
        self._cut = 0
        self._hint = 0
        self._rows: list[Row] | None = None

    @property
    def conversation(self) -> Conversation:
        """What is shown."""
        return self.blocks.conversation

    @property
    def at_end(self) -> bool:
        """Whether the end is shown."""
        return self._anchor is None

    # Rows

    def rows(self) -> list[Row]:
        """Return the rows of the screen."""
        if self._rows is None or len(self._rows) != self.height:
            self._rows = self._fill()
        return self._rows

    def forget(self) -> None:
        """Entries, sizes or the palette have changed."""
        self._rows = None

    def _fill(self) -> list[Row]:
        """Fill the screen upwards from the position; what stays free is above."""
        blocks, height = self.blocks, max(1, self.height)
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

    def missing(self) -> tuple[Missing, bool] | None:
        """Return the first gap on the screen, and whether something that was said before it is there, too."""
        said = False
        for row in self.rows():
            said = said or isinstance(row.shows, Post)
            if isinstance(row.shows, Missing):
                return row.shows, said
        return None

    def is_in_sight(self, what: Post | Thread) -> bool:
        """Whether a message, or the row of a thread, is on the screen."""
        return any(row.shows is what for row in self.rows())

    def thread_in_sight(self) -> Thread | None:
        """Return the thread whose row is the lowest on the screen."""
        return next((row.shows for row in reversed(self.rows()) if isinstance(row.shows, Thread)), None)

    def count_below(self) -> int:
        """Return how many messages are below the screen."""
        entries = self.conversation.entries
        behind = entries[self._index(self._anchor) + 1 :] if self._anchor is not None else []
        return sum(isinstance(entry, Post) and not self.blocks.hides(entry) for entry in behind)

    # Moving

    def to_end(self) -> None:
        """Show and follow the end."""
        self._anchor, self._cut, self._rows = None, 0, None

    def move(self, rows: int) -> None:
        """Move by rows, down if positive. Nothing is above the first row or below the last."""
        if rows > 0:
            self._down(rows)
        elif self._above() is not None:
            self._up(-rows)

    def hold(self, before: list[Row]) -> None:
        """Keep the first row that tells something where it is: what comes in below moves nothing."""
        for y, row in enumerate(before):
            if row.block is None or isinstance(row.shows, Missing):
                continue
            rows = self.rows()
            if y < len(rows) and (rows[y].block, rows[y].number) == (row.block, row.number):
                return
            if row.block not in self.conversation.entries or self.blocks.hides(row.block):
                continue
            size = len(self.blocks.rows(self._index(row.block)))
            self._anchor, self._cut = row.block, max(0, size - 1 - row.number)
            self._down(self.height - 1 - y)
            self._rows = None
            return

    def stand_on(self, post: Post) -> None:
        """Let the last row of this message be the last row of the screen."""
        head = self.blocks.head(post)
        rows = self.blocks.rows(self._index(head))
        last = max((row.number for row in rows if row.shows is post), default=len(rows) - 1)
        self._anchor, self._cut, self._rows = head, max(0, len(rows) - 1 - last), None

    def stand_below(self, thread: Thread) -> None:
        """Let the end of a thread be the row before the last row of the screen."""
        self._anchor, self._cut, self._rows = thread.first, 0, None
        self._down(1)

    def neighbour(self, post: Post, step: int) -> Post | None:
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

    def _above(self) -> Entry | None:
        """The entry of the first row, unless that is the very first row there is."""
        first = self.rows()[0]
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
