"""What the server measures while it works: how long things take, and when the hub was seen last.

Theory of operation. A measurement costs one search among a few bounds and two additions, once for a turn or a
job, never for a message or a recipient. Each histogram is written by one thread, or under its owner's lock,
and read by any: a reader may see a measurement in the counts that is not in the total yet, and no more than
that.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

SHORT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Bounds, in seconds, for what the hub and the workers do."""
LONG: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Bounds, in seconds, for passwords and queries."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """What was measured: how many values there were up to each bound, one more number for those above the
    last, and the sum of the values."""

    bounds: Sequence[float]
    counts: Sequence[int]
    total: float

    @property
    def number(self) -> int:
        """How many values were measured."""
        return sum(self.counts)

    def quantile(self, part: float) -> float:
        """Return the bound below which this part of the values is, from 0 to 1; 0 when there are none.

        What is above the last bound counts as twice that.
        """
        wanted, seen = part * self.number, 0
        for bound, count in zip((*self.bounds, 2 * self.bounds[-1]), self.counts, strict=True):
            seen += count
            if seen >= wanted and seen:
                return bound
        return 0.0


class Histogram:
    """Counts values by bounds. One thread at a time observes, any thread may read."""

    __slots__ = ("_bounds", "_counts", "_total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self._total += value

    def read(self) -> Distribution:
        """Return what was counted so far. Any thread may call."""
        return Distribution(self._bounds, tuple(self._counts), self._total)


def together(parts: Iterable[Distribution]) -> Distribution:
    """Add up distributions with the same bounds; there has to be one at least."""
    first, *others = parts
    counts, total = list(first.counts), first.total
    for other in others:
        counts = [one + more for one, more in zip(counts, other.counts, strict=True)]
        total += other.total
    return Distribution(first.bounds, tuple(counts), total)


class Pulse:
    """What the hub measures of its turns. It writes, any thread may read.

    `turned` is when its last turn ended, or when it began, in seconds of the monotonic clock, 0 before that;
    `store_problem` is why the store took nothing at the last attempt, None when it did.
    """

    __slots__ = ("commits", "store_problem", "turned", "turns")

    def __init__(self) -> None:
        self.turned = 0.0
        self.store_problem: str | None = None
        self.turns = Histogram(SHORT)
        self.commits = Histogram(SHORT)


class Lag:
    """How long it takes from when the first item of a turn came in until a worker has written what followed.

    The hub notes when that was, after it has appended to SendQs and before it wakes the worker.
    """

    __slots__ = ("_clock", "_due", "_writing", "times")

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._due = self._writing = 0.0
        self.times = Histogram(SHORT)

    def note(self, came: float) -> None:
        """The first item of a turn came in then. The hub calls; the earliest that is not written counts."""
        if not self._due:
            self._due = came

    def begin(self) -> None:
        """What was noted is about to be written. The worker calls, before it looks what there is."""
        if self._due and not self._writing:
            self._writing, self._due = self._due, 0.0

    def end(self) -> None:
        """All that there was is written, as far as peers take it. The worker calls."""
        if self._writing:
            self.times.observe(self._clock() - self._writing)
            self._writing = 0.0
