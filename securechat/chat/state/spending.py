"""What each account has had stored lately, in bytes: in the last moments, and in the last day.

After a restart nothing of it is known, so everybody begins with nothing spent. To read two meters for every
message would cost a third of what the chat spends on it, so what is spent is added up and goes into the
meters when it is more than the room that there was at the last look. As meters only drain meanwhile, that
lets nobody have more.
"""

from typing import Final

from securechat.chat.state.account import Account

BURST: Final = 256 * 1024
"""Bytes that a rested account may have stored at once."""
RATE: Final = 16 * 1024
"""Bytes a second that it may have stored from then on."""
DAY: Final = 24 * 3600.0
"""Seconds over which the budget of a day comes back, evenly."""


class Meter:
    """An amount that drains away; `now` is in seconds of a monotonic clock, `rate` what drains in one."""

    __slots__ = ("_at", "_level")

    def __init__(self) -> None:
        self._level = 0.0
        self._at = 0.0

    def level(self, rate: float, now: float) -> float:
        """Return what is left of all that was added."""
        self._level = max(0.0, self._level - (now - self._at) * rate)
        self._at = now
        return self._level

    def add(self, amount: float, rate: float, now: float) -> None:
        """Add to it; less than nothing gives back."""
        self._level = self.level(rate, now) + amount


class Spent:
    """What one account has spent: what the meters know, and the bytes `fresh` since they were read.

    When `fresh` is more than `room` they have to be read.
    """

    __slots__ = ("day", "flow", "fresh", "room")

    def __init__(self) -> None:
        self.flow = Meter()
        self.day = Meter()
        self.fresh = 0
        self.room = 0

    def read(self, flow: float, day: float, now: float) -> None:
        """Let the meters, which drain at these rates, know what is fresh."""
        self.flow.add(self.fresh, flow, now)
        self.day.add(self.fresh, day, now)
        self.fresh = self.room = 0


class Spending:
    """Who has spent what: all sessions of an account spend together."""

    __slots__ = ("_spent",)

    def __init__(self) -> None:
        self._spent: dict[int, Spent] = {}

    def of(self, account: Account) -> Spent:
        """Return what an account has spent."""
        spent = self._spent.get(account.id)
        if spent is None:
            spent = self._spent[account.id] = Spent()
        return spent
