"""How an entry looks: rows of styled text, for a width. Text from others passes through `safe` here.

A row of a message is `HH:MM  nick  text`, and the rows after the first are indented to the text, so that
nothing in a message can pass for another one. No state is told by colour alone.
"""

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zlib import crc32

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from securechat.client.events import Kind
from securechat.client.safe import safe
from securechat.client.tui import words
from securechat.client.tui.entries import (
    Crowd,
    Delivery,
    Entry,
    Filling,
    Happening,
    Missing,
    Post,
    Sort,
    Thread,
    Way,
)
from securechat.client.tui.language import _, n_
from securechat.client.tui.phrases import told
from securechat.irc.names import fold

NICK_COLOURS: Final = 6
STYLES: Final = (
    *("time", "own", "text", "note", "error", "rule", "new", "quote", "reaction", "state", "refused"),
    *("mention", "link", "selected", "below"),
    *(f"nick-{number}" for number in range(NICK_COLOURS)),
)
LINK: Final = re.compile(r"https?://[^\s<>\"`{}|\\^]+[^\s<>\"`{}|\\^.,;:!?)\]']")
_CLOCK: Final = 7
_STATE: Final = 2
_BARE: Final = 2
_MOST_REACTIONS: Final = 32
_MOST_NAMED: Final = 6

Palette = Mapping[str, Style]
Piece = tuple[str, Style]


