"""What the server counts for its operators since it started: logins, and what it refused, by its reason.

A new limit adds its name to `Counted` and says `chat.count("refusals.…")` where it refuses. `status`, its
`--json` and STATS r show every name, also one that has not been counted yet.
"""

from collections.abc import Mapping
from typing import Final, Literal, get_args

Counted = Literal[
    "logins.ok",
    "refusals.lines_before_login",
    "refusals.own_passwords",
    "refusals.store_full",
]
"""`logins` say how attempts ended, `refusals` which limit was met: GROUP.NAME."""

NAMES: Final[tuple[Counted, ...]] = get_args(Counted)


class Counters:
    """How often each thing has happened. The hub's thread counts."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[str, int] = dict.fromkeys(NAMES, 0)

    def count(self, name: Counted) -> None:
        """Count one more."""
        self._counts[name] += 1

    def read(self) -> Mapping[str, int]:
        """Return all counts, in the order of `Counted`. Any thread may call."""
        return dict(self._counts)  # the keys never change, so this is one step
