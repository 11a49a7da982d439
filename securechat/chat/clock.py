"""Time as an argument: the core never reads a clock."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Now:
    """One instant.

    `wall` in milliseconds since the epoch for display, `mono` in seconds for deadlines and throttles.
    """

    wall: int
    mono: float


LONG_AGO: Final = Now(0, 0.0)
"""Before everything, for a chat that is not told when it begins."""
