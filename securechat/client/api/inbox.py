"""Events that wait for a program to take them, within bounds."""

from collections import deque
from collections.abc import Iterable
from typing import Final

from securechat.client.events import Event, Missed

MOST_EVENTS: Final = 10_000
"""Events that wait; of more, the oldest are dropped and a `Missed` says how many."""


class Inbox:
    """The events, in order. Whoever owns it sees to it that one thread at a time is in here."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._missed = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, events: Iterable[Event]) -> None:
        """Add events."""
        self._waiting.extend(events)
        while len(self._waiting) > MOST_EVENTS:
            self._waiting.popleft()
            self._missed += 1

    def take(self) -> Event:
        """Return the next event; there is one."""
        if self._missed:
            missed, self._missed = Missed(self._missed), 0
            return missed
        return self._waiting.popleft()
