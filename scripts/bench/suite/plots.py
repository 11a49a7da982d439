"""Bar charts as SVG, by hand: one for each kind of question. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from .results import Results, Series
from .tables import number

WIDTH, LEFT, BAR, GAP, TOP = 780, 150, 13, 8, 34
_ROOM = 90
"""For the figure at the end of a bar."""
COLOURS = {
    "securechat": "#b3401c",
    "ngircd": "#345",
    "inspircd": "#6b86a0",
    "ergo": "#9ab87a",
}
_OTHER = "#999"


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: its file's name, its title, the metric that it shows, and of which studies."""

    name: str
    title: str
    metric: str
    studies: str
    """How the names of the studies begin."""


CHARTS = (
    Chart(
        "saturated", "Deliveries a second, as many as possible (more is better)", "deliveries/s", "saturated"
    ),
    Chart("delivery-cpu", "Server CPU for a delivery, µs (less is better)", "CPU µs a delivery", "saturated"),
    Chart(
        "steady-cpu",
        "Server CPU for a message at 200 a second, µs (less is better)",
        "CPU µs a message",
        "steady",
    ),
    Chart(
        "steady-p99", "p99 of the latency at 200 messages a second, ms (less is better)", "p99 ms", "steady"
    ),
    Chart("idle", "Memory of an idle connection, KiB (less is better)", "KiB each", "idle"),
)


def pictures(results: Results) -> dict[str, str]:
    """Every chart that there are figures for, by the name of its file."""
    drawn = {}
    for chart in CHARTS:
        series = [s for s in results.series if s.metric == chart.metric and s.study.startswith(chart.studies)]
        if series:
            drawn[f"{chart.name}.svg"] = draw(chart.title, series)
    return drawn


def draw(title: str, series: Sequence[Series]) -> str:
    """Draw bars in groups of one study, with a line from the lowest to the highest round."""
    most = max(s.spread.highest for s in series) or 1.0
    scale = (WIDTH - LEFT - _ROOM) / most
    lines, y = [], float(TOP)
    for study in dict.fromkeys(s.study for s in series):
        lines.append(f'<text x="8" y="{y + BAR - 2:.0f}" font-weight="bold">{escape(study)}</text>')
        y += BAR + 3
        for one in [s for s in series if s.study == study]:
            lines += _bar(one, y, scale)
            y += BAR + 3
        y += GAP
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 6:.0f}" '
            'font-family="sans-serif" font-size="11" fill="#123">',
            f"  <title>{escape(title)}</title>",
            f'  <rect width="{WIDTH}" height="{y + 6:.0f}" fill="#fff"/>',
            f'  <text x="8" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
            *(f"  {line}" for line in lines),
            "</svg>",
            "",
        ]
    )


def _bar(series: Series, y: float, scale: float) -> Iterator[str]:
    spread, middle = series.spread, y + BAR / 2
    low, high = LEFT + spread.lowest * scale, LEFT + spread.highest * scale
    colour = COLOURS.get(series.server, _OTHER)
    yield f'<text x="{LEFT - 6}" y="{y + BAR - 2:.0f}" text-anchor="end">{escape(series.server)}</text>'
    width = spread.median * scale
    yield f'<rect x="{LEFT}" y="{y:.0f}" width="{width:.1f}" height="{BAR}" fill="{colour}"/>'
    yield f'<path d="M{low:.1f} {middle:.1f}H{high:.1f}" stroke="#000"/>'
    yield f'<text x="{high + 6:.1f}" y="{y + BAR - 2:.0f}">{number(spread.median)}</text>'
