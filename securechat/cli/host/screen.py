"""A terminal that shows one picture after the other, such as `securechat top`.

Theory of operation. The picture is drawn on the terminal's other screen, so that what was there before comes
back in the end. However the program ends, `__exit__` puts the terminal back: signals that end it are turned
into an exception, and Ctrl-Z restores the terminal for as long as the program is stopped.
"""

import os
import select
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, Self

from securechat.client.plain.keymode import KeyMode, stop

_BEGIN: Final = "\x1b[?1049h\x1b[?25l"
_END: Final = "\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_REST_OF_LINE: Final = "\x1b[K"
_REST_OF_SCREEN: Final = "\x1b[J"


class Ended(Exception):
    """A signal asks the program to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(f"signal {number}")
        self.number = number


class Screen:
    """A terminal, from `with` to the end of it. The main thread only."""

    def __init__(self, terminal: int = 0, output: int = 1) -> None:
        self._terminal = terminal
        self._output = output
        self._mode = KeyMode(terminal)
        self._handlers: dict[int, object] = {}
        self._woken, self._wake = os.pipe()
        self._lines: Sequence[str] = ()

    def __enter__(self) -> Self:
        for number, handler in self._wanted_handlers().items():
            self._handlers[number] = signal.signal(number, handler)
        self._take_terminal()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A second signal, in the middle of this, must not leave the terminal as it is.
        for number in self._handlers:
            signal.signal(number, signal.SIG_IGN)
        try:
            self._give_terminal_back()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)  # type: ignore[arg-type]
            os.close(self._woken)
            os.close(self._wake)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        try:
            found = os.get_terminal_size(self._output)
        except OSError:
            return 80, 24
        return found.columns or 80, found.lines or 24

    def draw(self, lines: Sequence[str]) -> None:
        """Show these lines and nothing else; each is safe, and fits into the width. Raises OSError."""
        self._lines = lines
        text = f"{_REST_OF_LINE}\r\n".join(lines) + _REST_OF_LINE + _REST_OF_SCREEN
        _write(self._output, _HOME + text)

    def keys(self, seconds: float) -> str | None:
        """Return what was typed, "" when the size has changed or the time is over; None at the end of it."""
        ready, _, _ = select.select([self._terminal, self._woken], [], [], max(0.0, seconds))
        if self._woken in ready:
            os.read(self._woken, 4096)
        if self._terminal not in ready:
            return ""
        return os.read(self._terminal, 1024).decode("ascii", "replace") or None

    def _take_terminal(self) -> None:
        self._mode.take()
        _write(self._output, _BEGIN)

    def _give_terminal_back(self) -> None:
        if self._mode.taken:
            with suppress(OSError):  # the terminal itself may be gone
                _write(self._output, _END)
            self._mode.give_back()

    def _wanted_handlers(self) -> Mapping[int, Callable[[int, FrameType | None], None]]:
        ends = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
        return {
            **{int(number): self._on_end for number in ends},
            signal.SIGTSTP: self._on_stop,
            signal.SIGWINCH: self._on_resize,
        }

    def _on_end(self, number: int, frame: FrameType | None) -> None:
        raise Ended(number)

    def _on_resize(self, number: int, frame: FrameType | None) -> None:
        os.write(self._wake, b"w")

    def _on_stop(self, number: int, frame: FrameType | None) -> None:
        """Ctrl-Z: the shell gets a terminal in order, and we take it again when we are continued."""
        self._give_terminal_back()
        stop(number)
        self._take_terminal()
        self.draw(self._lines)


def is_able(environment: Mapping[str, str]) -> bool:
    """Return whether pictures can be shown: input and output are a terminal that can be told where to
    write."""
    return environment.get("TERM", "dumb") != "dumb" and sys.stdin.isatty() and sys.stdout.isatty()


def _write(descriptor: int, text: str) -> None:
    data = text.encode(errors="replace")
    deadline = time.monotonic() + 5
    while data:
        try:
            data = data[os.write(descriptor, data) :]
        except BlockingIOError:  # somebody else has made our terminal so
            if time.monotonic() > deadline:
                raise
            select.select([], [descriptor], [], 1.0)
