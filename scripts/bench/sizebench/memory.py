"""How much memory a channel, a membership and a marker take in a running server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from scripts.bench.ircbench.servers import Certificates

from .dataset import make
from .people import Sizes
from .serving import started

CHANNELS, ACCOUNTS, MEMBERS, MARKERS = 20_000, 6_000, 30, 1_000_000


def memory(
    place: Path, certificates: Certificates, tree: Path, note: Callable[[str], None]
) -> dict[str, float]:
    """Return the bytes of each: the difference between two servers, over how many the second has more."""
    few = Sizes(0, 300, ACCOUNTS, 0, members=0)
    chats = {
        "none": few,
        "channel": replace(few, channels=CHANNELS),
        "membership": replace(few, channels=CHANNELS, members=MEMBERS),
        "marker": replace(few, channels=CHANNELS, members=MEMBERS, markers=MARKERS),
    }
    taken: dict[str, int] = {}
    for name, sizes in chats.items():
        state = place / f"memory-{name}"
        make(state, sizes, note)
        with started(state, place, certificates, tree) as server:
            taken[name] = server.resident
        note(f"with another {name}: {taken[name] / (1 << 20):.0f} MiB")
        shutil.rmtree(state)
    made = {
        "channel": CHANNELS - few.channels,
        "membership": ACCOUNTS * MEMBERS,
        "marker": MARKERS // ACCOUNTS * ACCOUNTS,
    }
    return {name: (taken[name] - taken[before]) / made[name] for before, name in pairwise(chats)}
