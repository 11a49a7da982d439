"""Masks: `*` stands for any characters, `?` for one.

Theory of operation. Where in a mask one can be after some characters is a set of places, and a whole number
holds it: bit n says that the first n literals (what is no `*`) have been found. A character takes each
place to the next one if the literal there is this character, and where a `*` stands one may stay. So a text
is read once, a few operations for each character, whatever the mask looks like; and a mask costs one look
at each of its characters before. Matchers that try one way after the other take time like n to the power of
the stars, and a regular expression takes much longer to compile, for a mask that somebody wrote in order to
stop the server.
"""

from typing import Final

WILDCARDS: Final = frozenset("*?")


def is_mask(text: str) -> bool:
    """Return whether this has a wildcard."""
    return not WILDCARDS.isdisjoint(text)


class Mask:
    """What a mask stands for; the caller folds it and the texts alike."""

    __slots__ = ("_any", "_at", "_length", "_stars")

    def __init__(self, mask: str) -> None:
        self._stars = self._any = 0
        self._at: dict[str, int] = {}
        place = 1
        for char in mask:
            if char == "*":
                self._stars |= place
                continue
            if char == "?":
                self._any |= place
            else:
                self._at[char] = self._at.get(char, 0) | place
            place <<= 1
        self._length = place.bit_length() - 1

    def matches(self, text: str) -> bool:
        """Return whether the mask stands for the whole of this text."""
        if len(text) < self._length:
            return False
        at, any_, stars, reached = self._at, self._any, self._stars, 1
        for char in text:
            reached = (reached & (at.get(char, 0) | any_)) << 1 | reached & stars
            if not reached:
                return False
        return bool(reached >> self._length)
