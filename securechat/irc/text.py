"""Long texts in short lines: how much fits, and where to cut.

A cut never falls inside what a reader sees as one character: a letter with its accents, an emoji with its
skin tone, a family joined by U+200D, a flag of two letters, a Hangul syllable of several jamo. These are
the grapheme clusters of UAX 29 as far as chat texts hold them. A cluster that is longer than a whole piece
is cut all the same, between code points.
"""

import re
import unicodedata
from typing import Final

MAX_LINE: Final = 512
"""The most bytes of a line without its tags, CR LF included."""

_LONGEST_NAME: Final = 64
"""Bytes: as `names.NAME_BYTES`, which this module is below."""
_JOINERS: Final = frozenset("\u200c\u200d\uff9e\uff9f")  # ZWNJ, ZWJ, halfwidth voicing marks: no category M
_FLAG_LETTERS: Final = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # regional indicators, two to a flag
_MOST_MARKS: Final = 30
_MANY_MARKS: Final = re.compile(rb"[^\0]{%d,}" % (_MOST_MARKS + 1))
_MARKS: Final = str.maketrans("\u0f73\u0f75\u0f81\uff9e\uff9f", "\u0f71\u0f71\u0f71\u3099\u309a")
"""The only characters that become marks when they are normalized, and are none before."""
_VIRAMA: Final = 9  # the combining class of the signs that join two Indic consonants


def body_room(source: str, *words: str) -> int:
    """The bytes left for the text in the line `:source COMMAND parameters :text`; below 0 if there are none.

    `words` are the command and the parameters before the text.
    """
    return MAX_LINE - len(f":{source} {' '.join(words)} :\r\n".encode())


def split_text(text: str, limit: int) -> list[str]:
    """Cut a text into pieces of at most `limit` bytes of UTF-8, between words where that is possible.

    Nothing is lost but the blanks at the cuts. A text that fits is returned as it is; of an empty one there
    are no pieces. Raises ValueError for a limit below 4, the size of one character.
    """
    if limit < 4:
        raise ValueError(f"a piece of {limit} bytes cannot hold every character; the least is 4")
    pieces = []
    start = 0
    while start < len(text):
        window = text[start : start + limit + 1]  # a character has at least one byte
        fitting = len(window.encode()[:limit].decode(errors="ignore"))
        if fitting == len(window):
            pieces.append(window)
            break
        cut = _cut(window, fitting)
        pieces.append(window[:cut].rstrip(" "))
        start += cut
        while text.startswith(" ", start):
            start += 1
    return [piece for piece in pieces if piece]


def clip(text: str, limit: int) -> str:
    """Return as much of the beginning of a text as has at most `limit` bytes, in whole characters."""
    if len(text) * 4 <= limit or len(text.encode()) <= limit:
        return text
    most = len(text[: limit + 1].encode()[: max(0, limit)].decode(errors="ignore"))
    while most and _joined(text, most):
        most -= 1
    return text[:most]


def _cut(text: str, most: int) -> int:
    """Where to cut a text of which `most` code points fit: after a word, else between characters."""
    for at in range(most, 0, -1):
        if text[at] == " " != text[at - 1] and not _joined(text, at + 1):
            return at
    for at in range(most, 0, -1):
        if not _joined(text, at):
            return at
    return most


def _joined(text: str, at: int) -> bool:
    """Whether the code points before and after this index belong to one character."""
    if at == len(text):
        return False
    before, after = text[at - 1], text[at]
    if _extends(after) or before == "\u200d":
        return True
    if after in _FLAG_LETTERS:
        letters = at - len(text[:at].rstrip(_FLAG_LETTERS))
        return letters % 2 == 1
    if unicodedata.combining(before) == _VIRAMA:
        return unicodedata.category(after) == "Lo"
    return "\u1100" <= before <= "\u115f" and ("\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3")


def _extends(char: str) -> bool:
    """Whether this never begins a character: a mark, joiner, skin tone, flag tag, jamo in a syllable."""
    return (
        unicodedata.category(char).startswith("M")
        or char in _JOINERS
        or "\U0001f3fb" <= char <= "\U0001f3ff"
        or "\U000e0020" <= char <= "\U000e007f"
        or "\u1160" <= char <= "\u11ff"
        or "\ud7b0" <= char <= "\ud7fb"
    )


def loosened(text: str) -> str:
    """Return a text in which no more than 30 combining marks follow each other; of more, the others are gone.

    To bring marks into their order (normalization) takes time like the square of their number: 8,000 of them
    took 135 ms. No language needs as many; 30 is the number of the Stream-Safe Text Format (UAX 15).
    """
    if text.isascii():
        return text
    classes = bytes(map(unicodedata.combining, text.translate(_MARKS)))
    kept, end = list[str](), 0
    for run in _MANY_MARKS.finditer(classes):
        kept.append(text[end : run.start() + _MOST_MARKS])
        end = run.end()
    return "".join([*kept, text[end:]]) if kept else text


def count(number: float, noun: str) -> str:
    """Return "1 message", "2 messages", "0.5 seconds"."""
    shown = f"{number:d}" if isinstance(number, int) else f"{number:g}"
    return f"{shown} {noun}" if number == 1 else f"{shown} {noun}s"


def printable(name: str) -> str:
    """Return a command or name that a peer sent in a form that fits into a middle parameter.

    It is cut where it is longer than any name can be. What holds a line end or the like is no name.
    """
    fits = name.isprintable() and not name.startswith(":") and " " not in name
    return clip(name, _LONGEST_NAME) if name and fits else "*"
