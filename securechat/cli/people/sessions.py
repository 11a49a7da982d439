"""`securechat sessions`: who is logged in from where, and ending sessions."""

from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, minute, print_rows

if TYPE_CHECKING:
    from securechat.chat.requests import Request

_USE = "use `sessions`, `sessions NAME`, `sessions end NAME [ID]` or `sessions end [NAME] --address ADDRESS`"


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(sessions)


def sessions(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME] | end [NAME] [ID]", show_default=False, help="Whose, or which to end."
        ),
    ] = None,
    address: Annotated[
        str, typer.Option("--address", metavar="ADDRESS", help="End those from this address or network.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List who is logged in, from where and since when; or end sessions.

    `end NAME ID` ends one, `end NAME` all of an account, `end --address 192.0.2.0/24` all from there.
    Each has the name that its login gave it, as in alice@laptop.
    """
    from securechat.chat.people import EndSessionsOf
    from securechat.chat.requests import EndSession, ListSessions

    place = existing_place(config, data_dir)
    match words or []:
        case ["end", name, number] if number.isascii() and number.isdigit() and not address:
            request: Request = EndSession(name, int(number))
            _end(place, request, f"Session {number} of {name} was ended", as_json)
        case ["end", name]:
            there = f" from {address}" if address else ""
            _end(place, EndSessionsOf(name, address), f"The sessions of {name}{there} were ended", as_json)
        case ["end"] if address:
            _end(place, EndSessionsOf("", address), f"The sessions from {address} were ended", as_json)
        case [] if not address:
            _list(place, ListSessions(), as_json)
        case [name] if not address and name != "end":
            _list(place, ListSessions(name), as_json)
        case _:
            raise typer.BadParameter(_USE)


def _end(place: Place, request: "Request", done: str, as_json: bool) -> None:
    answer = change(place, request, done, facts={"ended": 1}, as_json=as_json)
    if not as_json and answer.rows:
        tell_number(answer.rows[0].get("ended"))


def tell_number(ended: object) -> None:
    """Say how many sessions there were to end."""
    from securechat.cli.telling import tell

    none = "There was none." if ended == 0 else f"There were {ended}."
    tell("There was 1." if ended == 1 else none)


def _list(place: Place, request: "Request", as_json: bool) -> None:
    from securechat.cli.ask import ask

    print_rows(
        ask(place, request).rows,
        as_json,
        ("ACCOUNT", "ID", "SESSION", "ADDRESS", "SINCE (UTC)"),
        lambda row: (row["account"], row["id"], row["name"], row["address"], minute(row["since"])),
    )
