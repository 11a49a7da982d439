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
from typing import Final

_LRM: Final = "\u200e"
_ASCII_PROTOTYPES: Final = str.maketrans({"i": "l", "1": "l", "0": "o", "m": "rn", "w": "vv"})


def skeleton(name: str) -> str:
    """What a name looks like: two names with the same skeleton are hard to tell apart.

    The case of a name counts unless it is ASCII, so ask again when a nick changes its case. A skeleton is
    for comparing only.
    """
    if not name.isascii():
        prototypes = "".join(map(_prototype, unicodedata.normalize("NFD", name)))
        name = unicodedata.normalize("NFD", prototypes.translate(_other_cases()))
    return name.lower().translate(_ASCII_PROTOTYPES)


def _prototype(char: str) -> str:
    """What UTS 39 puts into a skeleton for this character: itself, or one or more others."""
    partners = _partners(char)
    if len(partners) != 1:
        return char
    (partner,) = partners
    if len(partner) > 1:  # only a prototype is a sequence
        return "".join(map(_prototype, partner))
    return partner if len(_partners(partner)) > 1 else min(char, partner)


def _partners(char: str) -> list[str]:
    table = _table()
    return table.get(char) or table.get(f"{_LRM}{char}{_LRM}") or []


@cache
def _table() -> dict[str, list[str]]:
    from confusable_homoglyphs.confusables import confusables_data  # takes 60 ms

    return {
        char: [unicodedata.normalize("NFD", pair["c"].replace(_LRM, "")) for pair in pairs]
        for char, pairs in confusables_data.items()
    }


@cache
def _other_cases() -> dict[int, str]:
    """For prototypes outside ASCII, the ASCII that one of their characters looks like in its other case."""
    found: dict[int, str] = {}
    for char in sorted(_table()):
        prototype, other = _prototype(char), char.swapcase()
        if len(prototype) > 1 or len(other) > 1 or prototype.isascii() or not prototype.isalpha():
            continue
        look = _prototype(other)
        if look.isascii():
            found.setdefault(ord(prototype), look)
    return found
