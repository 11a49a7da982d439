"""`securechat trust`: the servers that this user has decided to trust."""

import os
from typing import TYPE_CHECKING, Annotated

import typer

from securechat.cli.client.remote import fail, parse_host
from securechat.cli.client.trust_devices import forget, list_devices
from securechat.cli.exits import CommandFailed
from securechat.cli.table import JsonOption, print_json
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.client.kept.known_servers import KnownServers


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        help="List and remove the servers that you trust, and the keys of this computer.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("list")(list_servers)
    group.command("remove")(remove)
    group.command("devices")(list_devices)
    group.command("forget")(forget)
    app.add_typer(group, name="trust")


def list_servers(as_json: JsonOption = False) -> None:
    """List the servers that are trusted by their pin."""
    from securechat.client.errors import TrustError

    try:
        known = _known().all()
    except TrustError as error:
        fail(error)
    if as_json:
        print_json([{"server": str(address), "pin": pin} for address, pin in known])
        return
    for address, pin in known:
        tell(f"{address}  {pin}", out=True)


def remove(
    server: Annotated[str, typer.Argument(metavar="HOST[:PORT]", help="The server.", show_default=False)],
    as_json: JsonOption = False,
) -> None:
    """Forget a server: at the next connection you are asked whether to trust it."""
    from securechat.client.errors import TrustError

    address = parse_host(server)
    try:
        removed = _known().remove(address)
    except TrustError as error:
        fail(error)
    if not removed:
        raise CommandFailed(f"{address} is not among the servers that you trust (`securechat trust list`)")
    if as_json:
        print_json({"server": str(address)})
    else:
        tell(f"{address} is forgotten.", out=True)


def _known() -> "KnownServers":
    from securechat.client.kept.known_servers import KnownServers
    from securechat.client.paths import places

    return KnownServers(places(os.environ).known_servers)
