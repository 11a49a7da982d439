"""Flood control: a token bucket per session whose clock is an argument.

A client that exceeds it is not punished but slowed down. Its next command waits in the backlog; when that is
full the worker stops reading, and the peer's own TCP stream holds the rest.
"""

from typing import Final

BURST: Final = 60.0
"""Tokens that a rested session has."""
RATE: Final = 10.0
"""Tokens a second."""


class Bucket:
    """Tokens for commands; `now` is in seconds of a monotonic clock.

    `told` is when its session was told last that its lines wait.
    """

    __slots__ = ("_at", "_tokens", "told")

    def __init__(self, now: float) -> None:
        self._tokens = BURST
        self._at = now
        self.told = float("-inf")

    def spend(self, cost: float, now: float) -> float:
        """Take `cost` tokens and return 0, or take nothing and return the seconds to wait until they are
        there.

        A command that costs more than a bucket holds goes when the bucket is full. It owes the rest, and the
        next command waits until that is paid.
        """
        if now != self._at:
            self._tokens = min(BURST, self._tokens + (now - self._at) * RATE)
            self._at = now
        needed = cost if cost < BURST else BURST
        if self._tokens < needed:
            return (needed - self._tokens) / RATE
        self._tokens -= cost
        return 0.0
