"""An amount that drains away evenly: how much of something was taken lately."""


class Meter:
    """`now` is in seconds of a monotonic clock, `rate` what drains in one. The hub's thread uses it."""

    __slots__ = ("_at", "_level")

    def __init__(self, level: float = 0.0, at: float = 0.0) -> None:
        """Begin with what was taken up to the time `at`."""
        self._level = level
        self._at = at

    @property
    def peak(self) -> float:
        """What was left at the last look: as much as there can be, or more."""
        return self._level

    def level(self, rate: float, now: float) -> float:
        """Return what is left of all that was added."""
        self._level = max(0.0, self._level - max(0.0, now - self._at) * rate)
        self._at = now
        return self._level

    def add(self, amount: float, rate: float, now: float) -> None:
        """Add to it; less than nothing gives back."""
        self._level = max(0.0, self.level(rate, now) + amount)

    def cap(self, most: float) -> None:
        """Forget what is above the most that may be taken now: the limit was higher, or none."""
        self._level = min(self._level, most)
