"""The data of the package `confusable-homoglyphs`, which is derived from Unicode's own.

It is read without the package's code, which imports a client for HTTP and keeps all of it as lists: 10 MB
where a hundred kilobytes are needed.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from pkgutil import get_data
from typing import Final, TypedDict

_PACKAGE: Final = "confusable_homoglyphs"
_LAST: Final = 0x10FFFF


class _Categories(TypedDict):
    """Ranges of code points: the first, the last, and the numbers of the script and the category."""

    iso_15924_aliases: list[str]
    code_points_ranges: list[tuple[int, int, int, int]]


def script_of(char: str) -> str:
    """Return the script of a character as in Unicode's Scripts.txt, in capitals; "Unknown" if it has none."""
    begins, scripts = _scripts()
    return scripts[bisect_right(begins, ord(char)) - 1]


def confusables() -> Iterator[tuple[str, list[str]]]:
    """Read which sequences of characters look like which others, in order, a few at a time."""
    from msgspec import Raw, Struct
    from msgspec.json import Decoder

    class Look(Struct, gc=False):
        """What looks alike."""

        c: str

    several = Decoder(list[Look])
    for char, looks in sorted(Decoder(dict[str, Raw]).decode(_read("confusables.json")).items()):
        yield char, [look.c for look in several.decode(looks)]


@cache
def _scripts() -> tuple[list[int], list[str]]:
    """Return where each stretch of one script begins, and the scripts."""
    data: _Categories = json.loads(_read("categories.json"))
    names = data["iso_15924_aliases"]
    begins, scripts = [0], ["Unknown"]
    for first, last, script, _ in data["code_points_ranges"]:
        for begin, name in (first, names[script]), (last + 1, "Unknown"):
            if begins[-1] == begin:
                scripts[-1] = name
            elif begin <= _LAST:
                begins.append(begin)
                scripts.append(name)
    return begins, scripts


def _read(file: str) -> bytes:
    data = get_data(_PACKAGE, file)
    assert data is not None, "the package is a folder of files"
    return data
