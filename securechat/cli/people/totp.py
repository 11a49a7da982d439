"""`securechat totp`: second factors of accounts, for administrators. People turn them on in the chat."""

from typing import Annotated

import typer

from securechat.cli.change import change
from securechat.cli.people.accounts import NameArgument
from securechat.cli.place import ConfigOption, DataDirOption, existing_place, load_config
from securechat.cli.table import JsonOption, day, print_json, print_table
from securechat.cli.telling import tell


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        help="List and reset second factors (TOTP), which people turn on in the chat.", no_args_is_help=True
    )
    group.command("list")(list_factors)
    group.command("reset")(reset)
    app.add_typer(group, name="totp")


def list_factors(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", show_default=False, help="Only of this account.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the accounts that have a second factor."""
    from securechat.chat.requests import ListSecondFactors
    from securechat.cli.ask import ask

    place = existing_place(config, data_dir)
    rows = ask(place.directory, load_config(place).config, ListSecondFactors(name)).rows
    if as_json:
        print_json([dict(row) for row in rows])
    elif not rows:
        tell("Nobody has a second factor." if not name else f"{name} has no second factor.")
    else:
        table: list[tuple[str, ...]] = [("ACCOUNT", "SINCE", "RECOVERY CODES LEFT")]
        table += [(str(row["account"]), day(row["since"]), str(row["recovery_codes"])) for row in rows]
        print_table(table)


def reset(
    name: NameArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Take away the second factor of an account, whose owner has lost the authenticator.

    Make sure that it is the owner who asks: from then on the password alone is enough. Devices and sessions
    stay.
    """
    from securechat.chat.requests import ResetSecondFactor

    place = existing_place(config, data_dir)
    done = f"The second factor of {name} was taken away"
    more = "With /msg securechat totp on its owner can make a new one."
    facts = {"account": name, "second_factor": False} if as_json else None
    change(place, load_config(place).config, ResetSecondFactor(name), done, more, facts=facts)
