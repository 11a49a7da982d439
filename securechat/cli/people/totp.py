"""`securechat totp`: second factors of accounts, for administrators. People turn them on in the chat."""

from typing import Annotated

import typer

from securechat.cli.change import change
from securechat.cli.people.accounts import NameArgument
from securechat.cli.place import ConfigOption, DataDirOption, existing_place
from securechat.cli.table import JsonOption, day, print_rows


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

    print_rows(
        ask(existing_place(config, data_dir), ListSecondFactors(name)).rows,
        as_json,
        ("ACCOUNT", "SINCE", "RECOVERY CODES LEFT"),
        lambda row: (row["account"], day(row["since"]), row["recovery_codes"]),
        f"{name} has no second factor." if name else "Nobody has a second factor.",
    )


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
    more = "With /msg securechat totp on <password> its owner can make a new one."
    facts = {"account": name, "second_factor": False}
    change(place, ResetSecondFactor(name), done, more, as_json=as_json, facts=facts)
