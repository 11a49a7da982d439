"""Saying in time that the certificate in use ends: 21 days before, and more urgently 7 days before."""

import logging
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from securechat.irc.text import count

SOON: Final = timedelta(days=21)
URGENT: Final = timedelta(days=7)
_DAY: Final = 24 * 60 * 60.0

_log: Final = logging.getLogger("securechat.certificate")


def state(ends: datetime, now: datetime) -> str:
    """Return "good", "ends in N days" or "expired" for what ends then; both are aware."""
    if now > ends:
        return "expired"
    days = (ends - now).days
    return f"ends in {count(days, 'day')}" if ends - now <= SOON else "good"


class Expiry:
    """When the certificate in use ends, and when that was said last: once a day, and at each stage.

    `look` is called by one thread at a time, `facts` by any.
    """

    def __init__(self) -> None:
        self._ends: datetime | None = None
        self._said = (0, -math.inf)

    def use(self, ends: datetime) -> None:
        """Take note of a certificate, which may be the same as before."""
        if ends != self._ends:
            self._ends, self._said = ends, (0, -math.inf)

    def look(self, now: datetime, mono: float, what_to_do: str) -> None:
        """Say what there is to say at `now` (aware), `mono` in seconds."""
        if self._ends is None:
            return
        stage = _stage(self._ends - now)
        told, at = self._said
        if stage and (stage > told or mono - at >= _DAY):
            level = logging.WARNING if stage == 1 else logging.ERROR
            moment = f"{self._ends:%Y-%m-%d %H:%M UTC}"
            text = "the certificate in use %s (%s), and clients refuse it from then on: %s"
            _log.log(level, text, state(self._ends, now), moment, what_to_do)
            self._said = (stage, mono)

    def facts(self, now: datetime) -> Mapping[str, str]:
        """Return what `status` says of it."""
        if self._ends is None:
            return {}
        return {
            "certificate.ends": self._ends.isoformat(),
            "certificate.state": state(self._ends, now),
        }


def _stage(left: timedelta) -> int:
    return (left <= SOON) + (left <= URGENT) + (left < timedelta())
