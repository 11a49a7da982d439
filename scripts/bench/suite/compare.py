"""The gate: figures against a baseline, in ratios to a peer that ran in the same rounds. Pure functions.

A figure by itself says more about the machine than about the program. The ratio to a peer in the same
rounds is what a change of the program moves. A change counts when it costs more than the tolerance and the
rounds agree: the best of the new rounds is still worse than the worst of the old ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scripts.bench.ircbench.figures import Spread

from .results import SUBJECT, Results, Series
from .tables import ratio

TOLERANCE = 0.10
PEERS = ("ngircd", "inspircd", "ergo")
TOLD = ("generator's cores", "lines a record", "connections", "messages/s", "sent late ms")
"""What is told for the reader, and can be neither better nor worse."""


@dataclass(frozen=True, slots=True)
class Change:
    """How the ratio of one figure to a peer's has changed; `cost` is 0.2 when it is a fifth worse."""

    study: str
    server: str
    metric: str
    peer: str
    before: Spread
    now: Spread
    cost: float

    def __str__(self) -> str:
        return (
            f"{self.study}: {self.metric} of {self.server} is {self.now.median:.2f} × {self.peer}'s "
            f"({self.now.lowest:.2f} to {self.now.highest:.2f}), and was {self.before.median:.2f} "
            f"({self.before.lowest:.2f} to {self.before.highest:.2f}): {self.cost:+.0%}"
        )


def changes(baseline: Results, now: Results) -> list[Change]:
    """Every figure that both have beside the same peer, in the order of the baseline."""
    found = []
    for old in baseline.series:
        new = now.find(old.study, old.server, old.metric)
        if new is None or old.metric in TOLD or not old.server.startswith(SUBJECT):
            continue
        peer = _peer(baseline, now, old)
        if peer is not None:
            found.append(_change(old, new, *peer))
    return found


def regressions(found: Sequence[Change], tolerance: float = TOLERANCE) -> list[Change]:
    """The changes that cost more than the tolerance, beyond the spread of their rounds."""
    return [change for change in found if change.cost > tolerance and _apart(change)]


def _apart(change: Change) -> bool:
    if change.now.median > change.before.median:  # a cost that has grown
        return change.now.lowest > change.before.highest
    return change.now.highest < change.before.lowest


def _peer(baseline: Results, now: Results, own: Series) -> tuple[Series, Series] | None:
    """The first peer with that figure in both; each round needs the peer's own."""
    for name in PEERS:
        old, new = baseline.find(own.study, name, own.metric), now.find(own.study, name, own.metric)
        if old is not None and new is not None and all(old.values) and all(new.values):
            return old, new
    return None


def _change(old: Series, new: Series, old_peer: Series, new_peer: Series) -> Change:
    before, after = ratio(old, old_peer), ratio(new, new_peer)
    cost = after.median / before.median - 1 if old.lower_is_better else before.median / after.median - 1
    return Change(old.study, old.server, old.metric, old_peer.server, before, after, cost)
