"""Where the hub's time comes from."""

import logging
import time
from typing import Final

from securechat.chat.clock import Now
from securechat.irc.timestamp import format_ms

log: Final = logging.getLogger("securechat.hub")


class Clock:
    """Where the hub's `Now` comes from."""

    __slots__ = ()

    def now(self) -> Now:
        """The present instant."""
        return Now(time.time_ns() // 1_000_000, time.monotonic())

    monotonic = staticmethod(time.monotonic)
    """The present instant in seconds of the monotonic clock; asked for several times in each turn."""


class WallClock:
    """Looks whether the wall clock goes backwards. `latest` is the latest time of what is stored, in
    milliseconds since the epoch."""

    __slots__ = ("_latest",)

    def __init__(self, latest: int) -> None:
        self._latest = latest

    def look(self, now: Now) -> None:
        """Say so when it went backwards: messages now are shown with times that were before."""
        if now.wall < self._latest:
            text = (
                "the clock went backwards from %s to %s: messages keep their order, their times do not rise"
            )
            log.warning(text, format_ms(self._latest), format_ms(now.wall))
        self._latest = now.wall
