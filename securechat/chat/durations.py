"""How long something holds, as people write it: 30m, 12h, 7d, 2w, 1d12h."""

import re
from typing import Final

FOR_EVER: Final = frozenset({"", "-", "0", "forever", "never", "permanent"})
SECOND_MS: Final = 1000
MOST_DAYS: Final = 3650
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART: Final = re.compile(r"([0-9]{1,9})([smhdw])")
_WHOLE: Final = re.compile(r"(?:[0-9]{1,9}[smhdw]){1,5}")


class InvalidDuration(ValueError):
    """This says no time. The text says what does, to the person who wrote it."""


def looks_like_one(text: str) -> bool:
    """Return whether this is meant as a time and not as a word of a text."""
    return bool(_WHOLE.fullmatch(text.lower()))


def parse(text: str) -> int:
    """Return how many milliseconds a text says, 0 for ever. Raises InvalidDuration."""
    lowered = text.lower()
    if lowered in FOR_EVER:
        return 0
    if not _WHOLE.fullmatch(lowered):
        raise InvalidDuration(f"{text!r} is no time: write 30m, 12h, 7d, 2w, 1d12h, or - for ever")
    seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(lowered))
    if not 1 <= seconds <= MOST_DAYS * _UNITS["d"]:
        raise InvalidDuration(f"{text!r} is too long or too short: 1s to {MOST_DAYS}d, or - for ever")
    return seconds * SECOND_MS
