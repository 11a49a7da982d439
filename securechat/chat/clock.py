"""Time as an argument: the core never reads a clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Now:
    """One instant.

    `wall` in milliseconds since the epoch for display, `mono` in seconds for deadlines and throttles.
    """

    wall: int
    mono: float
