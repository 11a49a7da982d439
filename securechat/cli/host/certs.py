"""`securechat certs`: the server's certificate and the pin that clients compare."""

from pathlib import Path
from typing import Annotated, Final

import typer

from securechat.cli.exits import CommandFailed
from securechat.cli.host import public_certs
from securechat.cli.place import ConfigOption, DataDirOption, Place, find_place
from securechat.cli.table import JsonOption, print_json
from securechat.cli.telling import tell

_MINUTES: Final = "%Y-%m-%d %H:%M UTC"


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    group = typer.Typer(
        help="Show, renew and replace the server's certificate.", no_args_is_help=True, rich_markup_mode=None
    )
    group.command("show")(show)
    group.command("renew")(renew)
    public_certs.register(group)
    app.add_typer(group, name="certs")


def show(
    as_json: JsonOption = False,
    cert: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="What `securechat server` is given as --cert, if it is."),
    ] = None,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Print the pin and the names of the server's certificate, how long it is valid, and how to connect.

    The certificate is that of --cert, or what a running server uses, or the configured one, or else the
    server's own in the data directory.
    """
    _show(find_place(config, data_dir), as_json, cert)


def renew(as_json: JsonOption = False, config: ConfigOption = None, data_dir: DataDirOption = None) -> None:
    """Renew the server's own certificate.

    The keys stay, and so do the pins. A running server uses it at once.
    """
    from securechat.app.certificates import certificates_of, check_own, read_identity
    from securechat.tls.errors import CertificateProblem

    place = find_place(config, data_dir)
    try:
        check_own(certificates_of(place.config, place.directory))
        place.require()
        _renew(place)
        names = read_identity(certificates_of(place.config, place.directory).certificate).names
    except CertificateProblem as error:
        raise CommandFailed(str(error)) from error
    public_certs.note(place, names, "renewed by the server's own authority")
    tell("The certificate was renewed.")
    _show(place, as_json)


def _renew(place: Place) -> None:
    """Have it made again by who holds the lock: the server, or this process."""
    from securechat.app.certificates import prepare
    from securechat.cli.host.control import command
    from securechat.storage.errors import StorageError
    from securechat.storage.lock import DirectoryBusy, DirectoryLock

    try:
        with DirectoryLock(place.directory):
            prepare(place.config, place.directory, renew=True)
    except DirectoryBusy:
        command(place, "renew-certificate")
    except (StorageError, OSError) as error:
        raise CommandFailed(str(error)) from error


def _show(place: Place, as_json: bool, given: Path | None = None) -> None:
    from securechat.app.certificates import certificates_of, connect_line, read_identity
    from securechat.cli.served import find_served
    from securechat.tls.errors import CertificateProblem

    served = find_served(place)
    certificate = served.certificate if given is None else given.absolute()
    files = certificates_of(place.config, place.directory)
    own = files.own and certificate == files.certificate
    if own and not certificate.exists():
        raise CommandFailed(
            f"there is no certificate in {place.directory}: the server makes one when it starts, unless it "
            "is given another one, which --cert shows (of scripts/quickstart: --cert certs/server.pem)"
        )
    try:
        identity = read_identity(certificate)
    except CertificateProblem as error:
        raise CommandFailed(str(error)) from error
    line = connect_line(place.config, identity, served.port)
    if as_json:
        facts = {
            "certificate": str(certificate),
            "own": own,
            "pin": identity.pin,
            "names": identity.names,
            "valid": identity.is_valid(),
            "state": identity.state(),
            "starts": identity.starts.isoformat(),
            "expires": identity.expires.isoformat(),
            "connect": line,
        }
        print_json(facts)
        return
    state = identity.state()
    remark = "" if state == "good" else f" ({state})"
    if not identity.is_valid():
        remark = " (not now: the server does not start with it)"
    for text in (
        f"certificate  {certificate}",
        f"pin          {identity.pin}",
        f"names        {', '.join(identity.names)}",
        f"valid        {identity.starts:{_MINUTES}} to {identity.expires:{_MINUTES}}{remark}",
        f"connect      {line}",
    ):
        tell(text, out=True)
