"""`securechat trust devices` and `forget`: the keys with which this user's computer logs in to servers."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.client.remote import fail, parse_host
from securechat.cli.exits import CommandFailed
from securechat.cli.table import JsonOption, day, print_json, print_table
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.client.network.devices import DeviceFiles, Kept


def list_devices(as_json: JsonOption = False) -> None:
    """List the keys with which this computer logs in, and for which accounts you wanted none."""
    from securechat.client.errors import CredentialError

    try:
        found = _files().all()
    except CredentialError as error:
        fail(error)
    if as_json:
        print_json([_row(kept) for kept in found])
    elif not found:
        tell("This computer has no key: `securechat connect` offers to make one.")
    else:
        table: list[tuple[str, ...]] = [("SERVER", "ACCOUNT", "DEVICE", "UNTIL")]
        for kept in found:
            device = kept.device or "none is wanted"
            table.append((kept.server, kept.account, device, day(kept.until) if kept.device else ""))
        print_table(table)


def forget(
    server: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The server.", show_default=False)],
    user: Annotated[str, typer.Option("--user", metavar="NAME", help="Only of this account.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Remove this computer's keys for a server, and your answer not to make one.

    The server keeps the device until it ends or is revoked.
    """
    from securechat.client.errors import CredentialError
    from securechat.client.network.devices import own_name

    address = str(parse_host(server))
    try:
        files = _files()
        found = [kept for kept in files.all() if kept.server == address]
        meant = [kept for kept in found if not user or kept.account == own_name(user)]
        for kept in meant:
            files.forget(kept)
    except CredentialError as error:
        fail(error)
    if not meant:
        raise CommandFailed(f"this computer has no key for {address} (`securechat trust devices`)")
    if as_json:
        print_json([_row(kept) for kept in meant])
        return
    for kept in meant:
        tell(_forgotten(kept), out=True)


def _forgotten(kept: "Kept") -> str:
    if not kept.device:
        return f"Your answer for {kept.account} on {kept.server} is forgotten."
    return (
        f"The key for {kept.account} on {kept.server} is removed. "
        f"The server still has the device: /msg securechat devices revoke {kept.device}"
    )


def _row(kept: "Kept") -> dict[str, str | int | None]:
    return {
        "server": kept.server,
        "account": kept.account,
        "device": kept.device or None,
        "expires": kept.until or None,
    }


def _files() -> "DeviceFiles":
    from securechat.client.network.devices import DeviceFiles
    from securechat.client.paths import places

    return DeviceFiles(places(os.environ).devices)
