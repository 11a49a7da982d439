"""Putting new messages into the index of the search, in steps that nobody notices."""

import logging
import time
from collections.abc import Callable
from typing import Final, Protocol

from securechat.chat.ports import StoreUnavailable

STEP: Final = 100
"""Messages a step: 2 to 4 ms. Larger steps cost less for each message, and those who talk wait for one."""
_REST: Final = 10.0

_log: Final = logging.getLogger("securechat.indexing")


class Indexed(Protocol):
    """The part of a store that is used here."""

    def index(self, limit: int) -> int:
        """Index as many messages as cost what `limit` short ones do; return what they count."""

    def tidy(self) -> bool:
        """Do a little of what keeps the index fast; return whether there was something to do."""


class Indexing:
    """A chore of the hub's thread, which calls it while nothing else waits.

    When a step finds less than it may index there is nothing left to do, and the next look is some seconds
    later: what was said meanwhile is searched without the index. While the disk is `short` of room it is not
    written.
    """

    def __init__(
        self,
        store: Indexed,
        *,
        mono: Callable[[], float] = time.monotonic,
        short: Callable[[], bool] = lambda: False,
    ) -> None:
        self._store = store
        self._short = short
        self._mono = mono
        self._next = float("-inf")
        self._untidy = False

    def __call__(self) -> bool:
        """Do one step if it is time; return whether there is more to do."""
        if (not self._untidy and self._mono() < self._next) or self._short():
            return False
        try:
            self._step()
        except StoreUnavailable as error:
            _log.warning("messages could not be indexed for the search: %s", error)
            self._untidy = False
            self._next = self._mono() + _REST
        return self._untidy or self._mono() >= self._next

    def _step(self) -> None:
        if self._untidy:
            self._untidy = self._store.tidy()
            return
        indexed = self._store.index(STEP)
        self._untidy = indexed > 0
        if indexed < STEP:
            self._next = self._mono() + _REST
