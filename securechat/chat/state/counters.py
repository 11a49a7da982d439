"""What the server counts for its operators since it started: logins, and what it refused, by its reason.

A new limit adds its name to `Counted` and says `chat.count("refusals.…")` where it refuses; limits for
accounts (`chat.shares`) are counted under their own names. `status`, its `--json` and STATS r show every
name, also one that has not been counted yet.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

from securechat.chat.shares import EVERY_SHARE, Share

Counted = Literal[
    "logins.ok",
    "logins.wrong",
    "logins.unknown",
    "logins.disabled",
    "logins.banned",
    "logins.throttled",
    "logins.malformed",
    "logins.oper_ok",
    "logins.oper_failed",
    "logins.registered",
    "logins.registration_failed",
    "logins.password_changed",
    "logins.password_change_failed",
    "logins.code_failed",
    "refusals.flood",
    "refusals.lines_before_login",
    "refusals.memory_batches",
    "refusals.own_passwords",
    "refusals.store_full",
    "refusals.store_reserve",
]
"""`logins` say how attempts ended, `refusals` which limit was met: GROUP.NAME. A line that has to wait
(`refusals.flood`) is counted, and done later."""

NAMES: Final[tuple[str, ...]] = (
    *get_args(Counted),
    *(f"refusals.{share.name}" for share in EVERY_SHARE),
)


class Counters:
    """How often each thing has happened. The hub's thread counts."""

    __slots__ = ("_counts", "_refused")

    def __init__(self) -> None:
        self._counts: dict[str, int] = dict.fromkeys(NAMES, 0)
        self._refused: dict[int, int] = {}

    def count(self, name: Counted, account: int | None = None) -> None:
        """Count one more; a refusal also for the account that was refused something."""
        self._counts[name] += 1
        if account is not None:
            self._refused[account] = self._refused.get(account, 0) + 1

    def refuse(self, share: Share, account: int) -> None:
        """Count one who has reached a limit for accounts."""
        self._counts[f"refusals.{share.name}"] += 1
        self._refused[account] = self._refused.get(account, 0) + 1

    def read(self) -> Mapping[str, int]:
        """Return all counts, in the order of `Counted`. Any thread may call."""
        return dict(self._counts)  # the keys never change, so this is one step

    def refused(self) -> Mapping[int, int]:
        """Return how often each account was refused something, of those that were. Any thread may call."""
        return dict(self._refused)