@dataclass(frozen=True, slots=True)
class Frame:
    """What an entry is drawn in: how wide, with which styles, and what comes before it."""

    width: int
    palette: Palette
    me: str
    selected: bool = False
    day: str = ""
    new: str = ""
    quotes: bool = True
    """Whether a reply says what it answers."""
    each: bool = False
    """Whether of several who come and go each is told."""
    pinned: str = ""
    """Who has pinned it."""
    bare: bool = False
    """Whether nothing stands beside the text: name and time have a row of their own."""

    @property
    def nick_width(self) -> int:
        """The columns of names; a longer name takes its room from the text."""
        return max(6, min(12, self.width // 8))

    @property
    def indent(self) -> int:
        """The column in which text begins."""
        if self.bare:
            return min(_BARE, self.width // 2)
        return min(_CLOCK + self.nick_width + 1, max(0, self.width // 2))


def clock(ms: int) -> str:
    """Hours and minutes on this computer's clock."""
    return time.strftime("%H:%M", time.localtime(ms / 1000))


def day(ms: int) -> str:
    """The day of a time, in words."""
    then = time.localtime(ms / 1000)
    names = (
        *(_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday")),
    )
    return f"{names[then.tm_wday]} {time.strftime('%Y-%m-%d', then)}"


def nick_style(nick: str, palette: Palette) -> Style:
    """The style of a name: the same one for the same name everywhere."""
    return palette[f"nick-{crc32(fold(nick).encode(errors='replace')) % NICK_COLOURS}"]


def draw(entry: Entry, frame: Frame) -> list[Strip]:
    """Return the rows of an entry, with the rules before it."""
    rows = [_rule(text, frame, style) for text, style in ((frame.day, "rule"), (frame.new, "new")) if text]
    match entry:
        case Post():
            rows += _post(entry, frame)
        case Happening():
            rows += _happening(entry, frame)
        case Crowd():
            rows += _crowd(entry, frame)
        case Missing():
            rows += _missing(entry, frame)
    return rows


def _rule(text: str, frame: Frame, style: str) -> Strip:
    text = f" {text} "[: frame.width]
    return _strip([(text.center(frame.width, "─"), frame.palette[style])], frame)


def _strip(pieces: list[Piece], frame: Frame) -> Strip:
    """Make a row that is exactly as wide as the frame."""
    segments = [Segment(text, style) for text, style in pieces if text]
    strip = Strip(segments).adjust_cell_length(frame.width)
    return strip.apply_style(frame.palette["selected"]) if frame.selected else strip


# Messages


def _post(post: Post, frame: Frame) -> list[Strip]:
    palette = frame.palette
    body = [row for lines in _body(post, frame) for row in lines]
    rows: list[Strip] = [_strip(_title(post, frame), frame)] if frame.bare else []
    for number, row in enumerate(body):
        begins = not (number or frame.bare)
        head = _head(post, frame) if begins else [(" " * frame.indent, palette["text"])]
        used = sum(cell_len(text) for text, _style in (*head, *row))
        last = number == len(body) - 1
        if last and not frame.bare and post.delivery is not Delivery.NONE:
            style = palette["refused" if post.delivery is Delivery.REFUSED else "state"]
            gap = max(0, frame.width - used - 1)
            row = [*row, (" " * gap, palette["text"]), (post.delivery.value, style)]
        rows.append(_strip([*head, *row], frame))
    return rows


def _head(post: Post, frame: Frame) -> list[Piece]:
    palette = frame.palette
    style, shown = _style(post, palette), _name(post)
    room = frame.indent - _CLOCK - 1
    if cell_len(shown) > room:
        shown = set_cell_size(shown, max(1, room - 1)) + "…"
    mark = "@" if post.mention else post.ranks or " "
    return [
        (f"{clock(post.time)} {mark}", palette["mention" if post.mention else "time"]),
        (set_cell_size(shown, room), style),
        (" ", palette["text"]),
    ]


def _name(post: Post) -> str:
    nick = safe(post.sender)
    return f"* {nick}" if post.kind is Kind.ACTION else f"-{nick}-" if post.kind is Kind.NOTICE else nick


def _style(post: Post, palette: Palette) -> Style:
    return palette["own"] if post.own else nick_style(post.sender, palette)


def _title(post: Post, frame: Frame) -> list[Piece]:
    """Who says it, when, and what became of it: a row of its own, and only such a row begins at the edge."""
    palette = frame.palette
    mark = "@" if post.mention else post.ranks
    return [
        (_clip(f"{mark}{_name(post)}", max(1, frame.width - 8)), _style(post, palette)),
        (f" {clock(post.time)} {post.delivery.value}", palette["time"]),
    ]


def _body(post: Post, frame: Frame) -> Iterator[list[list[Piece]]]:
    palette = frame.palette
    room = max(8, frame.width - frame.indent - _STATE)
    if frame.pinned:
        text = _("pinned by {by}").format(by=safe(frame.pinned))
        yield [[(_clip(f"📌 {text}", room), palette["quote"])]]
    if post.answers and frame.quotes:
        quoted = safe(words.quote(post.quoted))
        yield [[(_clip(f"↪ {quoted}", room), palette["quote"])]]
    if post.deleted:
        by = _("taken back by {by}").format(by=safe(post.deleted))
        yield [[(f"({by})", palette["note"])]]
        return
    text_style = palette["mention"] if post.mention else palette["text"]
    lines = post.text.split("\n")
    for number, line in enumerate(lines):
        tail = _("(edited)") if post.edited and number == len(lines) - 1 else ""
        head = _("(imported)") + " " if post.imported and not number else ""
        yield [_styled(row, text_style, palette) for row in _lines(head + safe(line), tail, room)]
    if post.reactions:
        yield [[(row, palette["reaction"])] for row in wrap(_reactions(post, frame.me), room)]
    if post.delivery is Delivery.REFUSED:
        text = _("Not sent: {reason}. /retry sends it again").format(reason=safe(told(post.reason)))
        yield [[(row, palette["refused"])] for row in wrap(text, room)]


def _lines(text: str, tail: str, room: int) -> list[str]:
    return wrap(f"{text} {tail}" if tail else text, room)


def _clip(text: str, room: int) -> str:
    return text if cell_len(text) <= room else set_cell_size(text, room - 1) + "…"


def _reactions(post: Post, me: str) -> str:
    shown = []
    for reaction, names in list(post.reactions.items())[:_MOST_REACTIONS]:
        mine = any(fold(name) == fold(me) for name in names)
        text = f"{safe(reaction)} {len(names)}"
        shown.append(f"[{text}]" if mine else text)
    return "  ".join(shown)


def _styled(row: str, style: Style, palette: Palette) -> list[Piece]:
    """Mark the links of a row; a terminal that knows OSC 8 lets the person open them."""
    if "://" not in row:
        return [(row, style)]
    pieces: list[Piece] = []
    at = 0
    for found in LINK.finditer(row):
        pieces.append((row[at : found.start()], style))
        pieces.append((found[0], style + palette["link"] + Style(link=found[0])))
        at = found.end()
    return [*pieces, (row[at:], style)]


def wrap(text: str, room: int) -> list[str]:
    """Break a line of safe text between words; a word that is wider than the room is cut."""
    if len(text) <= room and (text.isascii() or cell_len(text) <= room):
        return [text]
    rows: list[str] = []
    row, used = "", 0
    for word in text.split(" "):
        size = cell_len(word)
        if row and used + 1 + size <= room:
            row, used = f"{row} {word}", used + 1 + size
            continue
        if row:
            rows.append(row)
        pieces = chop_cells(word, room) if size > room else [word]
        rows += pieces[:-1]
        row = pieces[-1] if pieces else ""
        used = cell_len(row)
    return [*rows, row]


# The rest


def fold_row(thread: Thread, frame: Frame) -> Strip:
    """The row under a message that has replies: how many, who spoke last, and what of them is new."""
    palette, replies = frame.palette, thread.shown
    last = replies[-1]
    count = n_("{} reply", "{} replies", len(replies))
    text = _("{replies}, last by {name} {time}").format(
        replies=count, name=safe(last.sender), time=clock(last.time)
    )
    sign = "▾" if thread.open else "↳"
    pieces = [(_clip(f"{' ' * frame.indent}{sign} {text}", frame.width), palette["quote"])]
    unseen = thread.unseen
    if unseen:
        pieces.append((f"  {n_('{} new', '{} new', len(unseen))}", palette["new"]))
    mentions = sum(post.mention for post in unseen)
    if mentions:
        pieces.append((f"  @{mentions}", palette["mention"]))
    return _strip(pieces, frame)


def _crowd(entry: Crowd, frame: Frame) -> list[Strip]:
    """Who came and went: how many, and some of their names; or each of them."""
    if frame.each or len(entry.moves) == 1:
        return [row for move in entry.moves for row in _note(move.time, move.text, frame)]
    ways = (
        (n_("{} joined", "{} joined", len(entry.nicks(Way.JOINED))), Way.JOINED),
        (n_("{} left", "{} left", len(entry.nicks(Way.LEFT))), Way.LEFT),
        (n_("{} renamed", "{} renamed", len(entry.nicks(Way.RENAMED))), Way.RENAMED),
    )
    counts = ", ".join(text for text, way in ways if entry.nicks(way))
    nicks = entry.nicks()
    names = ", ".join(nicks[:_MOST_NAMED]) + (", …" if len(nicks) > _MOST_NAMED else "")
    return _note(entry.time, f"{counts}: {names}", frame)[:1]


def _happening(entry: Happening, frame: Frame) -> list[Strip]:
    return _note(entry.time, entry.text, frame, entry.sort)


def _note(time: int, text: str, frame: Frame, sort: Sort = Sort.NOTE) -> list[Strip]:
    style = frame.palette["error" if sort is Sort.ERROR else "note"]
    mark = "!" if sort is Sort.ERROR else "·"
    head = f"{clock(time)}  {mark} "
    room = max(8, frame.width - len(head))
    rows = [row for line in text.split("\n") for row in wrap(safe(line), room)]
    return [
        _strip([(head if not number else " " * len(head), frame.palette["time"]), (row, style)], frame)
        for number, row in enumerate(rows)
    ]


def _missing(entry: Missing, frame: Frame) -> list[Strip]:
    match entry.filling:
        case Filling.ASKED:
            text = _("reading what was said before…")
        case Filling.FAILED:
            text = _("what was said before cannot be read: {reason}").format(reason=safe(told(entry.reason)))
        case Filling.WAITING if entry.top:
            text = _("more above")
        case Filling.WAITING:
            text = _("not all is shown here: {reason}").format(reason=safe(told(entry.reason)))
    return [_strip([(_clip(f"┄┄ {text} ", frame.width), frame.palette["note"])], frame)]


def new_since(count: int, first: Entry) -> str:
    """The text of the divider."""
    return n_("{} new since", "{} new since", count) + f" {clock(first.time)}"
