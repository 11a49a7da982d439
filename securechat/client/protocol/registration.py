"""Coming in: capability negotiation, SASL PLAIN or EXTERNAL, NICK and USER, until the server's 001.

Theory of operation. `CAP LS 302` comes first and holds the registration until `CAP END`; NICK and USER go out
with the answer. An account's password is sent by SASL. A server without SASL has no accounts: it gets the
password as its own (PASS, which has to come before NICK) when it has refused a connection without one. For
what else it lacks there is `stand_in`.
Specifications: IRCv3 `capability-negotiation`, `sasl-3.2`; modern.ircdocs.horse, "Connection Registration".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from securechat.client.errors import ClientError, DeviceRefused, LoginFailed, PasswordDue, Unsuitable
from securechat.client.protocol.batches import MULTILINE
from securechat.client.protocol.writing import NO_BATCHES, Room
from securechat.irc import sasl
from securechat.irc.message import Message

DURABLE: Final = "securechat/durable"
SASL: Final = "sasl"
WANTED: Final = frozenset(
    {
        "account-tag",
        "batch",
        "cap-notify",
        "draft/channel-rename",
        "draft/message-redaction",
        "draft/read-marker",
        "echo-message",
        "labeled-response",
        "message-tags",
        "securechat/reactions",
        "server-time",
        "soju.im/search",
        "standard-replies",
        DURABLE,
        MULTILINE,
        SASL,
    }
)
METADATA: Final = "draft/metadata-2"
FOR_WINDOWS: Final = frozenset({"away-notify", METADATA})
"""What a front end with windows shows, too."""
CHATHISTORY: Final = "draft/chathistory"
"""A session that has it is told of the past only what it asks for."""


PASSWORD_CHANGE_REQUIRED: Final = "PASSWORD_CHANGE_REQUIRED"
NEW_PASSWORD: Final = (
    "an administrator wants you to set a new password: `securechat connect` asks for it on a terminal"
)
NOT_LET_IN: Final = (
    "the server does not let this computer in by its key: it was revoked, its time is over, or the server "
    "takes no keys now. The password is needed: `securechat connect` asks for it"
)


@dataclass(frozen=True, slots=True)
class Credentials:
    """The account to log in to, and its password, or the file with the key that the connection shows."""

    account: str
    password: str = field(default="", repr=False)
    device: Path | None = None


class Registration:
    """The way in of one connection. `send` takes a message for the server; `wanted` are capabilities. With
    `gives_password` a server without accounts gets the password.

    `failure` is set when there is no way in. `feed` returns False for a message that is not its business.
    """

    def __init__(
        self,
        credentials: Credentials,
        send: Callable[[Message], None],
        wanted: frozenset[str] = WANTED,
        gives_password: bool = False,
    ) -> None:
        self.failure: ClientError | None = None
        self.granted: frozenset[str] = frozenset()
        self._credentials = credentials
        self._nick = credentials.account
        self._send = send
        self._wanted = wanted
        self._offered: dict[str, str] = {}
        self._gives_password = gives_password
        self._introduced = False
        self._logged_in = False

    @property
    def room(self) -> Room:
        """What one message may hold here."""
        return Room.of(self._offered.get(MULTILINE, "")) if MULTILINE in self.granted else NO_BATCHES

    @property
    def knows_devices(self) -> bool:
        """Whether the server is one that can make a device of this computer."""
        return DURABLE in self._offered

    @property
    def withheld(self) -> bool:
        """Whether there is a password that this server, which has no accounts, has not got."""
        return self.lacks_accounts and not self._gives_password and bool(self._credentials.password)

    @property
    def lacks_accounts(self) -> bool:
        """Whether the server turned out to have no accounts, so that it takes anybody."""
        return self._introduced and SASL not in self._offered

    def begin(self) -> None:
        """Send what starts a registration."""
        self._send(Message("CAP", ("LS", "302")))

    def feed(self, message: Message) -> bool:
        """Take a message from the server; return whether it belonged to the registration."""
        handler = _HANDLERS.get(message.command)
        if handler is None:
            return False
        handler(self, message)
        return True

    def _cap(self, message: Message) -> None:
        _, subcommand, *rest = (*message.params, "", "")
        if subcommand == "LS":
            self._list(rest)
        elif subcommand == "ACK":
            self.granted |= frozenset(rest[0].split(" ")) - {""}
            if SASL in self.granted:
                self._send(Message("AUTHENTICATE", (self._mechanism,)))
            else:
                self._send(Message("CAP", ("END",)))
        elif subcommand == "NAK":
            self.failure = Unsuitable("the server refuses the capabilities that it offers")

    @property
    def _mechanism(self) -> str:
        return "PLAIN" if self._credentials.device is None else "EXTERNAL"

    def _list(self, rest: list[str]) -> None:
        more = rest[0] == "*"
        for word in rest[1 if more else 0].split(" "):
            name, _, value = word.partition("=")
            self._offered[name] = value
        if more:
            return
        mechanisms = self._offered.get(SASL, "")
        wanted = self._wanted & self._offered.keys()
        if mechanisms and self._mechanism not in mechanisms.split(","):
            self.failure = self._no_mechanism(mechanisms)
            return
        self._introduce()
        if self.failure is None:
            self._send(Message("CAP", ("REQ", " ".join(sorted(wanted))) if wanted else ("END",)))

    def _introduce(self) -> None:
        """Say who is there; to a server without accounts with the password that it may want."""
        credentials = self._credentials
        if SASL not in self._offered and credentials.device is not None:
            self.failure = DeviceRefused(NOT_LET_IN)
            return
        self._introduced = True
        if SASL not in self._offered and self._gives_password:
            self._send(Message("PASS", (credentials.password,)))
        self._send(Message("NICK", (self._nick,)))
        self._send(Message("USER", (credentials.account, "0", "*", credentials.account)))

    def _unknown(self, message: Message) -> None:
        """421 and 451: a server that is older than capabilities does not know CAP."""
        if not self._introduced:
            self._introduce()

    def _no_mechanism(self, mechanisms: str) -> ClientError:
        if self._credentials.device is not None:
            return DeviceRefused(NOT_LET_IN)
        return Unsuitable(f"this server takes no passwords (it offers {mechanisms})")

    def _authenticate(self, message: Message) -> None:
        if message.params != ("+",):
            text = f"the server asks for something that is not part of SASL {self._mechanism}"
            self.failure = Unsuitable(text)
            return
        credentials = self._credentials
        try:
            if credentials.device is None:
                payload = sasl.encode_plain(credentials.account, credentials.password)
            else:
                payload = sasl.encode_external(credentials.account)
        except sasl.SaslError as error:
            self.failure = LoginFailed(f"these credentials cannot be right: {error}")
            return
        for chunk in sasl.chunks(payload):
            self._send(Message("AUTHENTICATE", (chunk,)))

    def _succeeded(self, message: Message) -> None:
        self._logged_in = True
        self._send(Message("CAP", ("END",)))

    def _refused(self, message: Message) -> None:
        if self._logged_in:
            return
        if self._credentials.device is not None:
            self.failure = DeviceRefused(NOT_LET_IN)
        else:
            text = message.params[-1] if message.params else "the login failed"
            text = text.removeprefix("SASL authentication failed: ")
            self.failure = LoginFailed(text, temporary="try again" in text)

    def _nick_taken(self, message: Message) -> None:
        """Where each session has a nick of its own, another one of this account may have the name."""
        self._nick += "_"
        if len(self._nick) > len(self._credentials.account) + 4:
            self._bad_nick(message)
        else:
            self._send(Message("NICK", (self._nick,)))

    def _bad_nick(self, message: Message) -> None:
        text = message.params[-1] if message.params else "this name cannot be used"
        self.failure = LoginFailed(f"the account name cannot be used as a nick here: {text}")

    def _failed(self, message: Message) -> None:
        if message.params[:2] == ("*", PASSWORD_CHANGE_REQUIRED):
            self.failure = PasswordDue(NEW_PASSWORD)
            return
        self.failure = LoginFailed(message.params[-1] if message.params else "the server refused the login")


_HANDLERS: Final[Mapping[str, Callable[[Registration, Message], None]]] = {
    "CAP": Registration._cap,
    "AUTHENTICATE": Registration._authenticate,
    "903": Registration._succeeded,
    **dict.fromkeys(("902", "904", "905", "906", "908"), Registration._refused),
    **dict.fromkeys(("421", "451"), Registration._unknown),
    **dict.fromkeys(("432", "437", "447"), Registration._bad_nick),
    "433": Registration._nick_taken,
    **dict.fromkeys(("FAIL", "464", "465"), Registration._failed),
}
