"""How far something has come, on standard error: on a terminal in one line, elsewhere now and then."""

import sys
import time
from typing import Final, Self

_ON_TERMINAL: Final = 0.2
_ELSEWHERE: Final = 10.0


class Progress:
    """Shows `done` of `total` at most a few times a second; the end of its `with` clears the line."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._terminal = sys.stderr.isatty()
        self._pause = _ON_TERMINAL if self._terminal else _ELSEWHERE
        self._next = time.monotonic() + self._pause
        self._shown = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def __call__(self, done: int, total: int) -> None:
        """Take how far it is."""
        self.show(self._what, done, total)

    def show(self, what: str, done: int, total: int) -> None:
        """Take how far one part of it is."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._pause
        share = f" ({100 * done // total} %)" if total else ""
        line = f"{what}: {done} of {total}{share}"
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{line}")
            self._shown = True
        else:
            sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
