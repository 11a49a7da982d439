"""How many columns a terminal gives to a character, and lines that fit into its width.

Python's own tables are enough for that. The library `wcwidth` (0.9.4) knows newer ones, and takes five times
as long to import (75 ms of CPU where this takes 15); where the two differ, terminals differ, too: sequences
of emoji, and marks that take room of their own, which it counts as nothing and the C library as one column.
"""

import unicodedata
from typing import Final

_INDENT: Final = "      "


def columns(char: str) -> int:
    """The columns of one character: 0 for marks and joiners, 2 for wide ones, else 1."""
    if char.isascii():
        return 1
    if "\u1160" <= char <= "\u11ff" or "\ud7b0" <= char <= "\ud7ff":
        return 0  # vowels and finals of Korean: they join the consonant before them
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in ("W", "F") else 1


def wrap(line: str, width: int) -> str:
    """Break a line between words so that it fits into `width` columns; a word that is longer stays whole,
    so that a link can be selected: the terminal breaks it, in the row in which it begins.

    The text after a break is indented, so that no part of a message can pass for a line of its own.
    """
    pieces: list[str] = []
    used = 0
    for word in line.split(" "):
        size = sum(map(columns, word))
        if pieces and used + 1 + size > width >= len(_INDENT) + size:
            pieces.append(f"\n{_INDENT}{word}")
            used = len(_INDENT) + size
        else:
            pieces.append(f" {word}" if pieces else word)
            used += size + (1 if len(pieces) > 1 else 0)
            if used > width:  # the terminal has broken it
                used = (used - 1) % width + 1
    return "".join(pieces)
