"""Making an account with an invitation's code: capabilities, REGISTER, VERIFY, and goodbye.

Theory of operation. The server says nothing of which names are taken until the code is proven, so a name that
is refused costs a connection: the next try is made on a new one, by which time the person has chosen. What
the server refuses comes as `Refused`, whose code says what to ask the person for. Once VERIFY has been sent,
a lost connection leaves the outcome unknown.
Specification: IRCv3 `draft/account-registration`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from securechat.client.errors import ClientError, OutcomeUnknown, Refused, Unreachable, Unsuitable
from securechat.client.network.dialogue import talk
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import DURABLE
from securechat.irc.message import Message
from securechat.irc.text import MAX_LINE

CAPABILITY: Final = "draft/account-registration"
NAME_PROBLEMS: Final = frozenset({"ACCOUNT_EXISTS", "BAD_ACCOUNT_NAME"})
PASSWORD_PROBLEMS: Final = frozenset({"WEAK_PASSWORD", "UNACCEPTABLE_PASSWORD"})
CODE_PROBLEMS: Final = frozenset({"INVALID_CODE", "DISALLOWED"})
"""Codes of what a person can mend: by another name, password or invitation."""


def check_sendable(name: str, password: str) -> None:
    """Raise Refused when REGISTER cannot carry a password."""
    room = MAX_LINE - len(f"REGISTER {name} * :\r\n".encode())
    if len(password.encode()) > room:
        text = f"The password is too long: an account that you make yourself can have one of {room} bytes"
        raise Refused("UNACCEPTABLE_PASSWORD", text)
    if any(char in password for char in "\0\r\n"):
        raise Refused("UNACCEPTABLE_PASSWORD", "The password has a character that no line can carry")


class Joining:
    """The dialogue of one connection, without I/O. `send` takes a message for the server.

    It is over when `done` is true or `failure` is set. `decided` is true once the server may have made the
    account.
    """

    def __init__(self, name: str, password: str, code: str, send: Callable[[Message], None]) -> None:
        self.done = False
        self.decided = False
        self.failure: ClientError | None = None
        self._name = name
        self._password = password
        self._code = code
        self._send = send
        self._offered: set[str] = set()

    @property
    def takes_keys(self) -> bool:
        """Whether a computer can log in here by a key of its own."""
        return DURABLE in self._offered

    def begin(self) -> None:
        """Send what starts it. Nothing of it is secret."""
        self._send(Message("CAP", ("LS", "302")))
        self._send(Message("NICK", (self._name,)))

    def feed(self, message: Message) -> None:
        """Take a message from the server."""
        handler = _HANDLERS.get(message.command)
        if handler is not None:
            handler(self, message)

    def _cap(self, message: Message) -> None:
        _, subcommand, *rest = (*message.params, "", "")
        if subcommand == "LS":
            more = rest[0] == "*"
            words = rest[1 if more else 0].split(" ")
            self._offered.update(word.partition("=")[0] for word in words)
            if more:
                return
            if CAPABILITY in self._offered:
                self._send(Message("CAP", ("REQ", CAPABILITY)))
            else:
                text = "this server makes no accounts by invitation now: ask the person who invited you"
                self.failure = Refused("DISALLOWED", text)
        elif subcommand == "ACK":
            self._send(Message("REGISTER", (self._name, "*", self._password)))
        elif subcommand == "NAK":
            self.failure = Unsuitable("the server refuses the capability that it offers")

    def _registered(self, message: Message) -> None:
        if message.params[:1] == ("VERIFICATION_REQUIRED",):
            self.decided = True
            self._send(Message("VERIFY", (self._name, self._code)))
        else:
            self._succeeded(message)

    def _succeeded(self, message: Message) -> None:
        if message.params[:1] == ("SUCCESS",):
            self.done = True
            self._send(Message("QUIT", ()))

    def _failed(self, message: Message) -> None:
        self.decided = False
        _, code, *rest = (*message.params, "", "")
        text = next((text for text in reversed(rest) if text), "the server refused")
        self.failure = Refused(code, text.removesuffix(": REGISTER another name"))

    def _unknown(self, message: Message) -> None:
        self.failure = Unsuitable("this server cannot make accounts by invitation")

    def _bad_nick(self, message: Message) -> None:
        self.decided = False
        self.failure = Refused("BAD_ACCOUNT_NAME", message.params[-1] if message.params else "")

    def _ping(self, message: Message) -> None:
        self._send(Message("PONG", message.params))

    def _ended(self, message: Message) -> None:
        reason = message.params[-1] if message.params else "no reason was given"
        self.failure = self.failure or self.lost(f"the server ended the connection ({reason})")

    def lost(self, how: str) -> ClientError:
        """Return the error for a connection that has gone before this was over."""
        if self.decided:
            return OutcomeUnknown(f"{how} before it was known whether the account was made")
        return Unreachable(f"{how} before the account was made: try again")


_HANDLERS: Final[Mapping[str, Callable[[Joining, Message], None]]] = {
    "CAP": Joining._cap,
    "REGISTER": Joining._registered,
    "VERIFY": Joining._succeeded,
    "FAIL": Joining._failed,
    "PING": Joining._ping,
    "ERROR": Joining._ended,
    **dict.fromkeys(("421", "451", "461"), Joining._unknown),
    **dict.fromkeys(("432", "433", "437"), Joining._bad_nick),
}


def make_account(trust: Trust, name: str, password: str, code: str) -> bool:
    """Make an account on the server that is trusted; return whether it takes keys of computers. Blocks.

    Raises Refused, Unsuitable, OutcomeUnknown, TrustError, Unreachable.
    """
    check_sendable(name, password)
    made: list[Joining] = []

    def make(send: Callable[[Message], None]) -> Joining:
        made.append(Joining(name, password, code, send))
        return made[0]

    talk(trust, make)
    return made[0].takes_keys
