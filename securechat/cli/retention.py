"""Deleting messages that are older than `history.retention_days`, in steps that nobody notices."""

import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from securechat.chat.ports import StoreFull

_STEP: Final = 500
_REST: Final = 60.0
_DAY: Final = 24 * 60 * 60 * 1000

_log: Final = logging.getLogger("securechat.retention")


class Prunable(Protocol):
    """The part of a store that is used here."""

    def prune(self, before_ms: int, limit: int) -> int:
        """Delete at most `limit` messages sent before a time (ms since the epoch); return how many."""


class Retention:
    """A chore of the hub's thread, which calls it about once a second when nothing else waits.

    `days` returns the setting in force; 0 keeps messages for ever. When a step finds less than it may delete
    there is nothing left to do, and the next look is a minute later.
    """

    def __init__(
        self,
        store: Prunable,
        days: Callable[[], int],
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._days = days
        self._wall = wall
        self._mono = mono
        self._next = float("-inf")

    def __call__(self) -> None:
        """Do one step if it is time."""
        days, now = self._days(), self._mono()
        if not days or now < self._next:
            return
        try:
            deleted = self._store.prune(int(self._wall() * 1000) - days * _DAY, _STEP)
        except StoreFull as error:
            _log.warning("old messages could not be deleted: %s", error)
            deleted = 0
        if deleted:
            _log.info("deleted %d messages older than %d days", deleted, days)
        if deleted < _STEP:
            self._next = now + _REST
