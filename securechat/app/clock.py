"""Whether the wall clock can be believed, so that what is deleted for its age, or ends, is really old.

Theory of operation. A clock that is wrong for a minute must not delete what people said. It is believed when
nothing has been wrong with it for an hour. While the server runs the monotonic clock tells of every jump,
whichever way. Nothing tells what happens to a clock between two runs, so its last time is stored with how
long it had been steady: a start soon after that goes on from there, any other one waits an hour, as a clock
that is right after three months of rest looks like one that has jumped ahead by them. A clock that is behind
the newest message, or behind what it once said, waits as well. A wait always ends: no clock that stays as it
is keeps old messages for ever.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from securechat.chat.reading import time_of
from securechat.irc.text import count
from securechat.irc.timestamp import format_ms
from securechat.storage.upkeep import Seen

STEADY: Final = 3600.0
"""Seconds after which a clock is believed."""
STEP: Final = 60.0
"""Seconds by which the two clocks may part before that is a jump. Slewing moves both."""
AWAY: Final = 3600.0
"""Seconds between two runs after which a start is nothing new."""


class WatchedClock:
    """The wall clock (seconds since the epoch), watched. `look` is called by one thread.

    `seen` is what was stored in an earlier run, `newest` the id of the newest message, 0 for none.
    """

    def __init__(
        self,
        seen: Seen | None,
        newest: int,
        *,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall = wall
        self._mono = mono
        self.doubt = ""
        """Why the clock is not believed as of the last look; empty when it is."""
        self._now = wall()
        self._apart = self._now - mono()
        self._since = mono()
        self._start(seen, newest)

    def look(self) -> int:
        """Read the clock, and see whether it can be believed; return its time in milliseconds."""
        mono, self._now = self._mono(), self._wall()
        apart = self._now - mono
        jump = apart - self._apart
        if abs(jump) > STEP:
            self._apart, self._since = apart, mono
            how = "ahead" if jump > 0 else "back"
            self.doubt = f"the clock was set {how} by {_span(abs(jump))} to {format_ms(self._ms)}"
        elif mono - self._since >= STEADY:
            self.doubt = ""
        return self._ms

    def steady_since(self) -> int:
        """Look, and return since what time of its own it is believed, in milliseconds; 0 is for long."""
        self.look()
        return int((self._apart + self._since) * 1000) if self.doubt else 0

    def seen(self) -> Seen:
        """Return what is to be stored of the last look."""
        return Seen(self._ms, int(min(self._now - self._apart - self._since, STEADY)))

    @property
    def _ms(self) -> int:
        return int(self._now * 1000)

    def _start(self, seen: Seen | None, newest: int) -> None:
        now = f"the clock says {format_ms(self._ms)}"
        latest = time_of(newest)
        if seen is None:
            self.doubt = f"{now}, and was not watched before"
            return
        gap = (self._ms - seen.at) / 1000
        if latest - self._ms > STEP * 1000:
            self.doubt = f"{now}, and the newest message is of {format_ms(latest)}"
        elif not -STEP <= gap <= AWAY:
            self.doubt = f"{now}, and said {format_ms(seen.at)} when the server ran before"
        else:
            self._since -= seen.steady
            if seen.steady < STEADY:
                self.doubt = f"{now}, and has been steady for {count(seen.steady // 60, 'minute')}"


def _span(seconds: float) -> str:
    """Write a time span for people: "365 days", "2:00:00"."""
    span = timedelta(seconds=round(seconds))
    return count(span.days, "day") if span.days > 1 else str(span)
