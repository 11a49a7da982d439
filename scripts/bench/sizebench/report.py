"""The figures of two sizes side by side. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict

from .measuring import Figure, Taken
from .people import Sizes

WAIT = 5.0
"""Milliseconds that nobody should wait for what another one asks."""
FASTER = 2.0
"""How many times faster than its answer a cost may grow: a tree has one level more, a cache holds less."""
SMALL = 5.0
"""Milliseconds of CPU time that are not looked at: what else a server does meanwhile is in them."""


def growth(small: Figure, large: Figure) -> tuple[float, float]:
    """How many times more CPU time the larger size takes, and how many times more lines it answers."""
    return large.cpu / max(small.cpu, 0.01), max(large.lines, 1) / max(small.lines, 1)


def faults(small: Sequence[Figure], large: Sequence[Figure]) -> list[str]:
    """Name what grows faster than what it answers."""
    found = []
    for one, other in zip(small, large, strict=True):
        cost, lines = growth(one, other)
        if other.cpu > SMALL and cost > FASTER * max(lines, 1.0):
            found.append(f"{other.name}: {cost:.1f} times the CPU time for {lines:.1f} times the lines")
    return found


def as_text(sizes: Sequence[Sizes], taken: Sequence[Taken], memory: Mapping[str, float]) -> str:
    """Write everything as Markdown."""
    small, large = taken
    rows = [
        f"{_count(sizes[1])}; in brackets, a tenth: {_count(sizes[0])}.",
        "",
        "| | | a tenth |",
        "|---|---|---|",
        f"| start, until it listens | {large.start:.1f} s, {large.start_cpu:.1f} s of CPU "
        f"| {small.start:.1f} s, {small.start_cpu:.1f} |",
        f"| memory after that, and at most | {_mib(large.resident)}, {_mib(large.peak)} MiB "
        f"| {_mib(small.resident)}, {_mib(small.peak)} |",
        f"| stop | {large.stop:.1f} s | {small.stop:.1f} |",
        "",
        "| | CPU ms | a tenth | times | lines | a tenth | times | by the clock, ms | a PING waits, ms |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(one, other) for one, other in zip(small.figures, large.figures, strict=True)),
    ]
    if memory:
        each = ", ".join(f"a {name} {size:,.0f}" for name, size in memory.items())
        rows += ["", f"Bytes of memory: {each}."]
    return "\n".join(rows)


def as_json(sizes: Sequence[Sizes], taken: Sequence[Taken], memory: Mapping[str, float]) -> str:
    """Write everything for programs."""
    both = [{"sizes": asdict(size), **asdict(one)} for size, one in zip(sizes, taken, strict=True)]
    return json.dumps({"taken": both, "memory": dict(memory)}, indent=1) + "\n"


def _row(small: Figure, large: Figure) -> str:
    cost, lines = growth(small, large)
    late = " **late**" if large.waited > WAIT else ""
    return (
        f"| {large.name} | {large.cpu:.1f} | {small.cpu:.1f} | {cost:.1f} "
        f"| {large.lines:,} | {small.lines:,} | {lines:.1f} | {large.median:.1f} | {large.waited:.1f}{late} |"
    )


def _count(sizes: Sizes) -> str:
    return (
        f"{sizes.messages:,} messages, {sizes.channels:,} channels, {sizes.accounts:,} accounts, "
        f"{sizes.markers:,} markers"
    )


def _mib(size: int) -> str:
    return f"{size / (1 << 20):.0f}"
