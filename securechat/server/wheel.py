"""A timer wheel with slots of one second: 10,000 deadlines for the price of those that are due.

A deadline that moves away (every line moves the ping's) costs nothing: its entry stays where it is, and when
its slot comes the owner looks again and schedules what is left. Only a deadline that comes nearer has to be
moved.
"""

from typing import Final, Generic, Protocol, TypeVar

SLOTS: Final = 256


class Timed(Protocol):
    """Something with a deadline; `slot` belongs to the wheel and is -1 outside of it."""

    slot: int


T = TypeVar("T", bound=Timed)


class TimerWheel(Generic[T]):
    """Deadlines of at most 255 s from now, each entry in one slot. Not for several threads."""

    __slots__ = ("_hand", "_slots")

    def __init__(self, now: float) -> None:
        self._slots: list[set[T]] = [set() for _ in range(SLOTS)]
        self._hand = int(now)

    def schedule(self, entry: T, when: float) -> None:
        """See to it that `entry` comes up in the first second after `when`, or at 255 s if that is
        earlier."""
        self.remove(entry)
        second = min(max(int(when) + 1, self._hand + 1), self._hand + SLOTS - 1)
        entry.slot = second % SLOTS
        self._slots[entry.slot].add(entry)

    def hasten(self, entry: T, when: float) -> None:
        """Move `entry` forward when it would come up later than `when`."""
        ahead = (entry.slot - self._hand) % SLOTS
        if entry.slot < 0 or int(when) + 1 < self._hand + ahead:
            self.schedule(entry, when)

    def remove(self, entry: T) -> None:
        """Take `entry` out, if it is in."""
        if entry.slot >= 0:
            self._slots[entry.slot].discard(entry)
            entry.slot = -1

    def expired(self, now: float) -> list[T]:
        """Take out and return everything that is due."""
        last = int(now)
        if last <= self._hand:
            return []
        due: list[T] = []
        for second in range(max(self._hand, last - SLOTS) + 1, last + 1):
            slot = self._slots[second % SLOTS]
            if slot:
                due.extend(slot)
                slot.clear()
        self._hand = last
        for entry in due:
            entry.slot = -1
        return due
