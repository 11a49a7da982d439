"""Message ids: 64-bit keys that grow, made from time only to be unlike any that was given out before."""

from bisect import bisect_right
from typing import Final

_MARKS: Final = 16_384
"""Instants that are known, the newer half exactly: minutes of a busy server, days of a quiet one."""


class MessageIds:
    """Gives out ids in growing order.

    The upper 44 bits are the wall clock's milliseconds, so that an id is not given out again when the newest
    messages were deleted and the server restarted. Order never depends on the clock: when it jumps back, ids
    go on from the last.
    """

    __slots__ = ("_last", "_marks")

    def __init__(self, last: int) -> None:
        self._last = last
        self._marks: list[tuple[float, int]] = []
        """Instants at which ids were given out, and the newest id before each."""

    @property
    def last(self) -> int:
        """The newest id."""
        return self._last

    def next(self, wall: int, mono: float) -> int:
        """Return a new id; `wall` is in milliseconds since the epoch, `mono` in seconds."""
        if not self._marks or mono > self._marks[-1][0]:
            self._marks.append((mono, self._last))
            if len(self._marks) > _MARKS:
                self._thin_out()
        key, following = wall << 20, self._last + 1
        self._last = key if key > following else following
        return self._last

    def upto(self, mono: float) -> int:
        """Return the newest id that was given out up to an instant; an older one where that is not known.

        The wall clock cannot say this: it may have jumped since.
        """
        later = bisect_right(self._marks, mono, key=lambda mark: mark[0])
        return self._marks[later][1] if later < len(self._marks) else self._last

    def _thin_out(self) -> None:
        """Make one mark of two in the older half; between them the older id counts."""
        old, new = self._marks[: _MARKS // 2], self._marks[_MARKS // 2 :]
        pairs = zip(old[::2], old[1::2], strict=True)
        self._marks = [(later[0], earlier[1]) for earlier, later in pairs] + new
