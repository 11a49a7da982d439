"""Where an invitation leads: the server's address as people reach it, and the pin that they need."""

import shlex
from typing import TYPE_CHECKING

import typer

from securechat.app.directory import data_dir_option
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import Place
from securechat.cli.served import Served, find_served

if TYPE_CHECKING:
    from securechat.app.certificates import Identity
    from securechat.client.address import Address
    from securechat.client.invitation import Invitation


def invitation(place: Place, host: str, code: str) -> "Invitation":
    """Return the invitation by which a code leads to this server; `host` is HOST[:PORT], or "".

    Where the server has never run, its certificate is made. Raises CommandFailed, BadParameter.
    """
    from securechat.app.certificates import read_identity
    from securechat.client.invitation import Invitation
    from securechat.tls.errors import CertificateProblem

    try:
        _make_certificate(place)
        served = find_served(place)
        identity = read_identity(served.certificate)
        pin = "" if _is_public(place, served) else identity.pin
        return Invitation(_address(place, served, identity, host), code, pin)
    except CertificateProblem as error:
        raise CommandFailed(str(error)) from error


def _make_certificate(place: Place) -> None:
    """Make the server's own certificate, as its first start would, where there is none yet."""
    from securechat.app.certificates import certificates_of, prepare
    from securechat.storage.errors import StorageError
    from securechat.storage.lock import DirectoryBusy, DirectoryLock

    files = certificates_of(place.config, place.directory)
    if not files.own or files.certificate.exists():
        return
    try:
        with DirectoryLock(place.directory):
            prepare(place.config, place.directory)
    except DirectoryBusy:
        return  # by a server that is given another certificate, or makes it now
    except StorageError as error:
        raise CommandFailed(str(error)) from error


def _is_public(place: Place, served: Served) -> bool:
    from securechat.app.certificates import certificates_of, make_context
    from securechat.tls.rehearsal import is_public

    if served.public is not None:
        return served.public
    files = certificates_of(place.config, place.directory)
    return not files.own and is_public(make_context(place.config, place.directory).context)


def _address(place: Place, served: Served, identity: "Identity", host: str) -> "Address":
    """Return the address that people connect to. The certificate has to stand for it, or none can."""
    from securechat.app.certificates import public_name
    from securechat.client.address import Address, parse_address
    from securechat.client.errors import InvalidAddress
    from securechat.tls.names import stands_for

    if not host:
        return Address(public_name(place.config, identity.names), served.port)
    try:
        address = parse_address(host, served.port)
    except InvalidAddress as error:
        raise typer.BadParameter(str(error), param_hint="--host") from error
    if not stands_for(identity.names, address.host):
        raise CommandFailed(
            f"the server's certificate does not stand for {address.host}, so nobody could connect by this "
            f"name. It stands for {', '.join(identity.names)}\n" + _how_to_add(place, served, address.host),
            ExitCode.REFUSED,
        )
    return address


def _how_to_add(place: Place, served: Served, name: str) -> str:
    """Return what the operator types so that the server's certificate stands for one more name."""
    from securechat.app.certificates import certificates_of

    config = place.config
    files = certificates_of(config, place.directory)
    option = data_dir_option(place.directory)
    if config.tls.certificate or served.certificate != files.certificate:
        return f"have {served.certificate} issued for it as well, and run `securechat reload{option}`"
    if not files.own:
        return f"fetch one that does: securechat certs acme --name {name} --agree-terms{option}"
    names = ", ".join(f'"{each}"' for each in (*config.tls.names, name))
    renew = f"securechat certs renew{option}"
    if place.file is not None:
        return f"write names = [{names}] below [tls] in {place.file}, and run `{renew}`"
    file = shlex.quote(str(place.directory / "securechat.toml"))
    return f"add it: printf '[tls]\\nnames = [{names}]\\n' > {file} && {renew}"
