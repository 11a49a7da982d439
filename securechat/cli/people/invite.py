"""`securechat invite`: links and codes with which people make their own account."""

import re
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.change import change
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import read_line
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.secret import shown_first
from securechat.cli.table import JsonOption, minute, print_rows, written_as_json
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.chat.requests import Row
    from securechat.client.invitation import Invitation

_ID: Final = re.compile("[0-9a-fA-F]{8}")


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(invite)


def invite(
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[list | revoke ID]", show_default=False, help="Instead of inviting."),
    ] = None,
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="How many accounts can be made with it.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=365, help="For how many days it is valid.")] = 7,
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST[:PORT]", help="How people reach the server, if it does not know that itself."
        ),
    ] = "",
    only_code: Annotated[
        bool, typer.Option("--code", help="Print the code alone, for other clients than this one.")
    ] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a link with which somebody makes an account; list the invitations, or revoke one.

    The other side types `securechat join LINK`. The link holds server, pin and code. Other clients that can
    register accounts ask for the code, and take the link for it as well.
    An invitation is revoked by its id in the list, or by its code or link; `-` reads that from standard
    input.
    """
    place = existing_place(config, data_dir)
    match words or []:
        case []:
            _make(place, uses, days, host=host, only_code=only_code, as_json=as_json)
        case ["list"]:
            _list(place, as_json)
        case ["revoke", which]:
            _revoke(place, which, as_json)
        case _:
            raise typer.BadParameter("use `invite`, `invite list` or `invite revoke ID`")


def _make(place: Place, uses: int, days: int, *, host: str, only_code: bool, as_json: bool) -> None:
    from securechat.chat.requests import AddInvitation
    from securechat.chat.rules.invitations import digest, id_of
    from securechat.cli.people.links import invitation
    from securechat.storage.passwords import INVITATION_GROUPS, generate

    code = generate(INVITATION_GROUPS)
    link = invitation(place, host, code)
    key = digest(code)
    facts = {
        "id": id_of(key),
        "link": str(link),
        "server": str(link.address),
        "pin": link.pin,
        "code": code,
        "uses": uses,
        "days": days,
    }
    shown = written_as_json(facts) if as_json else code if only_code else str(link)
    done = f"An invitation for {count(uses, 'account')}, valid for {count(days, 'day')}, was made"
    more = f"Its {'code' if only_code else 'link'} is above and shown only now."
    with shown_first(shown):
        change(place, AddInvitation(key, uses, days), done, more, quiet=as_json)
    if place.config.identity.registration != "invite":
        tell('Nobody can use it yet: set identity.registration = "invite" and reload the server.')
    if not only_code and not as_json:
        _tell_how_to_use(link)


def _tell_how_to_use(link: "Invitation") -> None:
    """Say what the other side types, and where the link does not lead."""
    if ":" in link.address.host:
        tell("The other side types this, with the quotes: securechat join 'LINK'")
    else:
        tell("The other side types: securechat join LINK")
    if link.address.is_loopback:
        name = "a name or address of this machine"
        tell(f"{link.address.host} is this machine itself: for people elsewhere use --host with {name}.")


def _list(place: Place, as_json: bool) -> None:
    from securechat.chat.requests import ListInvitations
    from securechat.cli.ask import ask

    rows = ask(place, ListInvitations()).rows
    headings = ("ID", "ACCOUNTS", "MADE (UTC)", "EXPIRES (UTC)", "")
    print_rows(rows, as_json, headings, _cells, "There is no invitation: make one with `securechat invite`.")


def _cells(row: "Row") -> list[object]:
    expired = "expired" if row["expired"] else ""
    return [row["id"], row["uses"], minute(row["created"]), minute(row["expires"]), expired]


def _revoke(place: Place, which: str, as_json: bool) -> None:
    from securechat.chat.requests import RevokeInvitation
    from securechat.chat.rules.invitations import digest, id_of

    if which == "-":
        which = read_line()
    known_as = which.lower() if _ID.fullmatch(which) else id_of(digest(which))
    facts = {"id": known_as}
    done = f"The invitation {known_as} was revoked"
    try:
        change(place, RevokeInvitation(known_as), done, as_json=as_json, facts=facts)
    except CommandFailed as failure:
        if failure.code is not ExitCode.REFUSED or _ID.fullmatch(which):
            raise
        # The id was made of what was typed: it would say nothing to the person.
        text = "no invitation has this id, code or link: `securechat invite list` lists them"
        raise CommandFailed(text, ExitCode.REFUSED) from failure
