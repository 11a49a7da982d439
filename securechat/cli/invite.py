"""`securechat invite`: codes with which people make their own account."""

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.change import change
from securechat.cli.config import load_config
from securechat.cli.files import read_line
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.secret import shown_first
from securechat.cli.table import minute, print_json, print_table
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.config import Config

_ID: Final = re.compile("[0-9a-fA-F]{8}")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(invite)


def invite(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[list | revoke ID]", show_default=False, help="Instead of making a code."),
    ] = None,
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="How many accounts can be made with it.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=365, help="For how many days it is valid.")] = 7,
    as_json: Annotated[bool, typer.Option("--json", help="List as JSON.")] = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a code with which somebody can make an account; list the invitations, or revoke one.

    The person's client asks for the code when registering; `identity.registration = "invite"` allows that.
    An invitation is revoked by its id in the list, or by its code; `-` reads that from standard input.
    """
    place = find_place(config, data_dir)
    place.require()
    settings = load_config(place).config
    match words or []:
        case []:
            _make(place, settings, uses, days)
        case ["list"]:
            _list(place, settings, as_json)
        case ["revoke", which]:
            _revoke(place, settings, which)
        case _:
            raise typer.BadParameter("use `invite`, `invite list` or `invite revoke ID`")


def _make(place: Place, settings: "Config", uses: int, days: int) -> None:
    from securechat.chat.requests import AddInvitation
    from securechat.chat.rules.invitations import digest
    from securechat.storage.passwords import INVITATION_GROUPS, generate

    code = generate(INVITATION_GROUPS)
    people = "one account" if uses == 1 else f"{uses} accounts"
    valid = "one day" if days == 1 else f"{days} days"
    done = f"An invitation for {people}, valid for {valid}, was made"
    with shown_first(code):
        request = AddInvitation(digest(code), uses, days)
        change(place, settings, request, done, "Its code is above and shown only now.")
    if settings.identity.registration != "invite":
        text = 'Nobody can use it yet: set identity.registration = "invite" and reload the server.'
        tell(text)


def _list(place: Place, settings: "Config", as_json: bool) -> None:
    from securechat.chat.requests import ListInvitations
    from securechat.cli.ask import ask

    rows = ask(place.directory, settings, ListInvitations()).rows
    if as_json:
        print_json([dict(row) for row in rows])
        return
    if not rows:
        tell("There is no invitation: make one with `securechat invite`.")
        return
    table: list[tuple[str, ...]] = [("ID", "ACCOUNTS", "MADE (UTC)", "EXPIRES (UTC)", "")]
    for row in rows:
        expired = "expired" if row["expired"] else ""
        table.append(
            (str(row["id"]), str(row["uses"]), minute(row["created"]), minute(row["expires"]), expired)
        )
    print_table(table)


def _revoke(place: Place, settings: "Config", which: str) -> None:
    from securechat.chat.requests import RevokeInvitation
    from securechat.chat.rules.invitations import digest, id_of

    if which == "-":
        which = read_line()
    known_as = which.lower() if _ID.fullmatch(which) else id_of(digest(which))
    change(place, settings, RevokeInvitation(known_as), f"The invitation {known_as} was revoked")
