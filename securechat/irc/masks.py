"""Masks: `*` stands for any characters, `?` for one."""

from typing import Final

WILDCARDS: Final = frozenset("*?")


def is_mask(text: str) -> bool:
    """Return whether this has a wildcard."""
    return not WILDCARDS.isdisjoint(text)


def matches(mask: str, text: str) -> bool:
    """Return whether the mask stands for the whole text; both folded alike by the caller.

    Takes at most len(mask) x len(text) steps: a mask of many stars buys nobody more.
    """
    at = at_mask = behind = 0
    star = -1  # the last * of the mask that was met; what it stands for ends at text[behind]
    while at < len(text):
        if at_mask < len(mask) and mask[at_mask] == "*":
            star, behind = at_mask, at
            at_mask += 1
        elif at_mask < len(mask) and mask[at_mask] in ("?", text[at]):
            at, at_mask = at + 1, at_mask + 1
        elif star >= 0:
            behind += 1
            at, at_mask = behind, star + 1
        else:
            return False
    return not mask[at_mask:].strip("*")
