"""`securechat certs install` and `certs acme`: a certificate of a public authority, put to use."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import name_of
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, print_facts
from securechat.cli.telling import tell

if TYPE_CHECKING:
    from securechat.app.acme import Order
    from securechat.app.public_certificate import Placed
    from securechat.config import Config

_DAY: Final = "%Y-%m-%d"


def register(group: typer.Typer) -> None:
    """Add the commands to `securechat certs`."""
    group.command("install")(install)
    group.command("acme")(acme)


def install(
    cert: Annotated[
        Path, typer.Option("--cert", metavar="FILE", help="The chain, the server's certificate first (PEM).")
    ],
    key: Annotated[Path, typer.Option("--key", metavar="FILE", help="Its key (PEM).")],
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Put a certificate of a public authority to use, in place of the server's own.

    It is checked as clients would, copied into the data directory, and used by a running server at once, for
    new connections. One that clients would refuse changes nothing. For the hook of an ACME client.
    """
    from securechat.app.public_certificate import read_pair
    from securechat.tls.errors import CertificateProblem

    place = existing_place(config, data_dir)
    try:
        content = read_pair(cert, key)
    except CertificateProblem as error:
        raise CommandFailed(str(error), ExitCode.REFUSED) from error
    _put_to_use(place, content, f"from {name_of(cert)}", as_json)


