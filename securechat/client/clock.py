"""Time as an argument: the session never reads a clock."""

from typing import NamedTuple


class Moment(NamedTuple):
    """One instant: `mono` in seconds for deadlines, `wall` in milliseconds since the epoch for display."""

    mono: float
    wall: int
