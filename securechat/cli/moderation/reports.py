"""`securechat reports`: what members have told the operators of."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.place import ConfigOption, DataDirOption, existing_place, load_config
from securechat.cli.table import JsonOption, minute, print_json, print_table
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.cli.ask import Asking

Row = dict[str, str | int | bool | None]
NumberArgument = Annotated[int, typer.Argument(metavar="ID", min=1, max=1 << 60, help="In the list.")]
SHOWN = 60
"""Characters of a reason in the list."""


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    text = "What members have told the operators of: list it, read it, close it."
    group = typer.Typer(help=text, no_args_is_help=True)
    group.command("list")(list_reports)
    group.command("show")(show)
    group.command("close")(close)
    app.add_typer(group, name="reports")


def list_reports(
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the reports that are open, the oldest first."""
    from securechat.cli.ask import Asking

    place = existing_place(config, data_dir)
    with Asking(place.directory, load_config(place).config) as asking:
        rows = _every(asking, every=every)
    if as_json:
        print_json(rows)
    elif not rows:
        tell("There is no report." if every else "No report is open.")
    else:
        table: list[tuple[str, ...]] = [("ID", "WHEN (UTC)", "BY", "ABOUT", "STATE", "REASON")]
        for row in rows:
            state = "closed" if row["closed"] else "open"
            about = row["said_by"] or row["subject"]
            cells = (row["id"], minute(row["at"]), row["reporter"], about, state, str(row["reason"])[:SHOWN])
            table.append(tuple(str(cell) for cell in cells))
        print_table(table)


def show(
    number: NumberArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show all of a report, with what was said."""
    from securechat.chat.sanctions import ShowReport
    from securechat.cli.ask import ask

    place = existing_place(config, data_dir)
    (row,) = ask(place.directory, load_config(place).config, ShowReport(number)).rows
    if as_json:
        print_json(dict(row))
        return
    shown = {**row, "at": minute(row["at"]), "closed": minute(row["closed"]) if row["closed"] else "open"}
    print_table([(name, str(value)) for name, value in shown.items() if value not in ("", None)])


def close(
    number: NumberArgument,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What came of it.")] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Note that a report has been looked at."""
    from securechat.chat.sanctions import CloseReport

    place = existing_place(config, data_dir)
    request = CloseReport(number, note)
    done = change(place, load_config(place).config, request, f"Report {number} is closed", quiet=as_json)
    if as_json:
        print_json([dict(row) for row in done.rows])


def _every(asking: "Asking", *, every: bool) -> list[Row]:
    """Return all rows, which come in pages. Raises CommandFailed."""
    from securechat.chat.sanctions import ListReports

    rows: list[Row] = []
    more = 0
    while True:
        page = asking.ask(ListReports(more, every))
        rows += [dict(row) for row in page.rows]
        more = page.more
        if not more:
            return rows
