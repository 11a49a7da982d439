"""The part of docs/performance.md that the suite writes, between two marks."""

from __future__ import annotations

from pathlib import Path

from .plots import CHARTS, pictures
from .results import Results
from .tables import tables

BEGIN = "<!-- figures: written by scripts/bench/all -->"
END = "<!-- end of figures -->"
FOLDER = "performance"
"""Beside the document: the pictures."""


def with_figures(document: str, results: Results) -> str:
    """Return a document with these figures instead of the old ones. Raises ValueError without marks."""
    before, begun, rest = document.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not begun or not ended:
        raise ValueError(f"the document has no place for figures: {BEGIN} and {END}")
    drawn = pictures(results)
    shown = [
        f"![{chart.title}]({FOLDER}/{chart.name}.svg)" for chart in CHARTS if f"{chart.name}.svg" in drawn
    ]
    return f"{before}{BEGIN}\n\n" + "\n\n".join(shown) + f"\n\n{tables(results)}\n{END}{after}"


def write(document: Path, results: Results) -> None:
    """Bring a document and its pictures up to date. Raises ValueError without the marks, or OSError."""
    text = with_figures(document.read_text(), results)
    folder = document.parent / FOLDER
    folder.mkdir(exist_ok=True)
    for name, picture in pictures(results).items():
        (folder / name).write_text(picture)
    document.write_text(text)
