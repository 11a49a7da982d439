"""Message ids: 64-bit keys that grow, made from time only to be unlike any that was given out before."""


class MessageIds:
    """Gives out ids in growing order.

    The upper 44 bits are the wall clock's milliseconds, so that an id is not given out again when the newest
    messages were deleted and the server restarted. Order never depends on the clock: when it jumps back, ids
    go on from the last.
    """

    __slots__ = ("_last",)

    def __init__(self, last: int) -> None:
        self._last = last

    @property
    def last(self) -> int:
        """The newest id."""
        return self._last

    def next(self, wall: int) -> int:
        """Return a new id; `wall` is in milliseconds since the epoch."""
        self._last = max(self._last + 1, wall << 20)
        return self._last
