"""Setting a new password where the server lets one do nothing else before.

The login is the usual one. Then the server says so, and takes the new password as a message to its
pseudo-user, with `*` in the place of the old one, which has just been proven.
"""

from collections.abc import Callable
from typing import Final

from securechat.client.errors import ClientError, OutcomeUnknown, PasswordDue, Refused, Unreachable
from securechat.client.network.dialogue import talk
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import Credentials, Registration
from securechat.irc.message import Message
from securechat.irc.text import MAX_LINE

_COMMAND: Final = "password * "
_LOGIN: Final = "PRIVMSG securechat :"


def check_sendable(password: str) -> None:
    """Raise Refused when a message cannot carry a new password."""
    room = MAX_LINE - len(f"{_LOGIN}{_COMMAND}\r\n".encode())
    if len(password.encode()) > room:
        raise Refused("UNACCEPTABLE_PASSWORD", f"The password is too long: it can have {room} bytes here")
    if any(char in password for char in "\0\r\n"):
        raise Refused("UNACCEPTABLE_PASSWORD", "The password has a character that no line can carry")


class Renewal:
    """The dialogue of one connection, without I/O; see `dialogue.Dialogue`."""

    def __init__(self, credentials: Credentials, password: str, send: Callable[[Message], None]) -> None:
        self.done = False
        self.failure: ClientError | None = None
        self._password = password
        self._send = send
        self._sent = False
        self._registration = Registration(credentials, send)

    def begin(self) -> None:
        """Send what starts it."""
        self._registration.begin()

    def feed(self, message: Message) -> None:
        """Take a message from the server."""
        params = message.params
        if message.command == "PING":
            self._send(Message("PONG", params))
        elif message.command == "NOTE" and "PASSWORD_CHANGED" in params:
            self._end()
        elif self._sent and message.command == "FAIL" and params[:1] == ("PRIVMSG",):
            self.failure = Refused(params[1] if len(params) > 1 else "", params[-1])
        elif message.command == "ERROR":
            self.failure = self.lost(f"the server ended the connection ({params[-1] if params else ''})")
        elif not self._sent:
            self._log_in(message)

    def _log_in(self, message: Message) -> None:
        if message.command == "001":
            self._end()  # it does not want a new one any more
        self._registration.feed(message)
        failure = self._registration.failure
        if isinstance(failure, PasswordDue):
            self._sent = True
            self._send(Message("PRIVMSG", ("securechat", f"{_COMMAND}{self._password}")))
        else:
            self.failure = failure

    def _end(self) -> None:
        self.done = True
        self._send(Message("QUIT", ()))

    def lost(self, how: str) -> ClientError:
        """Return the error for a connection that has gone before this was over."""
        if self._sent:
            return OutcomeUnknown(f"{how} before it was known whether the password was changed: try both")
        return Unreachable(f"{how} before the password was changed: try again")


def set_password(trust: Trust, credentials: Credentials, password: str) -> None:
    """Set a new password. Blocks.

    Raises Refused, LoginFailed, Unsuitable, OutcomeUnknown, TrustError, Unreachable.
    """
    check_sendable(password)
    talk(trust, lambda send: Renewal(credentials, password, send))
