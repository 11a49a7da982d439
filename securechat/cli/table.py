"""Tables and JSON on standard output, and times in tables."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.chat.requests import Row

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def print_rows(
    rows: "Iterable[Row]",
    as_json: bool,
    headings: Sequence[str],
    cells: "Callable[[Row], Sequence[object]]",
    nothing: str = "",
) -> None:
    """Print the rows of an answer: for programs as a JSON list, for people as a table.

    `cells` makes the cells of a row, one for each of the `headings`. Where there is no row, people are told
    `nothing` instead, if that is a text.
    """
    rows = list(rows)
    if as_json:
        print_json([dict(row) for row in rows])
    elif not rows and nothing:
        tell(nothing)
    else:
        print_table([headings, *([str(cell) for cell in cells(row)] for row in rows)])


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print rows, the first of which are the headings, in columns, safe on a terminal."""
    from securechat.log import escape  # here, since it brings the logging with it: --help stays quick

    rows = [[escape(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def print_json(value: object) -> None:
    """Print a value as one line of JSON that is safe on a terminal. Every `--json` goes through here."""
    typer.echo(written_as_json(value))


def written_as_json(value: object) -> str:
    """Return a value as one line of JSON that is safe on a terminal."""
    return for_terminals(json.dumps(value, ensure_ascii=False))


def for_terminals(text: str) -> str:
    """Return a line of JSON with what a terminal must not get as `\\u…`: every reader gets the same value."""
    from securechat.log import UNSAFE

    return UNSAFE.sub(_escaped, text) if not (text.isascii() and text.isprintable()) else text


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join([f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)])


def print_facts(facts: Mapping[str, object], as_json: bool) -> None:
    """Print what a command has done as one JSON object, if that is asked for."""
    if as_json:
        print_json(facts)


def day(milliseconds: object) -> str:
    """Write a point in time, of a row that was asked for, as a date in UTC."""
    assert isinstance(milliseconds, int)
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d}"


def minute(milliseconds: object) -> str:
    """Write a point in time, of a row that was asked for, as date, hours and minutes in UTC."""
    assert isinstance(milliseconds, int)
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M}"
