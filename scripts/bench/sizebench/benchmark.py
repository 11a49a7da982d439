"""Ask a server with a large database, and one with a tenth of it, the same; nothing should grow faster than
what it answers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scripts.bench.ircbench.servers import REPOSITORY, Certificates, make_certificates
from securechat.storage.lock import DATABASE_NAME

from .chores import chores
from .dataset import make
from .measuring import Taken, take
from .memory import memory
from .people import Sizes
from .report import as_json, as_text, faults


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark of a command line; returns 0 when nothing grows too fast, else 1."""
    parser = argparse.ArgumentParser(prog="size", description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000_000, help="how many (default 10 million)")
    parser.add_argument(
        "--directory", type=Path, help="keep the data sets there, and use those that are there"
    )
    parser.add_argument(
        "--tree", type=Path, default=REPOSITORY, help="the clone that runs (default: this one)"
    )
    parser.add_argument("--no-memory", action="store_true", help="leave out what a channel takes in memory")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    chosen = parser.parse_args(arguments)
    sizes = [Sizes.of(chosen.messages // 10), Sizes.of(chosen.messages)]
    with tempfile.TemporaryDirectory(prefix="size-") as temporary:
        place = Path(temporary)
        certificates = make_certificates(place / "certificates")
        kept: Path = chosen.directory or place
        taken = [_taken(kept, size, place, certificates, chosen.tree) for size in sizes]
        of_each = {} if chosen.no_memory else memory(place, certificates, chosen.tree, _note)
    sys.stdout.write(as_text(sizes, taken, of_each) + "\n")
    if chosen.json is not None:
        chosen.json.write_text(as_json(sizes, taken, of_each))
    grown = faults(taken[0].figures, taken[1].figures)
    for fault in grown:
        _note(f"grows too fast: {fault}")
    return 1 if grown else 0


def _taken(kept: Path, sizes: Sizes, place: Path, certificates: Certificates, tree: Path) -> Taken:
    """Make a data set unless it is there, and ask."""
    state = kept / f"{sizes.messages}-messages"
    if not (state / DATABASE_NAME).exists():
        unfinished = kept / "unfinished"
        make(unfinished, sizes, _note)
        unfinished.rename(state)
    taken = take(state, place, certificates, tree, sizes, _note)
    return replace(taken, figures=(*taken.figures, *chores(state)))


def _note(text: str) -> None:
    print(f"size: {text}", file=sys.stderr, flush=True)
