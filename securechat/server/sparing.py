"""Logging what a peer can repeat: so many lines a second, and how many were left out."""

import logging
from typing import Final

LINES: Final = 10
"""Lines in a second."""


class Sparing:
    """A log of at most `most` lines a second. One thread calls its methods."""

    __slots__ = ("_begun", "_lines", "_log", "_most", "left_out")

    def __init__(self, log: logging.Logger, most: int = LINES) -> None:
        self._log = log
        self._most = most
        self._begun = float("-inf")
        self._lines = 0
        self.left_out = 0
        """Lines of this second that were not written."""

    def write(self, level: int, now: float, text: str, *words: object) -> None:
        """Log a line at the monotonic time `now`, unless there were too many in this second."""
        self.settle(now)
        if now - self._begun >= 1.0:
            self._begun, self._lines = now, 0
        if self._lines >= self._most:
            self.left_out += 1
            return
        self._lines += 1
        self._log.log(level, text, *words)

    def settle(self, now: float) -> None:
        """Say how many lines were left out, once that second is over."""
        if self.left_out and now - self._begun >= 1.0:
            left_out, self.left_out = self.left_out, 0
            self._log.warning("and %d more like the last one", left_out)
