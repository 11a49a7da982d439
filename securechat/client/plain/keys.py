"""From the bytes that a terminal sends to keys: characters, editing keys, pasted text."""

import codecs
import re
import unicodedata
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final


class Key(Enum):
    """A key that is no character."""

    ENTER = auto()
    BACKSPACE = auto()
    DELETE = auto()
    LEFT = auto()
    RIGHT = auto()
    WORD_LEFT = auto()
    WORD_RIGHT = auto()
    HOME = auto()
    END = auto()
    UP = auto()
    DOWN = auto()
    CUT_TO_START = auto()
    CUT_TO_END = auto()
    CUT_WORD = auto()
    REDRAW = auto()
    INTERRUPT = auto()
    END_OF_INPUT = auto()
    COMPLETE = auto()


@dataclass(frozen=True, slots=True)
class Pasted:
    """Text that came in one piece (bracketed paste); its line ends are "\\n"."""

    text: str


_CONTROLS: Final = {
    "\r": Key.ENTER,
    "\n": Key.ENTER,
    "\x7f": Key.BACKSPACE,
    "\x08": Key.BACKSPACE,
    "\x01": Key.HOME,
    "\x05": Key.END,
    "\x02": Key.LEFT,
    "\x06": Key.RIGHT,
    "\x10": Key.UP,
    "\x0e": Key.DOWN,
    "\x15": Key.CUT_TO_START,
    "\x0b": Key.CUT_TO_END,
    "\x17": Key.CUT_WORD,
    "\x0c": Key.REDRAW,
    "\x03": Key.INTERRUPT,
    "\x04": Key.END_OF_INPUT,
    "\t": Key.COMPLETE,
}
# What xterm, VTE, the Linux console, tmux and their kin send (xterm's ctlseqs, "PC-Style Function Keys").
_SEQUENCES: Final = {
    **dict.fromkeys(("\x1b[A", "\x1bOA"), Key.UP),
    **dict.fromkeys(("\x1b[B", "\x1bOB"), Key.DOWN),
    **dict.fromkeys(("\x1b[C", "\x1bOC"), Key.RIGHT),
    **dict.fromkeys(("\x1b[D", "\x1bOD"), Key.LEFT),
    **dict.fromkeys(("\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~"), Key.HOME),
    **dict.fromkeys(("\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~"), Key.END),
    "\x1b[3~": Key.DELETE,
    **dict.fromkeys(("\x1b[1;5C", "\x1b[1;3C", "\x1bf", "\x1bOc"), Key.WORD_RIGHT),
    **dict.fromkeys(("\x1b[1;5D", "\x1b[1;3D", "\x1bb", "\x1bOd"), Key.WORD_LEFT),
    **dict.fromkeys(("\x1b\x7f", "\x1b\x08"), Key.CUT_WORD),
}
_PASTE_BEGINS: Final = "\x1b[200~"
_PASTE_ENDS: Final = "\x1b[201~"
JOINERS: Final = "\u200c\u200d"
"""Emoji and several scripts put these between characters; no other invisible character is typed."""
_NO_TEXT: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_LONGEST_PASTE: Final = 64 * 1024
_SEQUENCE: Final = re.compile("\x1b(?:\\[[0-?]*[ -/]*[@-~]|O.|[^\\[O\x1b])", re.DOTALL)
_UNFINISHED: Final = re.compile("\x1b(?:\\[[0-?]*[ -/]*|O)?")


class KeyReader:
    """Takes the terminal's bytes as they come, in whatever pieces."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._rest = ""

    def feed(self, data: bytes) -> list[Key | Pasted | str]:
        """Return the keys that this completes, without those that have no meaning."""
        text = self._rest + self._decoder.decode(data)
        keys: list[Key | Pasted | str] = []
        at = 0
        while at < len(text):
            length, key = _next(text, at)
            if not length:
                break
            at += length
            if key is not None:
                keys.append(key)
        self._rest = text[at:]
        return keys


def _next(text: str, at: int) -> tuple[int, Key | Pasted | str | None]:
    """The next key and how many characters it takes; 0 when it is not complete."""
    char = text[at]
    if char != "\x1b":
        return 1, _CONTROLS.get(char) or (char if _is_text(char) else None)
    if text.startswith(_PASTE_BEGINS, at):
        return _paste(text, at)
    found = _SEQUENCE.match(text, at)
    if found:
        return len(found[0]), _SEQUENCES.get(found[0])
    unfinished = _UNFINISHED.match(text, at)
    complete = unfinished is None or unfinished.end() < len(text)  # an ESC that begins nothing known
    return (1, None) if complete else (0, None)


def _is_text(char: str) -> bool:
    """Not `str.isprintable`, which refuses the emoji that are younger than this Python."""
    return char in JOINERS or unicodedata.category(char) not in _NO_TEXT


def _paste(text: str, at: int) -> tuple[int, Pasted | None]:
    begin = at + len(_PASTE_BEGINS)
    end = text.find(_PASTE_ENDS, begin)
    if end < 0 and len(text) - begin < _LONGEST_PASTE:
        return 0, None
    length = len(text) - at if end < 0 else end + len(_PASTE_ENDS) - at
    return length, Pasted(_clean(text[begin : end if end >= 0 else None]))


def _clean(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "".join(char for char in text if char == "\n" or _is_text(char)).strip("\n")
