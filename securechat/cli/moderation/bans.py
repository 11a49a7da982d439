"""`securechat ban`: who is kept out of the server."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change, were
from securechat.cli.consent import ForceOption
from securechat.cli.place import ConfigOption, DataDirOption, existing_place
from securechat.cli.table import JsonOption, minute, print_rows

if TYPE_CHECKING:
    from securechat.chat.requests import Row

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
    force: ForceOption = False,
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
    request = AddBan(",".join(targets), duration, reason, force)
    done = change(place, request, f"{were(targets)} banned", as_json=as_json)
    if not as_json:
        _show(done.rows, as_json=False)


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
    change(place, request, f"{were(targets)} let in again", as_json=as_json)


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
    from securechat.chat.sanctions import ListBans
    from securechat.cli.ask import Asking

    with Asking(existing_place(config, data_dir)) as asking:
        rows = list(asking.ask_all(lambda more: ListBans(about, more)))
    _show(rows, as_json, f"No ban meets {about}." if about else "Nobody is banned.")


def _show(rows: Sequence["Row"], as_json: bool, nothing: str = "") -> None:
    """Print bans, and how many sessions have ended for each where that is known."""
    with_ended = bool(rows) and "sessions" in rows[0]

    def cells(row: "Row") -> list[object]:
        ended = [row["sessions"]] if with_ended else []
        return [row["target"], minute(row["since"]), end_of(row), row["by"], *ended, row["reason"]]

    ended = ("SESSIONS",) if with_ended else ()
    headings = ("TARGET", "SINCE (UTC)", "UNTIL (UTC)", "BY", *ended, "REASON")
    print_rows(rows, as_json, headings, cells, nothing)


def end_of(row: "Row") -> str:
    """Write until when a ban or a mute is in force."""
    return minute(row["expires"]) if row["expires"] else "for ever"
