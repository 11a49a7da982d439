"""Where the hub's time comes from."""

import time

from securechat.chat.clock import Now


class Clock:
    """Where the hub's `Now` comes from."""

    __slots__ = ()

    def now(self) -> Now:
        """The present instant."""
        return Now(time.time_ns() // 1_000_000, time.monotonic())

    def monotonic(self) -> float:
        """The present instant in seconds of the monotonic clock."""
        return time.monotonic()
