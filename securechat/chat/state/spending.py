"""What each account has taken lately: bytes that were stored for it, at once and in a day, and channels.

To read two meters for every message would cost a third of what the chat spends on it, so what is spent is
added up and goes into the meters when it is more than the room that there was at the last look. As meters
only drain meanwhile, that lets nobody have more.

What was taken of the budgets of a day is noted in the store now and then, and the next start goes on from
there: a restart gives back no more than `NOTED` bytes, and no channels.
"""

from typing import Final

from securechat.chat.clock import Now
from securechat.chat.records import StoredSpending
from securechat.chat.state.meter import Meter

BURST: Final = 256 * 1024
"""Bytes that a rested account may have stored at once."""
RATE: Final = 16 * 1024
"""Bytes a second that it may have stored from then on."""
DAY: Final = 24 * 3600.0
"""Seconds over which the budget of a day comes back, evenly."""
NOTED: Final = 64 * 1024
"""Bytes after which it is noted again: a row for hundreds of messages costs nothing that can be measured."""


class Spent:
    """What an account has spent, its sessions together: what the meters know, and since then `fresh` bytes.

    When `fresh` is more than `room` they have to be read.
    """

    __slots__ = ("channels", "day", "flow", "fresh", "room", "unnoted")

    def __init__(self) -> None:
        self.flow = Meter()
        self.day = Meter()
        self.fresh = 0
        self.room = 0
        self.channels = Meter()
        """How many it has founded lately."""
        self.unnoted = 0
        """Bytes that went into the meters since that was noted."""

    def resume(self, noted: StoredSpending, now: Now) -> None:
        """Go on from what was noted in an earlier run; the time since then counts, as the wall clock says."""
        at = now.mono - max(0, now.wall - noted.at) / 1000
        self.day = Meter(noted.stored, at)
        self.channels = Meter(noted.channels, at)

    def read(self, flow: float, day: float, now: float) -> None:
        """Let the meters, which drain at these rates, know what is fresh."""
        self.flow.add(self.fresh, flow, now)
        self.day.add(self.fresh, day, now)
        self.unnoted += self.fresh
        self.fresh = self.room = 0
