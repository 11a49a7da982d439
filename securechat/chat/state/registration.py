"""What a connection has said of itself before its login: it is of no use afterwards."""

from typing import NamedTuple

from securechat.irc.sasl import Assembler


class Pending(NamedTuple):
    """An account that REGISTER began: its name and the hash of its password."""

    name: str
    phc: str


class Exchange(NamedTuple):
    """A SASL exchange: its mechanism, and what has come of the response."""

    mechanism: str
    response: Assembler


class Registration:
    """A session's way in, up to the welcome."""

    __slots__ = ("certificate", "held", "lines", "negotiating", "nick", "pending", "realname", "sasl")

    def __init__(self, certificate: str | None = None) -> None:
        self.certificate = certificate
        """The key of the client's certificate (`records.devices`), None when it showed none."""
        self.held: str | None = None
        """The nick that the welcome said, when the way in ends at a new password that has to be set."""
        self.lines = 0
        """How many lines it took so far; there is a bound."""
        self.negotiating = False
        """True between CAP LS or CAP REQ and CAP END: the welcome waits for the end."""
        self.nick: str | None = None
        """What NICK asked for, whatever it was; "" is that it was told to ask again."""
        self.realname: str | None = None
        """What USER said."""
        self.sasl: Exchange | None = None
        """What AUTHENTICATE began."""
        self.pending: Pending | None = None
