"""Message ids: 64-bit keys that grow, made from time only to be unlike any that was given out before."""

from collections import deque
from typing import Final

_STEP: Final = 1.0
_MARKS: Final = 3600
"""More seconds than a connection can be silent before the server gives it up."""


class MessageIds:
    """Gives out ids in growing order.

    The upper 44 bits are the wall clock's milliseconds, so that an id is not given out again when the newest
    messages were deleted and the server restarted. Order never depends on the clock: when it jumps back, ids
    go on from the last.
    """

    __slots__ = ("_last", "_marks")

    def __init__(self, last: int) -> None:
        self._last = last
        self._marks: deque[tuple[float, int]] = deque(maxlen=_MARKS)
        """Instants from which on ids were given out for `_STEP` seconds, and the newest id before each."""

    @property
    def last(self) -> int:
        """The newest id."""
        return self._last

    def next(self, wall: int, mono: float) -> int:
        """Return a new id; `wall` is in milliseconds since the epoch, `mono` in seconds."""
        if not self._marks or mono >= self._marks[-1][0] + _STEP:
            self._marks.append((mono, self._last))
        self._last = max(self._last + 1, wall << 20)
        return self._last

    def before(self, mono: float) -> int:
        """Return an id given out before an instant; at most the ids of `_STEP` seconds come after it.

        The wall clock cannot say this: it may have jumped since.
        """
        newest = self._last
        for began, last in reversed(self._marks):
            if mono >= began + _STEP:
                return newest
            newest = last
            if mono >= began:
                return newest
        return newest
