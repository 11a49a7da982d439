"""What a script says of the server and of its account, and what a connection needs of that."""

import os
from pathlib import Path
from typing import Required, TypedDict

from securechat.client.account.credentials import PasswordSource
from securechat.client.account.login import Login, log_in_unasked
from securechat.client.address import Address, parse_address
from securechat.client.invitation import read_invitation
from securechat.client.network.trust import remember, settle, settle_invited
from securechat.client.paths import places


class Options(TypedDict, total=False):
    """As whom, and whom to trust: the keyword arguments of `Client` and `AsyncClient`.

    The password is given in one of three ways, or not at all: then the key is used that `securechat connect`
    or `enrol` has made for this computer. Without `ca` (a PEM file) and `pin`, known servers and the system's
    authorities decide whom to trust. `timeout` is in seconds, for each answer of the server (30).
    """

    user: Required[str]
    password: str | None
    password_file: str | Path | None
    password_command: str | None
    ca: str | Path | None
    pin: str | None
    timeout: float


def log_in(host: str, port: int, options: Options) -> Login:
    """Return what a connection needs. Raises InvalidAddress, CredentialError, TrustError, and ValueError for
    a text that is no pin.
    """
    from securechat.tls.pins import parse_pin

    address, here = parse_address(host, port), places(os.environ)
    ca, pin, file = options.get("ca"), options.get("pin"), options.get("password_file")
    trust = settle(
        address,
        here,
        ca=Path(ca) if ca is not None else None,
        pin=parse_pin(pin) if pin is not None else None,
    )
    source = PasswordSource(
        file=Path(file) if file is not None else None, command=options.get("password_command")
    )
    return log_in_unasked(trust, options["user"], here, options.get("password"), source)


def make_account(link: str, user: str, password: str) -> Address:
    """Make an account with an invitation's link; return where. Blocks. As `Client.register` says."""
    from securechat.client.account.joining import make_account

    invitation, here = read_invitation(link), places(os.environ)
    trust = settle_invited(invitation.address, invitation.pin, here, ask=None)
    make_account(trust, user, password, invitation.code)
    remember(invitation.address, invitation.pin, here)
    return invitation.address
