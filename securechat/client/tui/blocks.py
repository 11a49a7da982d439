"""What a conversation looks like, block by block: an entry with what stands under it.

A block is a message with its thread, a happening, or a gap. A reply that is folded into a thread, and what
the person does not want to see, are blocks without rows. What was drawn is kept until it, the width or the
palette change.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from rich.segment import Segment
from textual.strip import Strip

from securechat.client.tui.conversation import Conversation
from securechat.client.tui.drawing import Frame, Palette, day, draw, fold_row, new_since
from securechat.client.tui.entries import Crowd, Entry, Post, Thread

_KEPT: Final = 4096
"""Drawings that are kept."""
_GUTTER: Final = "┊ "


class Row(NamedTuple):
    """A row: the entry whose block it is in, and which row of that it is; what it shows; and how."""

    block: Entry | None
    number: int
    shows: Entry | Thread | None
    strip: Strip


class Blocks:
    """The blocks of a conversation, for a width and a palette."""

    def __init__(self, conversation: Conversation, me: str) -> None:
        self.conversation = conversation
        self.me = me
        self.width = 0
        self.palette: Palette = {}
        self.selected: Post | None = None
        self.drawn: OrderedDict[tuple[object, ...], list[Strip]] = OrderedDict()

    def hides(self, entry: Entry) -> bool:
        """Whether nothing of an entry is shown where it stands."""
        match entry:
            case Post():
                return entry.ignored or self.conversation.folded(entry)
            case Crowd():
                return self.conversation.looks.presence == "hide"
            case _:
                return False

    def rows(self, index: int) -> list[Row]:
        """Return the rows of a block."""
        entry = self.conversation.entries[index]
        if self.hides(entry):
            return []
        shown: list[tuple[Entry | Thread, Strip]] = [(entry, strip) for strip in self._of(index, entry)]
        if isinstance(entry, Post) and entry.thread is not None and self.conversation.folds:
            shown += self._thread(entry.thread)
        return [Row(entry, number, what, strip) for number, (what, strip) in enumerate(shown)]

    def posts(self, index: int) -> list[Post]:
        """Return the messages that a block shows, in their order."""
        entry = self.conversation.entries[index]
        if not isinstance(entry, Post) or self.hides(entry):
            return []
        thread = entry.thread if self.conversation.folds else None
        return [entry, *thread.shown] if thread is not None and thread.open else [entry]

    def head(self, post: Post) -> Post:
        """Return the message whose block a message is in."""
        return post.thread.first if post.thread is not None and self.conversation.folded(post) else post

    def blank(self) -> Strip:
        """Return an empty row."""
        return self._keep(("blank", self.width), lambda: [Strip.blank(self.width)])[0]

    def _of(self, index: int, entry: Entry) -> list[Strip]:
        divider = self.conversation.divider
        today = day(entry.time) if entry.time else ""
        earlier = self._earlier(index)
        frame = Frame(
            self.width,
            self.palette,
            self.me,
            entry is self.selected,
            today if today and (not earlier or day(earlier) != today) else "",
            new_since(self.conversation.divided, entry) if entry is divider else "",
            each=isinstance(entry, Crowd) and (entry.open or self.conversation.looks.presence == "show"),
            pinned=self._pinned(entry),
            bare=self.conversation.looks.bare,
        )
        return self._draw(entry, frame)

    def _pinned(self, entry: Entry) -> str:
        pins = self.conversation.pins
        return pins.get(entry.id, "") if pins and isinstance(entry, Post) else ""

    def _earlier(self, index: int) -> int:
        """The time of what is shown before this entry, 0 when nothing is."""
        entries = self.conversation.entries
        index -= 1
        while index > 0 and self.hides(entries[index]):
            index -= 1
        return entries[index].time if index >= 0 else 0

    def _thread(self, thread: Thread) -> list[tuple[Entry | Thread, Strip]]:
        if not thread.shown:
            return []
        frame = Frame(self.width, self.palette, self.me, bare=self.conversation.looks.bare)
        key = ("fold", thread.first.serial, thread.version, self.width, frame.bare)
        shown: list[tuple[Entry | Thread, Strip]] = [
            (thread, strip) for strip in self._keep(key, lambda: [fold_row(thread, frame)])
        ]
        if thread.open:
            before = thread.first
            for reply in thread.shown:
                told = self.conversation.find(reply.answers) in (thread.first, before)
                shown += [(reply, strip) for strip in self._reply(reply, quotes=not told)]
                before = reply
        return shown

    def _reply(self, reply: Post, *, quotes: bool) -> list[Strip]:
        frame = Frame(
            max(1, self.width - len(_GUTTER)),
            self.palette,
            self.me,
            reply is self.selected,
            quotes=quotes,
            pinned=self._pinned(reply),
            bare=self.conversation.looks.bare,
        )
        key = ("reply", *self._key(reply, frame))
        gutter = Strip([Segment(_GUTTER[: self.width], self.palette["rule"])])
        return self._keep(
            key,
            lambda: [
                Strip.join([gutter, strip]).adjust_cell_length(self.width) for strip in draw(reply, frame)
            ],
        )

    def _draw(self, entry: Entry, frame: Frame) -> list[Strip]:
        return self._keep(self._key(entry, frame), lambda: draw(entry, frame))

    def _key(self, entry: Entry, frame: Frame) -> tuple[object, ...]:
        """What a drawing depends on, besides the palette."""
        how = (frame.selected, frame.day, frame.new, frame.quotes, frame.each, frame.pinned, frame.bare)
        return entry.serial, entry.version, frame.width, *how

    def _keep(self, key: tuple[object, ...], make: Callable[[], list[Strip]]) -> list[Strip]:
        if key not in self.drawn:
            self.drawn[key] = make()
            if len(self.drawn) > _KEPT:
                self.drawn.popitem(last=False)
        else:
            self.drawn.move_to_end(key)
        return self.drawn[key]
