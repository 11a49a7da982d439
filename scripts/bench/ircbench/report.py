"""The results as text and as JSON. Pure functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from .arena import Figures
from .figures import Cores, Saturated, Spread, Steady
from .options import Options
from .plan import Scenario

SUBJECT = "securechat"

OTHERS_ALLOWED = 0.15
"""Cores that may be busy with something else before the report warns."""


_CORES = "cores: server, generator, others"


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures were taken."""

    cores: int
    system: str
    python: str
    openssl: str
    filesystem: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One server and its runs, one per round; a round that failed is missing."""

    name: str
    version: str
    differs: str
    runs: Mapping[int, Figures]

    def saturated(self) -> dict[int, Saturated]:
        """The saturated figures by round."""
        return {number: run.saturated for number, run in self.runs.items() if run.saturated}

    def steady(self) -> dict[int, Steady]:
        """The steady figures by round."""
        return {number: run.steady for number, run in self.runs.items() if run.steady}


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that a benchmark gave."""

    options: Options
    machine: Machine
    entries: Sequence[Entry]
    problems: Sequence[str]
    """Servers that could not take part and runs that failed, with the reason."""


def rate_ratio(entries: Sequence[Entry]) -> Spread | None:
    """securechat's deliveries per second over the best peer's, round by round; None without both."""
    return _ratio([{n: f.rate for n, f in e.saturated().items()} for e in _subject_first(entries)], max)


def cpu_ratio(entries: Sequence[Entry]) -> Spread | None:
    """securechat's CPU time per delivery over the best peer's, round by round; None without both."""
    return _ratio(
        [{n: f.cpu_per_delivery for n, f in e.saturated().items()} for e in _subject_first(entries)], min
    )


def p99_ratio(entries: Sequence[Entry]) -> Spread | None:
    """securechat's p99 latency over the best peer's, round by round; None without both."""
    return _ratio([{n: f.p99 for n, f in e.steady().items()} for e in _subject_first(entries)], min)


def as_text(results: Results) -> str:
    """The report for people."""
    options, machine = results.options, results.machine
    load = options.load
    lines = [
        f"{load.members} members, {load.senders} of them send, texts of {load.size} bytes, TLS 1.3 for all, "
        f"{options.repeat} rounds",
        f"{machine.cores} cores, {machine.system}, Python {machine.python}, {machine.openssl}, "
        f"data on {machine.filesystem}",
        "checked: every message reached every member exactly once and in one order",
    ]
    if Scenario.SATURATED in options.scenarios:
        lines += ["", *_saturated_table(results)]
    if Scenario.STEADY in options.scenarios:
        lines += ["", *_steady_table(results)]
    lines += ["", *_ratio_lines(results.entries), "", "What differs:", *_differences(results.entries)]
    lines += [f"warning: {text}" for text in warnings(results)]
    lines += [f"problem: {text}" for text in results.problems]
    return "\n".join(lines)


def as_json(results: Results) -> str:
    """The report for programs: every run of every server, and the ratios."""
    load, entries = results.options.load, results.entries
    ratios = {
        "deliveries_per_second": rate_ratio(entries),
        "server_cpu_per_delivery": cpu_ratio(entries),
        "p99": p99_ratio(entries),
    }
    document = {
        "load": asdict(load),
        "rounds": results.options.repeat,
        "machine": asdict(results.machine),
        "servers": {
            entry.name: {
                "version": entry.version,
                "differs": entry.differs,
                "runs": [{"round": number, **_run(run)} for number, run in sorted(entry.runs.items())],
            }
            for entry in entries
        },
        "ratios": {name: asdict(spread) for name, spread in ratios.items() if spread},
        "warnings": warnings(results),
        "problems": list(results.problems),
    }
    return json.dumps(document, indent=2) + "\n"


def warnings(results: Results) -> list[str]:
    """What makes the figures doubtful."""
    texts = []
    for entry in results.entries:
        for number, run in sorted(entry.runs.items()):
            where = f"{entry.name}, round {number}"
            for part in (run.saturated, run.steady):
                if part and part.cores.others > OTHERS_ALLOWED:
                    name = type(part).__name__.lower()
                    texts.append(f"{where}, {name}: something else kept {part.cores.others:.2f} cores busy")
            if run.saturated and run.saturated.cores.generator > max(0.9, run.saturated.cores.server):
                texts.append(f"{where}: the load generator may have been the limit; try --generators 2")
    if results.machine.filesystem in ("tmpfs", "ramfs"):
        texts.append(
            "securechat's data were in memory, where fsync costs nothing: name a --directory on a disk"
        )
    return texts