def acme(
    names: Annotated[
        list[str] | None,
        typer.Option(
            "--name",
            metavar="HOST",
            help="For which name; may be repeated. By default server.name and tls.names.",
        ),
    ] = None,
    email: Annotated[str, typer.Option("--email", help="Where the authority may write to.")] = "",
    agree: Annotated[
        bool, typer.Option("--agree-terms", help="Agree to the terms of the authority.")
    ] = False,
    directory: Annotated[
        str | None,
        typer.Option("--directory", metavar="URL", help="The authority; by default Let's Encrypt."),
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(
            "--ca", metavar="FILE", help="Who has signed for the directory itself, if that is private."
        ),
    ] = None,
    webroot: Annotated[
        Path | None,
        typer.Option("--webroot", metavar="DIR", help="The root of the web server that has port 80."),
    ] = None,
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Where to answer, if port 80 is forwarded to another one.")
    ] = 80,
    renew: Annotated[
        bool, typer.Option("--renew", help="Only renew what was fetched before, when it is due.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Renew it, due or not.")] = False,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Fetch a certificate from a public authority (ACME, RFC 8555) and put it to use; renew it.

    The authority looks for an answer at port 80 of each name. With --renew nothing happens until a third of
    the time is left. Account and certificate keep their keys, so a pin of the certificate stays.
    """
    place = existing_place(config, data_dir)
    _require_extra()
    if renew:
        order = _last_order(place)
        if force or _is_due(place, as_json):
            _fetch(place, order, as_json, agreed=True)
        return
    order = _new_order(place.config, names or (), directory or "", email, ca, webroot, port)
    _fetch(place, order, as_json, agreed=agree)
    tell("`securechat certs acme --renew` renews it when it is due. Where the service is installed:")
    tell("systemctl enable --now securechat-acme.timer")


def _require_extra() -> None:
    """Raise CommandFailed when the library is not installed."""
    try:
        import acme  # noqa: F401
    except ImportError as error:
        raise CommandFailed(
            "this needs the extra `acme`: in a clone, scripts/install, or pip install '.[acme]', brings it"
        ) from error


def _last_order(place: Place) -> "Order":
    from securechat.app.acme import AcmeFailed, read_order

    try:
        order = read_order(place.directory)
    except AcmeFailed as error:
        raise CommandFailed(str(error)) from error
    if order is None:
        raise CommandFailed("nothing was fetched before: run `securechat certs acme` first", ExitCode.REFUSED)
    return order


def _is_due(place: Place, as_json: bool) -> bool:
    """Return whether it is time to renew; say until when it is not."""
    from securechat.app.public_certificate import due
    from securechat.tls.errors import CertificateProblem

    try:
        at = due(place.directory)
    except CertificateProblem:
        return True  # it is gone, or damaged
    if datetime.now(UTC) >= at:
        return True
    tell(f"The certificate is renewed from {at:{_DAY}} on: nothing is to be done.")
    print_facts({"renewed": False, "due": at.isoformat()}, as_json)
    return False


def _new_order(
    config: "Config",
    names: Sequence[str],
    directory: str,
    email: str,
    ca: Path | None,
    webroot: Path | None,
    port: int,
) -> "Order":
    """Return what the options say. Raises CommandFailed and BadParameter."""
    from securechat.app.acme import LETS_ENCRYPT, Order
    from securechat.tls.errors import CertificateProblem, InvalidName
    from securechat.tls.names import parse_name
    from securechat.tls.pins import read_certificates

    usual = [config.server.name] if config.server.name else []
    wanted = tuple(dict.fromkeys(names or [*usual, *config.tls.names]))
    if not wanted:
        raise CommandFailed("no name is configured: say for which with --name", ExitCode.USAGE)
    try:
        for name in wanted:
            parse_name(name)
    except InvalidName as error:
        raise typer.BadParameter(str(error), param_hint="--name") from error
    if directory and not directory.startswith("https://"):
        raise typer.BadParameter("an authority has a URL that begins with https://", param_hint="--directory")
    if webroot is not None and not webroot.is_dir():
        raise typer.BadParameter(f"{webroot} is not a directory", param_hint="--webroot")
    try:
        if ca is not None:
            read_certificates(ca)
    except CertificateProblem as error:
        raise CommandFailed(str(error)) from error
    trusted, root = (str(path.absolute()) if path is not None else "" for path in (ca, webroot))
    return Order(directory or LETS_ENCRYPT, wanted, email, trusted, root, port)


def _fetch(place: Place, order: "Order", as_json: bool, *, agreed: bool) -> None:
    from securechat.app.acme import AcmeFailed, certificate_key, fetch, keep_order
    from securechat.app.certificates import PUBLIC
    from securechat.tls.errors import CertificateProblem

    try:
        key = certificate_key(place.directory / PUBLIC)
        chain = fetch(order, place.directory, key, agreed=agreed)
        _put_to_use(place, key + chain, f"from {order.directory}", as_json)
        keep_order(place.directory, order)
    except (AcmeFailed, CertificateProblem) as error:
        raise CommandFailed(f"nothing was changed: {error}") from error
    except OSError as error:
        raise CommandFailed(f"the certificate cannot be kept in {place.directory}: {error}") from error


def _put_to_use(place: Place, content: bytes, whence: str, as_json: bool) -> None:
    """Check a key and its chain, put them in their place, and have a running server use them."""
    from securechat.app import public_certificate
    from securechat.tls.errors import CertificateProblem

    try:
        placed = public_certificate.place(place.config, place.directory, content)
        used = _use(place, placed)
    except CertificateProblem as error:
        raise CommandFailed(f"nothing was changed: {error}", ExitCode.REFUSED) from error
    except OSError as error:
        raise CommandFailed(f"the certificate cannot be kept in {place.directory}: {error}") from error
    note(place, placed.names, whence)
    for remark in placed.remarks:
        tell(f"Note: {remark}.")
    names, ends = ", ".join(placed.names), placed.ends
    where = "is used for new connections" if used else "will be used when the server starts"
    tell(f"The certificate for {names}, valid until {ends:{_DAY}}, {where}.")
    facts = {"renewed": True, "certificate": str(placed.path), "names": list(placed.names)}
    print_facts({**facts, "expires": ends.isoformat(), "used": used}, as_json)


def _use(place: Place, placed: "Placed") -> bool:
    """Have a running server use it, and return whether there is one; what it refuses is put back."""
    from securechat.chat.requests import Refused
    from securechat.server.control_client import NoAnswer, NotRunning, ask

    try:
        answer = ask(place.directory, "reload")
    except NotRunning:
        return False
    except NoAnswer as error:
        raise CommandFailed(
            f"{placed.path} is in its place, but {error}: run `securechat reload`",
            ExitCode.UNKNOWN_OUTCOME,
        ) from error
    if isinstance(answer, Refused):
        placed.undo()
        raise CommandFailed(f"{answer.text}; the certificate from before is in its place", ExitCode.REFUSED)
    return True


def note(place: Place, names: Iterable[str], whence: str) -> None:
    """Have a certificate in the audit log, where there is one: for which names it is, and whose."""
    from securechat.chat.requests import NoteCertificate
    from securechat.cli.ask import ask
    from securechat.storage.databases import Database

    if Database(place.directory, place.config.storage.url).exists():
        ask(place, NoteCertificate(",".join(names), whence))
