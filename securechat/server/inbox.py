"""The hub's inbox: a queue that is taken as one batch."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from math import inf
from threading import Event

from securechat.chat.items import Item, Received

Call = Callable[[], None]
"""Something else to be done on the hub's thread, in its place between the items."""


class Inbox:
    """Items for the hub, in order of arrival. The batch grows while the hub commits: that is the group
    commit. What the hub has taken and not handled is kept elsewhere (`rota`), and only counted here.

    It is bounded by those who fill it: workers stop reading when it is long, and everything else in it is
    bounded by the number of connections and jobs.
    """

    __slots__ = ("_bell", "_clock", "_items", "_since", "came", "kept")

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since = 0.0
        self.came = 0.0
        """When the first item came of those that were taken last, in seconds of the clock; the hub writes."""
        self._items: deque[Item | Call] = deque()
        self._bell = Event()
        self.kept = 0
        """Items that the hub has taken and keeps for a later turn (`rota`); the hub writes."""

    def __len__(self) -> int:
        """How many items wait, those included that the hub keeps."""
        return len(self._items) + self.kept

    def put(self, item: Item | Call) -> None:
        """Append one item and wake the hub. Any thread may call."""
        self._items.append(item)
        self.ring()

    def extend(self, items: Iterable[Item]) -> None:
        """Append items and wake the hub once. Any thread may call."""
        self._items.extend(items)
        self.ring()

    def take_with(self, items: Sequence[Item]) -> list[Item | Call]:
        """Return what there is, and then `items`, which whoever sits in the hub's seat has brought itself."""
        if not self._items:
            self.came = self._clock()
            return list(items)
        self._items.extend(items)
        return self.take(0.0)

    def ring(self) -> None:
        """Wake the hub. Any thread may call."""
        self._date()
        if not self._bell.is_set():
            self._bell.set()

    def wait(self, timeout: float | None) -> None:
        """Wait until there is something, or somebody rings, at most `timeout` seconds. The hub's thread."""
        if not self._items:
            self._bell.wait(timeout)

    def take(self, timeout: float | None, lines: float = inf) -> list[Item | Call]:
        """Wait until there is something, at most `timeout` seconds, and return it: a batch of about `lines`
        lines.

        Called by whoever sits in the hub's seat.
        """
        self.wait(timeout)
        self._date()  # an item may be here whose thread has not rung yet
        # Cleared before the items are taken: an item that is appended after this rings again.
        self._bell.clear()
        self.came = self._since
        batch: list[Item | Call] = []
        items = self._items
        while items and lines > 0:
            item = items.popleft()
            batch.append(item)
            lines -= len(item.lines) if isinstance(item, Received) else 1
        return batch

    def put_back(self, items: Sequence[Item | Call]) -> None:
        """Put items that were taken in front of all others.

        Called by whoever sits in the hub's seat.
        """
        self._items.extendleft(reversed(items))

    def _date(self) -> None:
        """Note the time if what comes now is the first since the last batch."""
        if not self._bell.is_set():
            self._since = self._clock()
