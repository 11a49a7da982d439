"""Who costs what: accounts, sessions and channels, with what each did lately in a second or a minute.

Theory of operation. What is counted for each only grows, so what happened lately is the difference to an
earlier look. The last two looks are kept, a second apart at least: whoever asks every second or two sees what
happened between, and two who ask do not take it from each other. The control thread does all of this, beside
the hub: it reads numbers where they are counted, and works on when the hub is stuck.
"""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

from securechat.chat.requests import Answer, Done, Refused, Value
from securechat.server.connection import Connection, Share
from securechat.server.core import Core
from securechat.server.hub import Hub
from securechat.server.vitals import Row, Vitals

APART: Final = 1.0
"""Seconds between two looks."""
SHOWN: Final = 100
"""Rows of each kind: those with most of what is asked for."""
KEYS: Final = ("hub", "lines", "received", "queued", "queue", "waiting", "refused", "messages")
"""By what rows can be ordered."""

Counts = tuple[float, ...]


class Looks:
    """Numbers that grow, by whose they are, and how much they have grown since an earlier look."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._before: tuple[float, Mapping[Hashable, Counts]] | None = None
        self._last: tuple[float, Mapping[Hashable, Counts]] | None = None

    def look(self, counts: Mapping[Hashable, Counts]) -> tuple[float, Mapping[Hashable, Counts]]:
        """Return for how many seconds back the differences are, and the differences; 0 at the first look."""
        now = self._clock()
        if self._last is None or now - self._last[0] >= APART:
            self._before, self._last = self._last, (now, counts)
        if self._before is None:
            return 0.0, {}
        at, earlier = self._before
        grown = {
            key: tuple(
                max(0.0, new - old) for new, old in zip(own, earlier.get(key, (0.0,) * len(own)), strict=True)
            )
            for key, own in counts.items()
        }
        return now - at, grown


class Costs:
    """Answers the control socket's `top`. One thread calls."""

    def __init__(
        self, vitals: Vitals, hub: Hub, core: Core, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._vitals = vitals
        self._hub = hub
        self._core = core
        self._looks = Looks(clock)

    def answer(self, key: str) -> Answer:
        """Return the totals and those with most of `key`, of each kind; "" is what each is ordered by."""
        if key not in ("", *KEYS):
            return Refused("BAD_REQUEST", f"rows are ordered by {', '.join(KEYS)}")
        shares = [*self._hub.shares.online(), self._hub.rota.strangers]
        refused, talk = self._core.refused(), self._core.talk()
        seconds, grown = self._looks.look(_counts(shares, refused, talk))
        accounts = [_account(share, grown, seconds, refused) for share in shares]
        sessions = [_session(share, link, grown, seconds) for share in shares for link in share.links]
        channels = [_channel(name, said, grown, seconds) for name, said in talk.items()]
        total: Row = {"kind": "total", "window_ms": int(1000 * seconds), **self._vitals.row()}
        return Done([total, *_most(accounts, key), *_most(sessions, key), *_most(channels, key)])


def _counts(
    shares: Sequence[Share], refused: Mapping[int, int], talk: Mapping[str, int]
) -> Mapping[Hashable, Counts]:
    """Everything that grows, by whose it is."""
    counts: dict[Hashable, Counts] = {}
    for share in shares:
        lines, received, queued = share.past
        for link in share.links:
            counts[link] = (link.spent, link.posted, link.received, link.appended)
            lines, received, queued = lines + link.posted, received + link.received, queued + link.appended
        counts[share] = (share.spent, lines, received, queued, refused.get(share.account, 0))
    counts.update((name, (said,)) for name, said in talk.items())
    return counts


def _account(
    share: Share, grown: Mapping[Hashable, Counts], seconds: float, refused: Mapping[int, int]
) -> Row:
    hub, lines, received, queued, lately = grown.get(share, (0.0,) * 5)
    return {
        "kind": "account",
        "name": share.name,
        "sessions": len(share.links),
        **_rates(seconds, hub, lines, received, queued),
        "queue": share.queued,
        "waiting": share.unhandled_bytes,
        "refused_per_minute": _per(lately, seconds, 60),
        "refused": refused.get(share.account, 0),
    }


def _session(share: Share, link: Connection, grown: Mapping[Hashable, Counts], seconds: float) -> Row:
    return {
        "kind": "session",
        "name": share.name,
        "serial": link.serial,
        "address": link.address,
        **_rates(seconds, *grown.get(link, (0.0,) * 4)),
        "queue": link.queued,
        "waiting": link.unhandled_bytes,
    }


def _channel(name: str, said: int, grown: Mapping[Hashable, Counts], seconds: float) -> Row:
    (lately,) = grown.get(name, (0.0,))
    return {
        "kind": "channel",
        "name": name,
        "messages_per_minute": _per(lately, seconds, 60),
        "messages": said,
    }


def _rates(seconds: float, hub: float, lines: float, received: float, queued: float) -> Row:
    """The hub's time in thousandths of it, lines in a minute, bytes in a second."""
    return {
        "hub_permille": _per(hub, seconds, 1000),
        "lines_per_minute": _per(lines, seconds, 60),
        "received_per_second": _per(received, seconds, 1),
        "queued_per_second": _per(queued, seconds, 1),
    }


def _per(number: float, seconds: float, unit: float) -> int:
    return round(number * unit / seconds) if seconds else 0


_COLUMNS: Final[Mapping[str, str]] = {
    "hub": "hub_permille",
    "lines": "lines_per_minute",
    "received": "received_per_second",
    "queued": "queued_per_second",
    "refused": "refused_per_minute",
    "messages": "messages_per_minute",
}
"""Where a key is not called as its column."""


def _most(rows: list[Row], key: str) -> list[Row]:
    """Return those with most of a key, or else of the hub's time or of messages; of equals the first."""

    def order(row: Row) -> tuple[int, int, str]:
        wanted, usual = row.get(_COLUMNS.get(key, key)), row.get("hub_permille", row.get("messages"))
        return -_number(wanted), -_number(usual), str(row["name"])

    return sorted(rows, key=order)[:SHOWN]


def _number(value: Value) -> int:
    return value if isinstance(value, int) else 0
