"""A queue in which those who wait take turns by where they come from.

Theory of operation. Each source has a line of its own, first come first served, and the sources take turns:
however many entries one source queues, the next source waits for one of them. The sources stand in two
lanes, which take turns as well. A crowd of strangers from a thousand networks so delays somebody from a
familiar network by one entry, not by a thousand. Whoever takes entries may keep to one lane.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from threading import Condition
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)
N = TypeVar("N")

Lane = OrderedDict[Hashable, dict[T, N]]
"""Source → its entries; the source whose turn is next is the first."""
STRANGE: Final = (False,)
"""The lane of entries whose `place` does not say that it is the other one."""
EVERY: Final = (False, True)


class FairQueue(Generic[T, N]):
    """Entries of many sources, each with a note. Any thread may call every method.

    `place` returns an entry's source, and whether it stands in the lane of the familiar ones.
    """

    __slots__ = ("_changed", "_closed", "_lanes", "_next_lane", "_place", "_size")

    def __init__(self, place: Callable[[T], tuple[Hashable, bool]]) -> None:
        self._place = place
        self._lanes: list[Lane[T, N]] = [OrderedDict() for _ in EVERY]
        self._next_lane = True
        self._size = 0
        self._closed = False
        self._changed = Condition()

    def __len__(self) -> int:
        return self._size

    def put(self, entry: T, note: N) -> None:
        """Queue an entry at the end of its source's line."""
        source, familiar = self._place(entry)
        with self._changed:
            self._lanes[familiar].setdefault(source, {})[entry] = note
            self._size += 1
            self._changed.notify_all()  # whoever is woken may keep to the other lane

    def remove(self, entry: T) -> bool:
        """Take an entry out that has not had its turn; False when it is not there."""
        source, _ = self._place(entry)
        with self._changed:
            return any(self._take_out(lane, source, entry) for lane in self._lanes)

    def get(self, timeout: float | None, lanes: Collection[bool] = EVERY) -> tuple[T, N] | None:
        """Wait at most `timeout` seconds (None: for ever) for an entry; None when there is none, or no more.

        After `close` it waits no longer, and returns what is left. Entries of other `lanes` are left alone.
        """
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not any(self._lanes[lane] for lane in lanes):
                left = deadline - time.monotonic()
                if self._closed or left <= 0:
                    return None
                self._changed.wait(None if left == math.inf else left)
            return self._next(lanes)

    def close(self) -> None:
        """Wake everybody who waits for an entry."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _next(self, lanes: Collection[bool]) -> tuple[T, N]:
        turn = self._next_lane
        number = turn if turn in lanes and self._lanes[turn] else not turn
        lane = self._lanes[number]
        self._next_lane = not turn
        source, line = next(iter(lane.items()))
        entry, note = next(iter(line.items()))
        self._take_out(lane, source, entry)
        if line:
            lane.move_to_end(source)
        return entry, note

    def _take_out(self, lane: Lane[T, N], source: Hashable, entry: T) -> bool:
        line = lane.get(source, {})
        if entry not in line:
            return False
        del line[entry]
        if not line:
            del lane[source]
        self._size -= 1
        return True
