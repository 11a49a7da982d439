"""Proving a password without coming in: the login is ended as soon as the server has taken it.

Nobody sees the account come or go.
"""

from collections.abc import Callable

from securechat.client.errors import ClientError, Unreachable
from securechat.client.network.dialogue import talk
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import Credentials, Registration
from securechat.irc.message import Message


class Proof:
    """The dialogue of one connection, without I/O; see `dialogue.Dialogue`."""

    def __init__(self, credentials: Credentials, send: Callable[[Message], None]) -> None:
        self.done = False
        self.failure: ClientError | None = None
        self._send = send
        self._registration = Registration(credentials, send)

    @property
    def takes_keys(self) -> bool:
        """Whether a computer can log in here by a key of its own."""
        return self._registration.knows_devices

    def begin(self) -> None:
        """Send what starts it. Nothing of it is secret."""
        self._registration.begin()

    def feed(self, message: Message) -> None:
        """Take a message from the server."""
        match message.command:
            case "903":
                self._end()
            case "PING":
                self._send(Message("PONG", message.params))
            case "ERROR":
                reason = message.params[-1] if message.params else "no reason was given"
                self.failure = self.lost(f"the server ended the connection ({reason})")
            case _:
                self._registration.feed(message)
                self.failure = self._registration.failure
                if self._registration.lacks_accounts:  # there is nothing to prove
                    self._end()

    def _end(self) -> None:
        self.done = True
        self._send(Message("QUIT", ()))

    def lost(self, how: str) -> ClientError:
        """Return the error for a connection that has gone before this was over."""
        return Unreachable(f"{how} before the login: try again")


def prove(trust: Trust, credentials: Credentials) -> bool:
    """See whether the server that is trusted takes a password; return whether it takes keys, too. Blocks.

    Raises LoginFailed, Unsuitable, TrustError, Unreachable.
    """
    made: list[Proof] = []

    def make(send: Callable[[Message], None]) -> Proof:
        made.append(Proof(credentials, send))
        return made[0]

    talk(trust, make)
    return made[0].takes_keys
