"""Waiting a moment for the data directory's lock.

A server that starts or stops holds it while its control socket does not answer, and a command without a
server holds it for as long as it takes. Neither is a reason to give up at once.
"""

import time
from collections.abc import Callable
from typing import Final, TypeVar

from securechat.storage.lock import DirectoryBusy

_SECONDS: Final = 1.0
_PAUSE: Final = 0.05

_T = TypeVar("_T")


def patiently(attempt: Callable[[], _T]) -> _T:
    """Try until the directory is free, for a second. Raises DirectoryBusy when it is not by then."""
    deadline = time.monotonic() + _SECONDS
    while True:
        try:
            return attempt()
        except DirectoryBusy:
            if time.monotonic() >= deadline:
                raise
        time.sleep(_PAUSE)
