"""Deleting messages that are too old, and erasing those of removed accounts, in steps that nobody notices."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from securechat.chat.ports import StoreUnavailable
from securechat.irc.text import count
from securechat.storage.upkeep import Erasure, Seen, Sweep

_STEP: Final = 25
"""Messages that one step looks at, and so the most that it deletes: 0.1 ms for each, most of it for its words
in the index of the search."""
_ERASING: Final = 50
"""The same for erasing, which deletes only some of them."""
_IN_A_ROW: Final = 40
"""Steps that may follow each other at once, while nothing else waits."""
_REST: Final = 60.0
_SHORT_REST: Final = 2.0
_ANEW: Final = 24 * 60 * 60.0
_DAY: Final = 24 * 60 * 60 * 1000

_log: Final = logging.getLogger("securechat.retention")


class Prunable(Protocol):
    """The part of a store that is used here."""

    def prune(self, before_ms: int, limit: int, sweep: Sweep | None = None, now_ms: int = 0) -> int: ...

    def prune_channel(
        self, channel: int, before_ms: int, limit: int, sweep: Sweep | None = None, now_ms: int = 0
    ) -> int: ...

    def note_clock(self, seen: Seen) -> None: ...

    def retention(self) -> Mapping[int, int]: ...

    def erasures(self) -> Sequence[Erasure]: ...

    def erase(self, erasure: Erasure, limit: int, sweep: Sweep) -> int: ...

    def give_back(self, *, all_of_it: bool = False) -> bool: ...


class Clock(Protocol):
    """The part of a `WatchedClock` that is used here."""

    @property
    def doubt(self) -> str: ...

    def look(self) -> int: ...

    def seen(self) -> Seen: ...


class Retention:
    """A chore of the hub's thread, which calls it about once a second when nothing else waits.

    It calls it again at once while that wants more, and still nothing waits.

    `days` returns the setting in force; 0 keeps messages for ever. When there is nothing left to do, the next
    look is a minute later. While `clock` is not believed nothing is deleted for its age. Its time is stored
    for the next start where something is deleted for its age, or (`ends`) ends. While the disk is `short` of
    room the database keeps no free pages for itself, and there are no pauses: room is wanted soon.
    """

    def __init__(
        self,
        store: Prunable,
        days: Callable[[], int],
        clock: Clock,
        *,
        mono: Callable[[], float] = time.monotonic,
        short: Callable[[], bool] = lambda: False,
        ends: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._days = days
        self._ends = ends
        self._clock = clock
        self._mono = mono
        self._by_age = False
        self._waits = False
        self._short = short
        self._next = float("-inf")
        self._sweep = Sweep()
        self._kept: tuple[int, Mapping[int, int]] | None = None
        self._anew = float("-inf")
        self._everything = float("-inf")
        self._steps: Iterator[bool] | None = None
        self._in_a_row = 0

    def __call__(self) -> bool:
        """Do one step if it is time; return whether to go on at once."""
        self._clock.look()
        self._tell_doubt()
        if self._mono() < self._next:
            return False
        try:
            steps = self._steps = self._steps or self._round()
            return self._go_on(next(steps))
        except StopIteration:
            self._rest()
        except StoreUnavailable as error:
            _log.warning("old messages could not be deleted: %s", error)
            self._rest()
        return False

    def _go_on(self, small: bool) -> bool:
        """Return whether the next step may follow at once."""
        self._in_a_row = (self._in_a_row + 1) % _IN_A_ROW if small else 0
        return self._in_a_row > 0 or self._short()

    def facts(self) -> Mapping[str, str]:
        """Return what `status` says of it. Any thread may call."""
        if not self._by_age:
            return {"retention.state": "off"}
        doubt = self._clock.doubt
        return {"retention.state": f"waits: {doubt}" if doubt else "on"}

    def _tell_doubt(self) -> None:
        """Say once that deletion waits, and once that it goes on."""
        waits = self._by_age and bool(self._clock.doubt)
        if waits and not self._waits:
            text = "%s: old messages are not deleted before it has been steady for an hour"
            _log.warning(text, self._clock.doubt)
        elif self._waits and not waits:
            _log.info("the clock is believed: old messages are deleted")
        self._waits = waits

    def _rest(self) -> None:
        self._steps = None
        self._next = self._mono() + (_SHORT_REST if self._short() else _REST)

    def _round(self) -> Iterator[bool]:
        """Do everything that there is to do now, a step between each two stops; True is that it was short."""
        own = self._store.retention()
        self._by_age = any((self._days(), *own.values()))
        if self._by_age:
            self._tell_doubt()
        if self._by_age or self._ends():
            self._store.note_clock(self._clock.seen())
        yield from self._prune(own)
        yield from self._prune_channels(own)
        for erasure in self._store.erasures():
            yield from self._erase(erasure)
        while self._store.give_back(all_of_it=self._short()):
            yield False

    def _prune(self, own: Mapping[int, int]) -> Iterator[bool]:
        days = self._days()
        if not days:
            return
        if self._kept != (days, own) or self._mono() >= self._anew:
            # What was kept may be too old now; and once a day, since a clock may have been wrong.
            self._sweep, self._kept, self._anew = Sweep(), (days, own), self._mono() + _ANEW
        self._sweep.rows = _STEP
        while self._sweep.rows == _STEP:
            now = self._clock.look()
            if self._clock.doubt:
                return
            deleted = self._store.prune(now - days * _DAY, _STEP, self._sweep, now)
            self._tell(deleted, f"older than {count(days, 'day')}")
            if self._sweep.rows == _STEP:
                yield True

    def _prune_channels(self, own: Mapping[int, int]) -> Iterator[bool]:
        """Once a day look at everything: where the clock was wrong, old messages are behind newer ones."""
        everything = self._mono() >= self._everything
        for channel, days in own.items():
            if days:
                yield from self._prune_channel(channel, days, everything)
        if everything and not self._clock.doubt:
            self._everything = self._mono() + _ANEW

    def _prune_channel(self, channel: int, days: int, everything: bool) -> Iterator[bool]:
        sweep, deleted = Sweep(rows=_STEP), 1
        while sweep.rows == _STEP and (deleted or everything):
            yield True
            now = self._clock.look()
            if self._clock.doubt:
                return
            deleted = self._store.prune_channel(channel, now - days * _DAY, _STEP, sweep, now)
            self._tell(deleted, f"of channel {channel} older than {count(days, 'day')}")

    def _erase(self, erasure: Erasure) -> Iterator[bool]:
        sweep, erased = Sweep(rows=1), 0
        while sweep.rows:
            yield True
            erased += self._store.erase(erasure, _ERASING, sweep)
        done = "deleted" if erasure.how == "delete" else "anonymised"
        _log.info("%s %s of the removed account %d", done, count(erased, "message"), erasure.account)

    def _tell(self, deleted: int, which: str) -> None:
        if deleted:
            _log.info("deleted %s %s", count(deleted, "message"), which)
