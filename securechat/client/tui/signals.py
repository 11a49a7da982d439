"""The signals that end a program: the terminal is put in order before they do."""

import asyncio
import signal
import sys
from collections.abc import Callable


def heed(signalled: Callable[[int], None]) -> None:
    """Call a function in the loop that runs, with the number of a signal that wants the program to end."""
    if sys.platform != "win32":
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, signalled, number)
