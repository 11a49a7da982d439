"""Invitations as people get them: a link that says which server, with which pin, and by which code."""

from dataclasses import dataclass, field

from securechat.client.address import Address, parse_address
from securechat.client.errors import InvalidAddress, InvalidInvitation
from securechat.irc.invitation import InvalidLink, Link, is_link, read_link
from securechat.tls.errors import InvalidPin
from securechat.tls.pins import parse_pin


@dataclass(frozen=True, slots=True)
class Invitation:
    """A link that was understood. `pin` is "" where the authorities of this system vouch for the server."""

    address: Address
    code: str = field(repr=False)
    pin: str = ""

    def __str__(self) -> str:
        return str(Link(self.address.short, self.code, self.pin))


def read_invitation(text: str) -> Invitation:
    """Read an invitation's link. Raises InvalidInvitation."""
    try:
        link = read_link(text)
        return Invitation(parse_address(link.server), link.code, parse_pin(link.pin) if link.pin else "")
    except (InvalidLink, InvalidAddress, InvalidPin) as error:
        raise InvalidInvitation(f"this is not an invitation's link: {error}") from None


def is_elsewhere(text: str, address: Address | None) -> bool:
    """Return whether a text is a link to another server, or a damaged one: its code is not for this one."""
    try:
        return read_invitation(text).address.host != (address.host if address is not None else "")
    except InvalidInvitation:
        return is_link(text.strip("<> "))
