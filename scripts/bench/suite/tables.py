"""Figures as tables of Markdown, each cell with its spread. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from scripts.bench.ircbench.figures import Spread

from .results import SUBJECT, Results, Series, names


def number(value: float) -> str:
    """A figure with as many digits as mean something."""
    if value >= 10_000_000:
        return f"{value / 1e6:,.1f} M"
    if value >= 1_000_000:
        return f"{value / 1e6:.2f} M"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(spread: Spread) -> str:
    """The median, and in brackets the lowest and the highest, where there were several rounds."""
    if spread.lowest == spread.highest:
        return number(spread.median)
    return f"{number(spread.median)} ({number(spread.lowest)}–{number(spread.highest)})"


def ratio(series: Series, peer: Series) -> Spread:
    """One server's figure over another's, round by round."""
    return Spread.of([a / b for a, b in zip(series.values, peer.values, strict=False) if b])


def table(series: Sequence[Series]) -> list[str]:
    """One study: a row for each server, a column for each metric."""
    servers, metrics = names(series)
    found = {(s.server, s.metric): cell(s.spread) for s in series}
    rows = [f"| | {' | '.join(metrics)} |", f"|---|{'---|' * len(metrics)}"]
    for server in servers:
        cells = [found.get((server, metric), "") for metric in metrics]
        rows.append(f"| {server} | {' | '.join(cells)} |")
    return rows


def against_peers(series: Sequence[Series]) -> list[str]:
    """How the subject stands to the best peer, a line for each metric that can be better."""
    lines = []
    for own in [s for s in series if s.server == SUBJECT]:
        rivals = [s for s in series if s.metric == own.metric and not s.server.startswith(SUBJECT)]
        rate = own.metric.endswith("/s")
        if rivals and (rate or own.lower_is_better):
            best = (max if rate else min)(rivals, key=lambda rival: rival.spread.median)
            lines.append(f"{own.metric} {cell(ratio(own, best))} × {best.server}'s")
    return [f"securechat: {'; '.join(lines)}.", ""] if lines else []


def tables(results: Results) -> str:
    """All studies, in their order, with the machine at the top."""
    machine = results.machine
    lines = [
        f"Taken {machine.taken} on {machine.cores} cores, {machine.system}, Python {machine.python}, "
        f"{machine.openssl}, data on {machine.filesystem}. "
        + "; ".join(f"{name}: {version}" for name, version in machine.servers.items())
        + ".",
        "",
        "A cell is the median of its rounds, in brackets the lowest and the highest.",
        "",
    ]
    for study in dict.fromkeys(series.study for series in results.series):
        taken = results.of(study)
        lines += [f"#### {study[0].upper()}{study[1:]}", "", *table(taken), "", *against_peers(taken)]
    lines += [f"Not measured: {problem}" for problem in results.problems]
    return "\n".join(lines).rstrip() + "\n"
