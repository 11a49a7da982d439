"""`securechat top`: who costs what, live in the terminal or once for scripts."""

import os
import time
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.cli.host.screen import Screen
    from securechat.cli.host.top_picture import Sample

_PATIENCE: Final = 1.0
"""Seconds that an answer may take: a server that is stuck is told of, and not waited for."""
_APART: Final = 1.1
"""Seconds between the two looks of --once: what happens in between is shown."""
_ROWS: Final = 10
"""Rows of each table that --once shows to people."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(top)


def top(
    once: Annotated[bool, typer.Option("--once", help="Print it once and end, for scripts.")] = False,
    as_json: JsonOption = False,
    order: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="KEY",
            help="hub (its time), lines, received, queued, queue (SendQ), waiting, refused or messages.",
        ),
    ] = "hub",
    interval: Annotated[float, typer.Option(min=0.5, max=3600.0, help="Seconds between two pictures.")] = 2.0,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show who costs what: accounts, sessions and channels, live in the terminal.

    Keys: Tab shows the next table, a letter of the last line changes the order, q ends it.
    """
    from securechat.cli.host.screen import is_able
    from securechat.cli.host.top_picture import ORDER_WORDS

    if order not in ORDER_WORDS:
        raise typer.BadParameter(f"it is one of {', '.join(ORDER_WORDS)}", param_hint="--sort")
    place = existing_place(config, data_dir)
    if once or as_json:
        _print_once(place, order, as_json)
    elif not is_able(os.environ):
        raise CommandFailed("this is no terminal that can show pictures: use --once", ExitCode.USAGE)
    else:
        _run(place, order, interval)


def _print_once(place: Place, order: str, as_json: bool) -> None:
    from securechat.cli.host.status import nested
    from securechat.cli.host.top_picture import KINDS, summary, table

    before = _sample(place, order)
    time.sleep(_APART)
    sample = _sample(place, order)
    if as_json:
        rows = {
            f"{kind}s": [{name: value for name, value in row.items() if name != "kind"} for row in found]
            for kind, found in sample.rows.items()
        }
        total = {name: value for name, value in sample.total.items() if name != "kind"}
        print_json({"total": nested(total), **rows})
        return
    for line in summary(sample, before):
        tell(line, out=True)
    for kind in KINDS:
        tell("", out=True)
        for line in table(sample.rows[kind][:_ROWS], kind, 80):
            tell(line.rstrip(), out=True)


def _run(place: Place, order: str, interval: float) -> None:
    from securechat.cli.host.screen import Ended, Screen

    try:
        with Screen() as screen:
            _show(screen, place, order, interval)
    except Ended as ended:
        raise typer.Exit(128 + ended.number) from ended
    except OSError as error:
        raise CommandFailed(f"nothing can be shown any more: {error.strerror}") from error


def _show(screen: "Screen", place: Place, order: str, interval: float) -> None:
    """Show one picture after the other, until somebody types q or there is no terminal any more."""
    from securechat.cli.host.top_picture import KINDS, ORDERS, picture

    sample = before = None
    kind, problem, due = KINDS[0], "", 0.0
    while True:
        if time.monotonic() >= due:
            due = time.monotonic() + (interval if sample is not None else _APART)
            try:
                sample, before, problem = _sample(place, order), sample, ""
            except CommandFailed as failure:
                problem = str(failure)
        screen.draw(picture(sample, before, problem, kind, order, screen.size))
        typed = screen.keys(due - time.monotonic())
        if typed is None or "q" in typed:
            return
        for key in typed:
            if key == "\t":
                kind = KINDS[(KINDS.index(kind) + 1) % len(KINDS)]
            elif key in ORDERS:
                order, due = ORDERS[key], 0.0


def _sample(place: Place, order: str) -> "Sample":
    """Ask the running server. Raises CommandFailed."""
    from securechat.cli.host.control import command
    from securechat.cli.host.top_picture import KINDS, Sample

    total, *rows = command(place, "top", order, _PATIENCE).rows
    return Sample(
        time.monotonic(), total, {kind: [row for row in rows if row["kind"] == kind] for kind in KINDS}
    )
