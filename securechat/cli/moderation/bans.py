"""`securechat ban`: who is kept out of the server."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.place import ConfigOption, DataDirOption, existing_place, load_config
from securechat.cli.table import JsonOption, minute, print_json, print_table
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.cli.ask import Asking

Row = dict[str, str | int | bool | None]

TargetsArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET…",
        show_default=False,
        help="Accounts, masks in quotes ('spam*!*@*'), addresses or networks (192.0.2.0/24).",
    ),
]
ForOption = Annotated[
    str,
    typer.Option("--for", metavar="TIME", show_default=False, help="30m, 12h, 7d, 2w; else it is for ever."),
]
ReasonOption = Annotated[
    str, typer.Option("--reason", metavar="TEXT", show_default=False, help="Why; those concerned read it.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(help="Keep people out of the server, and let them in again.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(list_bans)
    group.command("remove")(remove)
    app.add_typer(group, name="ban")


def add(
    targets: TargetsArgument,
    duration: ForOption = "",
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Ban accounts, masks, addresses and networks, all in one step; their sessions end at once.

    Connections from a banned address or network are refused before they cost anything. This host itself is
    never kept out.
    """
    from securechat.chat.sanctions import AddBan

    place = existing_place(config, data_dir)
    request = AddBan(",".join(targets), duration, reason)
    done = change(place, load_config(place).config, request, f"Banned: {', '.join(targets)}", quiet=as_json)
    _show([dict(row) for row in done.rows], as_json)


def remove(
    targets: TargetsArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let banned ones in again."""
    from securechat.chat.sanctions import RemoveBan

    place = existing_place(config, data_dir)
    request = RemoveBan(",".join(targets))
    text = f"Not banned any more: {', '.join(targets)}"
    done = change(place, load_config(place).config, request, text, quiet=as_json)
    if as_json:
        print_json([dict(row) for row in done.rows])


def list_bans(
    about: Annotated[
        str,
        typer.Argument(metavar="[TARGET]", show_default=False, help="Only what this one meets."),
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the bans that are in force, the oldest first."""
    from securechat.cli.ask import Asking

    place = existing_place(config, data_dir)
    with Asking(place.directory, load_config(place).config) as asking:
        rows = _every(asking, about)
    if not rows and not as_json:
        tell("Nobody is banned." if not about else f"No ban meets {about}.")
        return
    _show(rows, as_json)


def _every(asking: "Asking", about: str) -> list[Row]:
    """Return all rows, which come in pages. Raises CommandFailed."""
    from securechat.chat.sanctions import ListBans

    rows: list[Row] = []
    more = 0
    while True:
        page = asking.ask(ListBans(about, more))
        rows += [dict(row) for row in page.rows]
        more = page.more
        if not more:
            return rows


def _show(rows: list[Row], as_json: bool) -> None:
    """Print bans, and how many sessions have ended for each where that is known."""
    if as_json:
        print_json(rows)
        return
    ended = ("SESSIONS",) if rows and "sessions" in rows[0] else ()
    table: list[tuple[str, ...]] = [("TARGET", "SINCE (UTC)", "UNTIL (UTC)", "BY", *ended, "REASON")]
    for row in rows:
        until = minute(row["expires"]) if row["expires"] else "for ever"
        cells = [row["target"], minute(row["since"]), until, row["by"]]
        cells += [row["sessions"]] if ended else []
        table.append(tuple(str(cell) for cell in (*cells, row["reason"])))
    print_table(table)
