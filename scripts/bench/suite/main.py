"""The command line of the suite, and of the gate."""

from __future__ import annotations

import argparse
import os
import platform
import ssl
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from scripts.bench.ircbench.peers import Ergo, Inspircd, Ngircd
from scripts.bench.ircbench.plan import Load
from scripts.bench.ircbench.procfs import filesystem_of
from scripts.bench.ircbench.servers import REPOSITORY, Contestant, make_certificates
from scripts.bench.ircbench.subject import Securechat

from . import compare, document
from .arriving import idle, joins, logins, reconnecting
from .asking import history
from .field import Field, Notebook
from .manychannels import many_channels
from .results import Machine, Results, from_json, to_json
from .tables import tables
from .talking import Talk, saturated, steady, steady_loads

ACCOUNTS = 20
DOCUMENT = REPOSITORY / "docs" / "performance.md"
FEW = 8
"""Messages that each sender has under way where the generator reads at once: fewer lines are joined then."""

Study = Callable[[Field], None]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much of everything."""

    rounds: int
    messages: int
    """Of each of 20 senders, in one saturated round of 200 members."""
    steady: tuple[int, ...]
    seconds: float
    large: tuple[int, int]
    channels: int
    joins: int
    logins: int
    idle: int
    asking: float


FULL = Sizes(5, 1000, (2, 10, 50, 200, 2000), 4.0, (1000, 50), 500, 2000, 100, 10_000, 15.0)
QUICK = Sizes(2, 300, (2, 200), 2.0, (300, 20), 100, 200, 30, 500, 3.0)


def studies(sizes: Sizes) -> dict[str, Study]:
    """Everything that is measured, by a short name."""
    usual = Load(messages=sizes.messages)
    members, senders = sizes.large
    large = Load(members=members, senders=senders, messages=max(20, sizes.messages // 10))
    soon = Load(messages=sizes.messages, window=FEW, read_interval=0.0)
    few = max(2, sizes.rounds - 2)

    def run_steady(field: Field) -> None:
        for talk in steady_loads(sizes.steady, sizes.seconds, few):
            steady(field, talk)

    return {
        "saturated": lambda field: saturated(field, Talk("saturated, 200 × 20", usual, sizes.rounds)),
        "soon": lambda field: saturated(
            field, Talk(f"saturated, 200 × 20, {FEW} outstanding, read soon", soon, sizes.rounds)
        ),
        "steady": run_steady,
        "large": lambda field: saturated(field, Talk(f"saturated, {members:,} × {senders}", large, few)),
        "channels": lambda field: many_channels(field, sizes.channels, 20, few),
        "history": lambda field: history(field, sizes.asking),
        "logins": lambda field: logins(field, sizes.logins, few),
        "joins": lambda field: joins(field, sizes.joins),
        "reconnect": lambda field: reconnecting(field, 200, few),
        "idle": lambda field: idle(field, sizes.idle),
    }


def main(arguments: Sequence[str]) -> int:
    """Run studies, write what they gave, compare it; returns the exit code."""
    options = _parser().parse_args(arguments)
    sizes = QUICK if options.quick else FULL
    wanted = studies(sizes)
    if options.only:
        wanted = {name: wanted[name] for name in options.only}
    with tempfile.TemporaryDirectory(prefix="bench-", dir=options.directory) as directory:
        results = run(wanted, Path(directory), options)
    if options.json is not None:
        options.json.write_text(to_json(results))
    if options.write:
        document.write(DOCUMENT, results)
    sys.stdout.write(tables(results))
    return gate(from_json(options.baseline.read_text()), results) if options.baseline else 0


def compare_main(arguments: Sequence[str]) -> int:
    """Compare two files of figures; 1 when something has become slower."""
    parser = argparse.ArgumentParser(prog="compare", description=compare.__doc__)
    parser.add_argument("baseline", type=Path, help="figures of scripts/bench/all --json, from before")
    parser.add_argument("figures", type=Path, help="and from now")
    parser.add_argument("--tolerance", type=float, default=compare.TOLERANCE, help="default: 0.1, a tenth")
    options = parser.parse_args(arguments)
    return gate(
        from_json(options.baseline.read_text()), from_json(options.figures.read_text()), options.tolerance
    )


def gate(baseline: Results, results: Results, tolerance: float = compare.TOLERANCE) -> int:
    """Tell what has changed; 1 when something has become slower, or nothing could be compared."""
    found = compare.changes(baseline, results)
    slower = compare.regressions(found, tolerance)
    for change in found:
        _tell(f"{'SLOWER  ' if change in slower else '        '}{change}")
    _tell(f"{len(found)} figures compared, {len(slower)} slower by more than {tolerance:.0%} and the spread")
    return 1 if slower or not found else 0


def run(wanted: dict[str, Study], directory: Path, options: argparse.Namespace) -> Results:
    """Run studies, one after the other. One that fails is noted, and so are those that begin too late."""
    notebook = Notebook(_tell)
    contestants = _contestants(notebook, options.servers, options.also)
    field = Field(contestants, make_certificates(directory), directory, notebook)
    began = time.monotonic()
    for name, study in wanted.items():
        passed = time.monotonic() - began
        if passed > options.minutes * 60:
            notebook.fail(name, "all", f"left out: {options.minutes:g} minutes were over")
            continue
        _tell(f"{passed:5.0f} s: {name}")
        study(field)
    _tell(f"{time.monotonic() - began:5.0f} s: done")
    machine = Machine(
        taken=time.strftime("%Y-%m-%d"),
        cores=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.release()} {platform.machine()}",
        python=platform.python_version(),
        openssl=ssl.OPENSSL_VERSION,
        filesystem=filesystem_of(directory),
        servers={contestant.name: contestant.version() for contestant in contestants},
    )
    return Results(machine, notebook.series(), tuple(notebook.problems))


def _contestants(
    notebook: Notebook, servers: Sequence[str], also: Sequence[tuple[str, Path, str]]
) -> list[Contestant]:
    """Those who can take part; the others are noted."""
    known: list[Contestant] = [Securechat(ACCOUNTS, None, _tell)]
    known += [
        Securechat(ACCOUNTS, None, _tell, f"securechat-{name}", tree, python) for name, tree, python in also
    ]
    known += [Ngircd(), Inspircd(), Ergo()]
    ready = []
    for contestant in known:
        if servers and contestant.name not in servers:
            continue
        reason = contestant.missing()
        if reason:
            notebook.fail("all", contestant.name, reason)
        else:
            ready.append(contestant)
    return ready


def _also(text: str) -> tuple[str, Path, str]:
    name, _, rest = text.partition("=")
    tree, _, python = rest.partition("=")
    if not name or not tree:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=CLONE or NAME=CLONE=PYTHON")
    return name, Path(tree).resolve(), python or sys.executable


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="all",
        description="Measure what a chat does, beside ngIRCd, InspIRCd and Ergo (where it is installed, or "
        "ERGO names it): about 20 minutes.",
        epilog="exit codes: 0 done, 1 slower than the baseline, 2 usage",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="small sizes, less than 5 minutes: no figures to quote")
    add(
        "--only",
        nargs="+",
        choices=list(studies(QUICK)),
        metavar="STUDY",
        help="just these studies: %(choices)s",
    )
    add("--minutes", type=float, default=25.0, metavar="N", help="begin no study after that (default: 25)")
    add("--servers", nargs="+", default=[], metavar="NAME", help="just these servers")
    add(
        "--also",
        type=_also,
        action="append",
        default=[],
        metavar="NAME=CLONE[=PYTHON]",
        help="one more securechat",
    )
    add("--json", type=Path, metavar="FILE", help="write all figures to a file")
    add("--write", action="store_true", help="write tables and pictures into docs/performance.md")
    add("--baseline", type=Path, metavar="FILE", help="compare with such a file; 1 when something is slower")
    add(
        "--directory",
        type=Path,
        metavar="DIR",
        help="where the servers keep their data; the file system counts",
    )
    return parser


def _tell(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
