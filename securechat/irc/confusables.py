"""Which names look alike: the skeleton of UTS 39, with the table of the package `confusable-homoglyphs`.

Theory of operation. UTS 39 gives each character that looks like another one a prototype, and calls the name
written in prototypes its skeleton. Ours is coarser in three ways, so it joins whatever UTS 39 joins:

* Case. Names that differ in case only are the same name, and a nick may change its case, so a skeleton is in
  lower case. What a name looks like depends on its case, though: a Greek capital Nu looks like N, a small
  one like v. So each character stands for what it looks like as written; only if that is nothing in ASCII
  does it stand for what its other case looks like.
* ASCII. In lower case, l is not only 1 and | but also I, hence i.
* "vv" is a w.

The table lists pairs without a direction, and puts U+200E around what is written from right to left. Its
pairs form stars around the prototypes, so a character with a single partner is a prototype only if the
partner has no other partner either; of such a pair any one will do, as long as it is always the same.
"""

import unicodedata
from functools import cache
from sys import intern
from typing import Final

from securechat.irc.homoglyphs import confusables

_LRM: Final = "\u200e"
_ASCII_PROTOTYPES: Final = str.maketrans({"i": "l", "1": "l", "0": "o", "m": "rn", "w": "vv"})


def skeleton(name: str) -> str:
    """What a name looks like: two names with the same skeleton are hard to tell apart.

    The case of a name counts unless it is ASCII, so ask again when a nick changes its case. A skeleton is
    for comparing only.
    """
    if not name.isascii():
        prototypes, other_cases = _tables()
        looks = unicodedata.normalize("NFD", name).translate(prototypes)
        name = unicodedata.normalize("NFD", looks.translate(other_cases))
    return name.lower().translate(_ASCII_PROTOTYPES)


@cache
def _tables() -> tuple[dict[int, str], dict[int, str]]:
    """What UTS 39 puts into a skeleton for a character, where that is another one, or more of them; and for
    prototypes outside ASCII, the ASCII that one of their characters looks like in its other case."""
    pairs = _Pairs()
    prototypes: dict[int, str] = {}
    other_cases: dict[int, str] = {}
    for char in pairs.chars:
        prototype, other = pairs.prototype(char), char.swapcase()
        if prototype != char:
            prototypes[ord(char)] = prototype
        if len(prototype) > 1 or len(other) > 1 or prototype.isascii() or not prototype.isalpha():
            continue
        look = pairs.prototype(other)
        if look.isascii():
            other_cases.setdefault(ord(prototype), look)
    return prototypes, other_cases


class _Pairs:
    """What looks alike, as the table has it. `chars` are the single characters, in order."""

    def __init__(self) -> None:
        self._only: dict[str, str] = {}
        """The partner of what has one."""
        self._several: set[str] = set()
        for char, looks in confusables():
            char = char.replace(_LRM, "")
            if char in self._only or char in self._several:
                continue  # what is written from right to left; it comes after what is not
            if len(looks) == 1:
                self._only[char] = intern(unicodedata.normalize("NFD", looks[0].replace(_LRM, "")))
            else:
                self._several.add(char)
        self.chars = sorted(char for char in (*self._only, *self._several) if len(char) == 1)

    def prototype(self, char: str) -> str:
        """Return the prototype of a character: itself, or one or more others."""
        partner = self._only.get(char)
        if partner is None:
            return char
        if len(partner) > 1:  # only a prototype is a sequence
            return "".join(map(self.prototype, partner))
        return partner if partner in self._several else min(char, partner)
