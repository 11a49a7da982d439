"""`securechat devices`: what logs in to accounts without their passwords."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.change import change
from securechat.cli.passwords import shown_or_saved
from securechat.cli.people.accounts import NameArgument
from securechat.cli.place import ConfigOption, DataDirOption, existing_place
from securechat.cli.table import JsonOption, day, minute, print_rows

if TYPE_CHECKING:
    from securechat.chat.requests import Row

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
    facts = {"account": name, "device": device, "days": days}
    request = AddDevice(name, device, digest(token), days=days)
    with shown_or_saved(token, save is None, save, facts if as_json else None, "token") as printed:
        done = f"The device {device} of {name} was added"
        change(place, request, done, where, quiet=printed, as_json=as_json, facts=facts)


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

    rows = ask(existing_place(config, data_dir), ListDevices(name)).rows
    headings = ("ACCOUNT", "DEVICE", "KIND", "ADDED", "LAST USED (UTC)", "UNTIL", "SESSIONS")
    nothing = "There is no device: add one with `securechat devices add NAME DEVICE`."
    print_rows(rows, as_json, headings, _cells, nothing)


def _cells(row: "Row") -> list[object]:
    used = minute(row["used"]) if row["used"] else "never"
    until = "expired" if row["expired"] else day(row["expires"])
    named = [row["account"], row["device"], row["kind"]]
    return [*named, day(row["created"]), used, until, row["sessions"]]


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
    facts = {"account": name, "device": device}
    change(place, RevokeDevice(name, device), done, as_json=as_json, facts=facts)
