"""Points in time as IRCv3 `server-time` writes them: `YYYY-MM-DDThh:mm:ss.sssZ`, in UTC.

As a number, a point in time is the count of milliseconds since 1970-01-01T00:00:00Z.
"""

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

_EPOCH: Final = datetime(1970, 1, 1)  # naive on purpose: everything here is UTC
# [0-9] and not \d, which also matches the digits of other scripts.
_TIMESTAMP: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})\.([0-9]{3})Z"
)


@lru_cache(maxsize=64)  # what is said in one turn of the hub has one time
def format_ms(ms: int) -> str:
    """Write a point in time. Raises ValueError outside the years 1 to 9999."""
    second, rest = divmod(ms, 1000)
    return f"{_format_second(second)}.{rest:03}Z"


def parse(text: str) -> int:
    """Read a point in time. A leap second (":60") is the second after it.

    Raises ValueError for any other form, and for what no calendar has.
    """
    found = _TIMESTAMP.fullmatch(text)
    if not found:
        raise ValueError("a timestamp looks like 2026-11-22T11:45:00.123Z")
    year, month, day, hour, minute, second, ms = map(int, found.groups())
    if second > 60:
        raise ValueError("a minute has 60 seconds, and sometimes a leap second")
    minutes = (datetime(year, month, day, hour, minute) - _EPOCH) // timedelta(minutes=1)
    return (minutes * 60 + second) * 1000 + ms


@lru_cache(maxsize=1024)
def _format_second(second: int) -> str:
    # One second of live traffic, and a page of history, share few of these.
    try:
        return (_EPOCH + timedelta(seconds=second)).isoformat()
    except OverflowError:
        raise ValueError(f"{second} seconds after 1970 is in no year from 1 to 9999") from None
