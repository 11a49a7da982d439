"""Waiting a moment for the data directory's lock, and for a database that is away.

A server that starts or stops holds the lock while its control socket does not answer, and a command without a
server holds it for as long as it takes. A database server that is started anew takes its time, too. Neither
is a reason to give up at once.
"""

import logging
import time
from collections.abc import Callable
from typing import Final, TypeVar

from securechat.storage.errors import DatabaseAway
from securechat.storage.lock import DirectoryBusy

_SECONDS: Final = 1.0
_PAUSE: Final = 0.05
_AWAY_SECONDS: Final = 30.0
"""Longer than the time in which systemd counts starts that fail: it goes on starting the server."""
_AWAY_PAUSE: Final = 1.0

_T = TypeVar("_T")

_log: Final = logging.getLogger("securechat.server")


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


def while_away(
    attempt: Callable[[], _T],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> _T:
    """Try until the database answers, for half a minute, and log why it does not.

    Raises DatabaseAway when it does not by then.
    """
    deadline = clock() + _AWAY_SECONDS
    said = ""
    while True:
        try:
            return attempt()
        except DatabaseAway as error:
            if clock() >= deadline:
                raise
            if str(error) != said:
                said = str(error)
                _log.warning("%s; trying again for %.0f s", said, deadline - clock())
        sleep(_AWAY_PAUSE)
