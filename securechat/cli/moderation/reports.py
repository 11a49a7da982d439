"""`securechat reports`: what members have told the operators of."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.place import ConfigOption, DataDirOption, existing_place
from securechat.cli.table import JsonOption, minute, print_json, print_rows, print_table

if TYPE_CHECKING:
    from securechat.chat.requests import Row

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
    from securechat.chat.sanctions import ListReports
    from securechat.cli.ask import Asking

    with Asking(existing_place(config, data_dir)) as asking:
        rows = list(asking.ask_all(lambda more: ListReports(more, every)))
    headings = ("ID", "WHEN (UTC)", "BY", "ABOUT", "STATE", "REASON")
    print_rows(rows, as_json, headings, _cells, "There is no report." if every else "No report is open.")


def _cells(row: "Row") -> tuple[object, ...]:
    state = "closed" if row["closed"] else "open"
    about = row["said_by"] or row["subject"]
    return row["id"], minute(row["at"]), row["reporter"], about, state, str(row["reason"])[:SHOWN]


def show(
    number: NumberArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Show all of a report, with what was said."""
    from securechat.chat.sanctions import ShowReport
    from securechat.cli.ask import ask

    (row,) = ask(existing_place(config, data_dir), ShowReport(number)).rows
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
    change(place, CloseReport(number, note), f"Report {number} is closed", as_json=as_json)
