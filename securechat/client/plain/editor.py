"""One line of input that is edited while other lines appear above it: a value without a terminal.

Theory of operation. The input occupies exactly one row, the last one that was written; a text that is too
long scrolls sideways in it. `erase` clears the row, `draw` writes it again, and both end with the cursor in
it, so whoever wants to print something writes `erase`, the text with its line end, and `draw`, in one piece.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Final

from securechat.client.plain.keys import JOINERS, Key, Pasted
from securechat.client.safe import safe
from securechat.client.width import columns

ERASE: Final = "\r\x1b[K"
_MOST_HISTORY: Final = 500
_LINE_END: Final = "\N{DOWNWARDS ARROW WITH CORNER LEFTWARDS}"


@dataclass(frozen=True, slots=True)
class Submitted:
    """A line that was entered; text that was pasted may have line ends in it."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupted:
    """Ctrl-C on an empty line."""


@dataclass(frozen=True, slots=True)
class EndOfInput:
    """Ctrl-D on an empty line, or the end of what comes through a pipe.

    `problem` is why nothing more can be taken though there may be more.
    """

    problem: str = ""


Input = Submitted | Interrupted | EndOfInput


class LineEditor:
    """The text, the cursor in it, and the lines that were entered before (`history`).

    `complete` returns what the word before the cursor may become, given the text up to there.
    """

    def __init__(self, history: Iterable[str] = ()) -> None:
        self.prompt = ""
        self.complete: Callable[[str], Sequence[str]] = lambda left: ()
        self.cells = 0
        """The columns that the row takes which was drawn last."""
        self.column = 0
        """The column of the cursor in it."""
        self._choices: Iterator[str] | None = None
        self._word = 0
        self._text: list[str] = []
        self._cursor = 0
        self._first = 0
        self._history = list(history)[-_MOST_HISTORY:]
        self._at = len(self._history)
        self._draft: list[str] = []

    @property
    def text(self) -> str:
        """What has been typed."""
        return "".join(self._text)

    def press(self, key: Key | Pasted | str) -> Input | None:
        """Take a key; return what it caused, if anything."""
        if key is Key.COMPLETE:
            self._complete()
            return None
        self._choices = None
        if isinstance(key, str):
            self._insert(key)
        elif isinstance(key, Pasted):
            self._insert(key.text)
        elif key is Key.ENTER:
            return self._enter()
        elif key is Key.INTERRUPT:
            if not self._text:
                return Interrupted()
            self._replace([])
        elif key is Key.END_OF_INPUT and not self._text:
            return EndOfInput()
        else:
            self._edit(key)
        return None

    def draw(self, width: int) -> str:
        """The bytes that show the line in a row of `width` columns."""
        prompt = safe(self.prompt)
        if sum(map(columns, prompt)) > width // 2:
            prompt = f"{prompt[: width // 4]}…> "  # a wide character takes two columns
        room = max(2, width - sum(map(columns, prompt)) - 1)
        cells = [_shown(char) for char in self._text]
        widths = [sum(map(columns, cell)) for cell in cells]
        self._first = min(self._first, self._cursor)
        while sum(widths[self._first : self._cursor]) > room:
            self._first += 1
        while self._first and sum(widths[self._first - 1 :]) <= room:  # the row has become wider
            self._first -= 1
        last = self._first
        while last < len(cells) and sum(widths[self._first : last + 1]) <= room:
            last += 1
        back = sum(widths[self._cursor : last])
        self.column = sum(map(columns, prompt)) + sum(widths[self._first : self._cursor])
        self.cells = self.column + back
        return f"{ERASE}{prompt}{''.join(cells[self._first : last])}" + (f"\x1b[{back}D" if back else "")

    # Inside

    def _insert(self, text: str) -> None:
        self._text[self._cursor : self._cursor] = text
        self._cursor += len(text)

    def _complete(self) -> None:
        """Put the next choice in the place of the word before the cursor."""
        if self._choices is None:
            left = "".join(self._text[: self._cursor])
            found = self.complete(left)
            if not found:
                return
            self._word = left.rfind(" ") + 1
            self._choices = cycle(found)
        choice = next(self._choices)
        self._text[self._word : self._cursor] = choice
        self._cursor = self._word + len(choice)

    def _enter(self) -> Submitted:
        text = self.text
        if text and (not self._history or self._history[-1] != text):
            self._history = [*self._history, text][-_MOST_HISTORY:]
        self._at = len(self._history)
        self._replace([])
        return Submitted(text)

    def _edit(self, key: Key) -> None:
        text, cursor = self._text, self._cursor
        match key:
            case Key.BACKSPACE:
                self._cut(self._left(cursor), cursor)
            case Key.DELETE | Key.END_OF_INPUT:
                self._cut(cursor, self._right(cursor))
            case Key.CUT_WORD:
                self._cut(self._word_left(cursor), cursor)
            case Key.CUT_TO_START:
                self._cut(0, cursor)
            case Key.CUT_TO_END:
                self._cut(cursor, len(text))
            case Key.LEFT:
                self._cursor = self._left(cursor)
            case Key.RIGHT:
                self._cursor = self._right(cursor)
            case Key.WORD_LEFT:
                self._cursor = self._word_left(cursor)
            case Key.WORD_RIGHT:
                self._cursor = self._word_right(cursor)
            case Key.HOME:
                self._cursor = 0
            case Key.END:
                self._cursor = len(text)
            case Key.UP:
                self._recall(self._at - 1)
            case Key.DOWN:
                self._recall(self._at + 1)

    def _cut(self, start: int, end: int) -> None:
        del self._text[start:end]
        self._cursor = start

    def _left(self, index: int) -> int:
        """The beginning of the character before, with the marks on it."""
        index = max(0, index - 1)
        while index > 0 and not columns(self._text[index]):
            index -= 1
        return index

    def _right(self, index: int) -> int:
        index = min(len(self._text), index + 1)
        while index < len(self._text) and not columns(self._text[index]):
            index += 1
        return index

    def _word_left(self, index: int) -> int:
        while index > 0 and self._text[index - 1].isspace():
            index -= 1
        while index > 0 and not self._text[index - 1].isspace():
            index -= 1
        return index

    def _word_right(self, index: int) -> int:
        while index < len(self._text) and self._text[index].isspace():
            index += 1
        while index < len(self._text) and not self._text[index].isspace():
            index += 1
        return index

    def _recall(self, index: int) -> None:
        """Show a line of the history; below the last one is what was being typed."""
        if not 0 <= index <= len(self._history):
            return
        if self._at == len(self._history):
            self._draft = self._text
        self._at = index
        self._replace(self._draft if index == len(self._history) else list(self._history[index]))

    def _replace(self, text: list[str]) -> None:
        self._text = list(text)
        self._cursor = len(self._text)
        self._first = 0


def _shown(char: str) -> str:
    """One character as the row shows it. `safe` would drop a joiner: it does not see its neighbours here."""
    if char == "\n":
        return _LINE_END
    return char if char in JOINERS else safe(char)