def _run(run: Figures) -> dict[str, object]:
    parts: dict[str, object] = {"tls": run.tls}
    if run.saturated:
        derived = {
            "deliveries_per_second": run.saturated.rate,
            "server_cpu_us_per_delivery": run.saturated.cpu_per_delivery,
            "lines_per_record": run.saturated.lines_per_record,
        }
        parts["saturated"] = {**asdict(run.saturated), **derived}
    if run.steady:
        parts["steady_ms"] = asdict(run.steady)
    return parts


def _subject_first(entries: Sequence[Entry]) -> list[Entry]:
    subject = [entry for entry in entries if entry.name == SUBJECT]
    return [*subject, *(entry for entry in entries if entry.name != SUBJECT)] if subject else []


def _ratio(values: Sequence[Mapping[int, float]], best: Callable[[Iterable[float]], float]) -> Spread | None:
    if len(values) < 2:
        return None
    subject, *peers = values
    ratios = []
    for number, value in subject.items():
        rivals = [peer[number] for peer in peers if number in peer]
        if rivals:
            ratios.append(value / best(rivals))
    return Spread.of(ratios) if ratios else None


def _saturated_table(results: Results) -> list[str]:
    load = results.options.load
    title = (
        f"Saturated: {load.messages} messages per sender, {load.window} outstanding each; "
        "a message is confirmed when another member has received it"
    )
    rows = [("", "deliveries/s", "(lowest, highest)", "CPU µs each", "lines/record", "bytes/line", _CORES)]
    for entry in results.entries:
        runs = list(entry.saturated().values())
        if not runs:
            rows.append((entry.name, "no figures", "", "", "", "", ""))
            continue
        rate = Spread.of([run.rate for run in runs])
        rows.append(
            (
                entry.name,
                f"{rate.median:,.0f}",
                f"({rate.lowest:,.0f}, {rate.highest:,.0f})",
                f"{Spread.of([run.cpu_per_delivery for run in runs]).median:.2f}",
                f"{Spread.of([run.lines_per_record for run in runs]).median:.1f}",
                f"{runs[0].stream_bytes / load.saturated_total:.0f}",
                _cores([run.cores for run in runs]),
            )
        )
    return [title, *_aligned(rows)]


def _steady_table(results: Results) -> list[str]:
    load = results.options.load
    title = (
        f"Steady: {load.rate} messages/s in total for {load.seconds:g} s; latency in ms, sending to receiving"
    )
    rows = [("", "p50", "p99", "(lowest, highest)", "max", "sent late", _CORES)]
    for entry in results.entries:
        runs = list(entry.steady().values())
        if not runs:
            rows.append((entry.name, "no figures", "", "", "", "", ""))
            continue
        p99 = Spread.of([run.p99 for run in runs])
        rows.append(
            (
                entry.name,
                f"{Spread.of([run.p50 for run in runs]).median:.1f}",
                f"{p99.median:.1f}",
                f"({p99.lowest:.1f}, {p99.highest:.1f})",
                f"{max(run.highest for run in runs):.1f}",
                f"{max(run.late for run in runs):.1f}",
                _cores([run.cores for run in runs]),
            )
        )
    return [title, *_aligned(rows)]


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as they need; the first to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *(map(str.rjust, row[1:], widths[1:]))]).rstrip() for row in rows
    ]


def _cores(parts: Sequence[Cores]) -> str:
    medians = [
        Spread.of(values).median
        for values in ([p.server for p in parts], [p.generator for p in parts], [p.others for p in parts])
    ]
    return ", ".join(f"{value:.2f}" for value in medians)


def _ratio_lines(entries: Sequence[Entry]) -> list[str]:
    kinds = (
        ("deliveries/s (higher is better)", rate_ratio(entries)),
        ("CPU per delivery (lower is better)", cpu_ratio(entries)),
        ("p99 latency (lower is better)", p99_ratio(entries)),
    )
    lines = [
        f"  {name}: {spread.median:.2f} (lowest {spread.lowest:.2f}, highest {spread.highest:.2f})"
        for name, spread in kinds
        if spread
    ]
    return (
        ["securechat / best peer, round by round:", *lines]
        if lines
        else ["No ratio: it needs securechat and a peer."]
    )


def _differences(entries: Sequence[Entry]) -> list[str]:
    tls = {entry.name: next((run.tls for run in entry.runs.values()), "no connection") for entry in entries}
    return [f"  {entry.name} ({entry.version}; {tls[entry.name]}): {entry.differs}" for entry in entries]
