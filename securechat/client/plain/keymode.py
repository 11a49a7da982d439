"""The mode of a terminal in which keys come one by one and are not echoed, and stopping in it (Ctrl-Z)."""

import os
import signal
from contextlib import suppress
from typing import Final

try:
    import termios
except ImportError:  # Windows
    _HAS_TERMIOS = False
else:
    _HAS_TERMIOS = True

AVAILABLE: Final = _HAS_TERMIOS
"""Whether terminals of this system have such a mode."""


class KeyMode:
    """The mode of a terminal, from `take` to `give_back`, which may come again and again. One thread only."""

    def __init__(self, terminal: int, *, every_key: bool = False) -> None:
        """With `every_key` Ctrl-C, Ctrl-S and Return are keys like others. Ctrl-\\ does nothing then."""
        self._terminal = terminal
        self._every_key = every_key
        self._saved: list[int | list[bytes | int]] | None = None

    @property
    def taken(self) -> bool:
        """Whether the terminal is in this mode."""
        return self._saved is not None

    def take(self) -> None:
        """Put the terminal into this mode. Raises termios.error."""
        self._saved = termios.tcgetattr(self._terminal)
        mode = termios.tcgetattr(self._terminal)
        mode[3] &= ~(termios.ICANON | termios.ECHO | termios.IEXTEN)
        characters = mode[6]
        characters[termios.VMIN], characters[termios.VTIME] = 1, 0
        if self._every_key:
            mode[0] &= ~(termios.IXON | termios.ICRNL)
            off = bytes([os.fpathconf(self._terminal, "PC_VDISABLE") & 0xFF])
            characters[termios.VINTR] = characters[termios.VQUIT] = off
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, mode)

    def give_back(self) -> None:
        """Put the terminal into the mode that it had, if it can still be."""
        if self._saved is not None:
            saved, self._saved = self._saved, None
            with suppress(termios.error):  # the terminal itself may be gone
                termios.tcsetattr(self._terminal, termios.TCSADRAIN, saved)


def stop(number: int) -> None:
    """Stop the process as a signal that is not handled would; return when it goes on (SIGCONT)."""
    handler = signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
    signal.signal(number, handler)
