"""What the hub's thread owns, used by another thread for moments at a time.

Theory of operation. The other thread puts a call into the hub's inbox. When its turn comes the hub waits in
it until the other thread is done: one thread at a time uses what is lent, and nothing of the hub's is half
done meanwhile. Everybody waits with the hub, so the moments are short, and after each the hub is left alone
for nine times as long.
"""

import time
from collections.abc import Callable
from functools import partial
from threading import Event
from typing import Final

from securechat.server.inbox import Call

_REST: Final = 9.0
"""How long the hub is left alone, in lengths of the last moment: the copy of a GB takes half a minute."""
_PATIENCE: Final = 0.5
"""Seconds after which a hub that is to end, and does not come, is taken for gone."""


class LoanEnded(Exception):
    """There will be no more turns: the hub is gone."""


class Loan:
    """Turns with the hub, for one thread at a time. `put` has the hub call something."""

    def __init__(self, put: Callable[[Call], None], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._put = put
        self._clock = clock
        self._taken = Event()
        self._left = Event()
        self._over = Event()
        self._began = 0.0
        self._rest = 0.0

    def take(self) -> None:
        """Wait for a turn. Raises LoanEnded when there are no more. The borrowing thread calls."""
        self._over.wait(self._rest)
        self._taken.clear()
        left = self._left = Event()
        self._put(partial(self._hand_over, left))
        while not self._taken.wait(_PATIENCE):
            if self._over.is_set():
                left.set()
                raise LoanEnded
        self._began = self._clock()

    def leave(self) -> None:
        """End the turn, if it has not ended. The borrowing thread calls."""
        if not self._left.is_set():
            self._rest = _REST * (self._clock() - self._began)
            self._left.set()

    def end(self) -> None:
        """Rest no more, and wait no longer for a hub that does not come. Any thread may call."""
        self._over.set()

    def _hand_over(self, left: Event) -> None:
        """Wait until the other thread is done. The hub calls."""
        self._taken.set()
        left.wait()
