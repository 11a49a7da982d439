"""`securechat invite`: codes with which people make their own account."""

from typing import Annotated

import typer

from securechat.cli.config import load_config
from securechat.cli.place import ConfigOption, DataDirOption, find_place


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(invite)


def invite(
    uses: Annotated[int, typer.Option(min=1, max=10_000, help="How many accounts can be made with it.")] = 1,
    days: Annotated[int, typer.Option(min=1, max=365, help="For how many days it is valid.")] = 7,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a code with which somebody can make an account.

    The person's client asks for it when registering; `identity.registration = "invite"` allows that.
    """
    from securechat.chat.invitations import digest
    from securechat.chat.requests import AddInvitation
    from securechat.cli.ask import ask
    from securechat.storage.passwords import INVITATION_GROUPS, generate

    place = find_place(config, data_dir)
    place.require()
    settings = load_config(place).config
    code = generate(INVITATION_GROUPS)
    ask(place.directory, settings, AddInvitation(digest(code), uses, days))
    people = "one account" if uses == 1 else f"{uses} accounts"
    typer.echo(f"An invitation for {people}, valid for {days} days and shown only now:", err=True)
    typer.echo(code)
    if settings.identity.registration != "invite":
        text = 'Nobody can use it yet: set identity.registration = "invite" and reload the server.'
        typer.echo(text, err=True)
