"""The whole benchmark: a data set, then the questions that people ask of it, each many times."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from securechat.chat.core import Core
from securechat.chat.ports import Reader
from securechat.chat.reading import LAST_ID, ChannelPlace, Search, Span, first_id_at
from securechat.chat.settings import Settings
from securechat.chat.words import terms
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.sqlite import open_reader, open_store

from . import dataset
from .dataset import COMMON, RARE, Sizes


@dataclass(frozen=True)
class Figure:
    """What was measured of one thing, in milliseconds or another unit; `bar` is what it may be at most."""

    name: str
    p50: float
    p99: float
    unit: str = "ms"
    bar: float | None = None

    @property
    def met(self) -> bool:
        return self.bar is None or self.p99 <= self.bar


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark of a command line; returns 0 when every bar was met, else 1."""
    parser = argparse.ArgumentParser(prog="history", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000, help="how many (default 10 million)")
    parser.add_argument("--repeat", type=int, default=300, help="questions of each kind (default 300)")
    parser.add_argument("--step", type=int, default=2000, help="messages indexed at once (default 2000)")
    parser.add_argument("--directory", type=Path, help="keep the data set there, and use one that is there")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    chosen = parser.parse_args(arguments)
    sizes = Sizes(chosen.messages)
    with tempfile.TemporaryDirectory(prefix="history-", dir=None) as temporary:
        directory: Path = chosen.directory or Path(temporary)
        figures = measure(directory, sizes, chosen.repeat, chosen.step)
    sys.stdout.write(as_text(sizes, figures) + "\n")
    if chosen.json is not None:
        chosen.json.write_text(as_json(sizes, figures))
    return 0 if all(figure.met for figure in figures) else 1


def measure(directory: Path, sizes: Sizes, repeat: int, step: int) -> list[Figure]:
    """Make the data set unless it is there, and ask."""
    figures: list[Figure] = []
    if not (directory / DATABASE_NAME).exists():
        figures += _made(directory, sizes, step)
    began = time.perf_counter()
    store = open_store(directory)
    try:
        snapshot = store.load()
        Core(Settings("chat.example", "Bench", "1"), snapshot)
        took = (time.perf_counter() - began) * 1000
        figures.append(Figure("start: open, load, rules", took, took, bar=1000))
        reader = open_reader(directory)
        try:
            figures += _asked(reader, sizes, snapshot.last_message, repeat)
        finally:
            reader.close()
    finally:
        store.close()
    size = (directory / DATABASE_NAME).stat().st_size / sizes.messages
    return [*figures, Figure("file", size, size, "bytes a message")]


def _made(directory: Path, sizes: Sizes, step: int) -> list[Figure]:
    store = open_store(directory)
    try:
        began = time.perf_counter()
        dataset.fill(store, sizes, _note)
        written = time.perf_counter()
        dataset.index(store, step, _note)
        indexed = time.perf_counter()
        log = (directory / f"{DATABASE_NAME}-wal").stat().st_size / (1 << 20)
    finally:
        store.close()
    write, add = (
        (end - start) * 1e6 / sizes.messages for start, end in ((began, written), (written, indexed))
    )
    return [
        Figure("made and stored", write, write, "µs a message"),
        Figure("indexed", add, add, "µs a message"),
        Figure("log after that", log, log, "MiB", bar=16),
    ]


def _asked(reader: Reader, sizes: Sizes, last: int, repeat: int) -> list[Figure]:
    random = Random(2)
    first = first_id_at(dataset.BEGIN)
    everywhere = tuple(ChannelPlace(number) for number in range(1, sizes.channels + 1))

    def channel() -> ChannelPlace:
        return ChannelPlace(random.randint(1, sizes.channels))

    def search(text: str, places: tuple[ChannelPlace, ...] = everywhere, sender: int | None = None) -> int:
        span = Span(-1, LAST_ID, 50, newest=True)
        return len(reader.search(Search(1, places, places is everywhere, terms(text), sender, span)))

    def history(before: int, limit: int) -> int:
        return len(
            reader.history(channel(), Span(-1, before, limit, newest=True), events=False, tombstones=False)
        )

    def targets() -> int:
        everything = Span(-1, LAST_ID, 1000, newest=True)
        return len(reader.targets(1, everywhere, everything, events=False, tombstones=False))

    few = max(repeat // 10, 3)
    return [
        _timed("LATEST 50", repeat, lambda: history(LAST_ID, 50), bar=5),
        _timed("BEFORE 50, anywhere", repeat, lambda: history(random.randint(first, last), 50)),
        _timed("LATEST 1000", few, lambda: history(LAST_ID, 1000)),
        _timed("TARGETS", few, targets),
        _timed("search of a rare word", repeat, lambda: search(RARE), bar=50),
        _timed("search of a common word, 50", repeat, lambda: search(COMMON), bar=100),
        _timed("search of it in a channel", few, lambda: search(COMMON, (channel(),)), bar=100),
        _timed("search of it by one person", few, lambda: search(COMMON, everywhere, random.randint(1, 200))),
        _timed("search of two words", few, lambda: search(f"{COMMON} {RARE}")),
    ]


def _timed(name: str, repeat: int, ask: Callable[[], int], bar: float | None = None) -> Figure:
    _note(f"{name}, {repeat} times")
    times: list[float] = []
    found = 0
    for _ in range(repeat):
        began = time.perf_counter()
        found += ask()
        times.append((time.perf_counter() - began) * 1000)
    if not found:
        raise SystemExit(f"history: {name} found nothing: the data set is not what it should be")
    times.sort()
    return Figure(name, times[len(times) // 2], times[min(len(times) - 1, len(times) * 99 // 100)], bar=bar)


# The report


def as_text(sizes: Sizes, figures: Sequence[Figure]) -> str:
    """Write the figures as a table."""
    rows = [f"{sizes.messages:,} messages, {sizes.channels} channels, {_machine()}", ""]
    rows.append(f"{'':30} {'median':>10} {'p99':>10}   bar")
    for figure in figures:
        bar = "" if figure.bar is None else f"{figure.bar:g} {'met' if figure.met else 'NOT MET'}"
        rows.append(
            f"{figure.name:30} {figure.p50:10.2f} {figure.p99:10.2f}   {bar:14} {figure.unit}".rstrip()
        )
    return "\n".join(rows)


def as_json(sizes: Sizes, figures: Sequence[Figure]) -> str:
    """Write the figures for programs."""
    rows = [
        {"name": f.name, "p50": f.p50, "p99": f.p99, "unit": f.unit, "bar": f.bar, "met": f.met}
        for f in figures
    ]
    return json.dumps({"messages": sizes.messages, "machine": _machine(), "figures": rows}, indent=2) + "\n"


def _machine() -> str:
    return f"{os.cpu_count()} cores, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"


def _note(text: str) -> None:
    print(f"history: {text}", file=sys.stderr, flush=True)
