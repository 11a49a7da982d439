"""Tables and JSON on standard output, and times in tables."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import typer


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first of which are the headings, in columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def print_facts(facts: Mapping[str, object], as_json: bool) -> None:
    """Print what a command has done as one JSON object, if that is asked for."""
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False))


def day(milliseconds: object) -> str:
    """Write a point in time, of a row that was asked for, as a date in UTC."""
    assert isinstance(milliseconds, int)
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d}"


def minute(milliseconds: object) -> str:
    """Write a point in time, of a row that was asked for, as date, hours and minutes in UTC."""
    assert isinstance(milliseconds, int)
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}"
