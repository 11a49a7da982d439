"""Deleting messages that are too old, and erasing those of removed accounts, in steps that nobody notices."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from securechat.chat.ports import StoreFull
from securechat.storage.upkeep import Erasure, Sweep

_STEP: Final = 500
"""Messages that one step looks at, and so the most that it deletes."""
_ERASING: Final = 2000
"""The same for erasing, which deletes only some of them."""
_REST: Final = 60.0
_SHORT_REST: Final = 2.0
_ANEW: Final = 24 * 60 * 60.0
_DAY: Final = 24 * 60 * 60 * 1000

_log: Final = logging.getLogger("securechat.retention")


class Prunable(Protocol):
    """The part of a store that is used here."""

    def prune(self, before_ms: int, limit: int, sweep: Sweep | None = None) -> int: ...

    def prune_channel(self, channel: int, before_ms: int, limit: int, sweep: Sweep | None = None) -> int: ...

    def retention(self) -> Mapping[int, int]: ...

    def erasures(self) -> Sequence[Erasure]: ...

    def erase(self, erasure: Erasure, limit: int, sweep: Sweep) -> int: ...

    def give_back(self, *, all_of_it: bool = False) -> bool: ...


class Retention:
    """A chore of the hub's thread, which calls it about once a second when nothing else waits.

    `days` returns the setting in force; 0 keeps messages for ever. When there is nothing left to do, the next
    look is a minute later. While the disk is `short` of room the database keeps no free pages for itself, and
    there are no pauses: room is wanted soon.
    """

    def __init__(
        self,
        store: Prunable,
        days: Callable[[], int],
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
        short: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._days = days
        self._wall = wall
        self._mono = mono
        self._short = short
        self._next = float("-inf")
        self._sweep = Sweep()
        self._kept: tuple[int, Mapping[int, int]] | None = None
        self._anew = float("-inf")
        self._everything = float("-inf")
        self._steps: Iterator[None] | None = None

    def __call__(self) -> bool:
        """Do one step if it is time; return whether to go on at once."""
        if self._mono() < self._next:
            return False
        try:
            steps = self._steps = self._steps or self._round()
            next(steps)
        except StopIteration:
            self._rest()
        except StoreFull as error:
            _log.warning("old messages could not be deleted: %s", error)
            self._rest()
        return self._steps is not None and self._short()

    def _rest(self) -> None:
        self._steps = None
        self._next = self._mono() + (_SHORT_REST if self._short() else _REST)

    def _round(self) -> Iterator[None]:
        """Do everything that there is to do now, a step between each two stops."""
        own = self._store.retention()
        yield from self._prune(own)
        yield from self._prune_channels(own)
        for erasure in self._store.erasures():
            yield from self._erase(erasure)
        while self._store.give_back(all_of_it=self._short()):
            yield

    def _prune(self, own: Mapping[int, int]) -> Iterator[None]:
        days = self._days()
        if not days:
            return
        if self._kept != (days, own) or self._mono() >= self._anew:
            # What was kept may be too old now; and once a day, since a clock may have been wrong.
            self._sweep, self._kept, self._anew = Sweep(), (days, own), self._mono() + _ANEW
        self._sweep.rows = _STEP
        while self._sweep.rows == _STEP:
            deleted = self._store.prune(self._before(days), _STEP, self._sweep)
            self._tell(deleted, f"deleted %d messages older than {days} days")
            if self._sweep.rows == _STEP:
                yield

    def _prune_channels(self, own: Mapping[int, int]) -> Iterator[None]:
        """Once a day look at everything: where the clock was wrong, old messages are behind newer ones."""
        everything = self._mono() >= self._everything
        for channel, days in own.items():
            if days:
                yield from self._prune_channel(channel, days, everything)
        if everything:
            self._everything = self._mono() + _ANEW

    def _prune_channel(self, channel: int, days: int, everything: bool) -> Iterator[None]:
        sweep, deleted = Sweep(rows=_STEP), 1
        while sweep.rows == _STEP and (deleted or everything):
            yield
            deleted = self._store.prune_channel(channel, self._before(days), _STEP, sweep)
            self._tell(deleted, f"deleted %d messages of channel {channel} older than {days} days")

    def _erase(self, erasure: Erasure) -> Iterator[None]:
        sweep, erased = Sweep(rows=1), 0
        while sweep.rows:
            yield
            erased += self._store.erase(erasure, _ERASING, sweep)
        done = "deleted" if erasure.how == "delete" else "anonymised"
        _log.info("%s %d messages of the removed account %d", done, erased, erasure.account)

    def _before(self, days: int) -> int:
        return int(self._wall() * 1000) - days * _DAY

    def _tell(self, deleted: int, text: str) -> None:
        if deleted:
            _log.info(text, deleted)
