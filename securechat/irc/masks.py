"""Masks: `*` stands for any characters, `?` for one.

Theory of operation. Masks are compiled to one regular expression. A * would make it go back and forth (time
like n to the power of their number, for a mask that somebody wrote in order to stop the server), but after a
* the first place where the rest up to the next * fits is as good as any later one. So each such piece is an
atomic group, and the time is at most length times length.
"""

import re
from collections.abc import Iterable
from typing import Final

WILDCARDS: Final = frozenset("*?")


def is_mask(text: str) -> bool:
    """Return whether this has a wildcard."""
    return not WILDCARDS.isdisjoint(text)


def compile_mask(mask: str) -> re.Pattern[str]:
    """Return a pattern whose `fullmatch` finds what a mask stands for; the caller folds both alike."""
    return re.compile(_expression(mask), re.DOTALL)


def compile_masks(masks: Iterable[str]) -> re.Pattern[str] | None:
    """Return a pattern whose `fullmatch` finds what one of the masks stands for; None for no mask."""
    patterns = [_expression(mask) for mask in masks]
    return re.compile("|".join(patterns), re.DOTALL) if patterns else None


def _expression(mask: str) -> str:
    first, *rest = re.sub(r"\*+", "*", mask).split("*")
    if not rest:
        return _literal(first)
    *middle, last = rest
    pieces = "".join([f"(?>.*?{_literal(piece)})" for piece in middle])
    return f"{_literal(first)}{pieces}.*{_literal(last)}"


def _literal(piece: str) -> str:
    return "".join(["." if char == "?" else re.escape(char) for char in piece])
