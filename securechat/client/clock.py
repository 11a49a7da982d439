"""Time as an argument: the session never reads a clock."""

from typing import NamedTuple


class Now(NamedTuple):
    """One instant: `wall` in milliseconds since the epoch for display, `mono` in seconds for deadlines."""

    wall: int
    mono: float
