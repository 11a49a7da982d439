"""What a connection has said of itself before its login: it is of no use afterwards."""

from typing import NamedTuple

from securechat.irc.sasl import Assembler


class Pending(NamedTuple):
    """An account that REGISTER began: its name and the hash of its password."""

    name: str
    phc: str


class Registration:
    """A session's way in, up to the welcome."""

    __slots__ = ("lines", "negotiating", "nick", "pending", "realname", "sasl")

    def __init__(self) -> None:
        self.lines = 0
        """How many lines it took so far; there is a bound."""
        self.negotiating = False
        """True between CAP LS or CAP REQ and CAP END: the welcome waits for the end."""
        self.nick: str | None = None
        """What NICK asked for, whatever it was; "" is that it was told to ask again."""
        self.realname: str | None = None
        """What USER said."""
        self.sasl: Assembler | None = None
        """The payload of AUTHENTICATE, as far as it has come."""
        self.pending: Pending | None = None
