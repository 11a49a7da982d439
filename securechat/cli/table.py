"""Tables on standard output, and times in them."""

from collections.abc import Sequence
from datetime import UTC, datetime

import typer


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first of which are the headings, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def day(milliseconds: object) -> str:
    """Write a point in time, of a row that was asked for, as a date in UTC."""
    assert isinstance(milliseconds, int)
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d}"


def minute(milliseconds: object) -> str:
    """Write a point in time, of a row that was asked for, as date, hours and minutes in UTC."""
    assert isinstance(milliseconds, int)
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}"
