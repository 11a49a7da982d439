"""`securechat devices`: what logs in to accounts without their passwords."""

from pathlib import Path
from typing import Annotated

import typer

from securechat.cli.change import change
from securechat.cli.passwords import shown_or_saved
from securechat.cli.people.accounts import NameArgument
from securechat.cli.place import ConfigOption, DataDirOption, existing_place, load_config
from securechat.cli.table import JsonOption, day, minute, print_json, print_table
from securechat.cli.telling import tell

DeviceArgument = Annotated[
    str, typer.Argument(metavar="DEVICE", show_default=False, help="The device's name, such as phone.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    text = "List, add and revoke devices, which log in to an account without its password."
    group = typer.Typer(help=text, no_args_is_help=True)
    group.command("list")(list_devices)
    group.command("add")(add_device)
    group.command("revoke")(revoke_device)
    app.add_typer(group, name="devices")


def add_device(
    name: NameArgument,
    device: DeviceArgument,
    days: Annotated[int, typer.Option(min=1, max=3650, help="For how many days it may log in.")] = 365,
    save: Annotated[
        Path | None,
        typer.Option(
            "--save", metavar="FILE", help="Write the token into a new file that --password-file can read."
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print a token with which a device logs in to an account.

    It goes where a client wants the password. It is shown only now; only a hash of it is kept.
    """
    from securechat.chat.requests import AddDevice
    from securechat.chat.tokens import digest
    from securechat.storage.passwords import generate_token

    place = existing_place(config, data_dir)
    token = generate_token()
    where = f"Its token is in {save}." if save is not None else "Its token is above and shown only now."
    facts = {"account": name, "device": device, "days": days} if as_json else None
    with shown_or_saved(token, save is None, save, facts, "token") as left:
        request = AddDevice(name, device, digest(token), days=days)
        done, settings = f"The device {device} of {name} was added", load_config(place).config
        change(place, settings, request, done, where, quiet=as_json, facts=left)


def list_devices(
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", show_default=False, help="Only of this account.")
    ] = "",
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """List the devices of an account, or of all."""
    from securechat.chat.requests import ListDevices
    from securechat.cli.ask import ask

    place = existing_place(config, data_dir)
    rows = ask(place.directory, load_config(place).config, ListDevices(name)).rows
    if as_json:
        print_json([dict(row) for row in rows])
    elif not rows:
        tell("There is no device: add one with `securechat devices add NAME DEVICE`.")
    else:
        table: list[tuple[str, ...]] = [
            ("ACCOUNT", "DEVICE", "KIND", "ADDED", "LAST USED (UTC)", "UNTIL", "SESSIONS")
        ]
        for row in rows:
            used = minute(row["used"]) if row["used"] else "never"
            until = "expired" if row["expired"] else day(row["expires"])
            cells = (
                row["account"],
                row["device"],
                row["kind"],
                day(row["created"]),
                used,
                until,
                row["sessions"],
            )
            table.append(tuple(str(cell) for cell in cells))
        print_table(table)


def revoke_device(
    name: NameArgument,
    device: DeviceArgument,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Let a device log in no more and end its sessions."""
    from securechat.chat.requests import RevokeDevice

    place = existing_place(config, data_dir)
    done = f"The device {device} of {name} was revoked"
    facts = {"account": name, "device": device} if as_json else None
    change(place, load_config(place).config, RevokeDevice(name, device), done, facts=facts)
