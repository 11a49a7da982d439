"""A small client for tests: it blocks, checks certificates, and gives up on everything at a deadline."""

import socket
import ssl
import time
from collections.abc import Callable, Collection
from itertools import count
from types import TracebackType
from typing import Final, Self

from securechat.irc.framing import Framer, Rejected
from securechat.irc.message import Message
from securechat.irc.sasl import chunks, encode_plain
from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess

CAPABILITIES: Final = (
    "message-tags",
    "echo-message",
    "server-time",
    "account-tag",
    "batch",
    "labeled-response",
)
"""What a modern client asks for."""

_tokens = count(1)


class Ended(Exception):
    """The server has ended the connection. `how` is "closed" for the orderly end of TLS, else what broke."""

    def __init__(self, how: str, unread: list[Message]) -> None:
        super().__init__(f"the connection is {how}; the last lines were {unread[-3:]}")
        self.how = how


def connect(
    context: ssl.SSLContext, port: int, *, source: str = "127.0.0.1", receive_buffer: int | None = None
) -> ssl.SSLSocket:
    """Connect to this machine from `source`, with TLS. Raises OSError when the server does not want it.

    Wrapped before it is connected: Python 3.11 loses a socket that was reset before it is wrapped.
    """
    tls = context.wrap_socket(socket.socket(), server_hostname="127.0.0.1", suppress_ragged_eofs=False)
    try:
        tls.settimeout(DEADLINE)
        if receive_buffer is not None:
            tls.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        tls.bind((source, 0))
        tls.connect(("127.0.0.1", port))
    except BaseException:
        tls.close()
        raise
    return tls


class Wire:
    """One TLS connection, line by line."""

    def __init__(
        self,
        server: ServerProcess,
        *,
        source: str = "127.0.0.1",
        port: int | None = None,
        context: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        self.socket = connect(
            context or server.client_context(),
            port or server.port,
            source=source,
            receive_buffer=receive_buffer,
        )
        self._framer = Framer(tags_limit=8191)
        self._unread: list[Message] = []
        self.transcript = b""
        """Every byte that the server sent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection without a word."""
        self.socket.close()

    def send(self, line: str) -> None:
        """Send one line."""
        self.send_bytes(f"{line}\r\n".encode())

    def send_bytes(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.settimeout(DEADLINE)
        self.socket.sendall(data)

    def receive(self, deadline: float | None = None) -> Message:
        """Return the next line. Raises Ended when there is none, AssertionError at the deadline."""
        deadline = time.monotonic() + DEADLINE if deadline is None else deadline
        while not self._unread:
            self._read(deadline)
        message = self._unread.pop(0)
        if message.command == "PING":
            self.send(f"PONG :{message.params[0]}")
        return message

    def until(self, wanted: Callable[[Message], bool]) -> list[Message]:
        """Return the lines up to and including the first that is wanted."""
        deadline = time.monotonic() + DEADLINE
        lines: list[Message] = []
        while not lines or not wanted(lines[-1]):
            try:
                lines.append(self.receive(deadline))
            except (Ended, AssertionError) as problem:
                raise AssertionError(f"{problem}; before it: {lines[-5:]}") from problem
        return lines

    def expect(self, command: str, *params: str) -> Message:
        """Skip to the first line with this command and these first parameters, and return it."""
        return self.until(lambda line: line.command == command and line.params[: len(params)] == params)[-1]

    def sync(self) -> list[Message]:
        """Return everything that the server has to say so far: what comes before the answer to a PING."""
        token = f"sync-{next(_tokens)}"
        self.send(f"PING {token}")
        return self.until(lambda line: line.command == "PONG" and line.params[-1] == token)[:-1]

    def remainder(self) -> list[Message]:
        """Return all lines up to the orderly end of the connection."""
        lines = []
        deadline = time.monotonic() + DEADLINE
        try:
            while True:
                lines.append(self.receive(deadline))
        except Ended as end:
            assert end.how == "closed", f"{end} after {lines[-3:]}"
        return lines

    def _read(self, deadline: float) -> None:
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError("the server said nothing more until the deadline") from None
        except OSError as error:
            raise Ended(f"broken ({error})", self._unread) from error
        if not data:
            raise Ended("closed", self._unread)
        self.transcript += data
        for line in self._framer.feed(data):
            assert not isinstance(line, Rejected), f"the server sent a bad line: {line.text}"
            self._unread.append(line)


class Person(Wire):
    """Somebody who has logged in with SASL PLAIN."""

    def __init__(
        self,
        server: ServerProcess,
        account: str,
        *,
        password: str = PASSWORD,
        nick: str | None = None,
        capabilities: Collection[str] = CAPABILITIES,
        source: str = "127.0.0.1",
        port: int | None = None,
        context: ssl.SSLContext | None = None,
        receive_buffer: int | None = None,
    ) -> None:
        super().__init__(server, source=source, port=port, context=context, receive_buffer=receive_buffer)
        self.nick = nick or account
        try:
            self.send(f"CAP REQ :{' '.join(['sasl', *capabilities])}")
            self.expect("CAP", "*", "ACK")
            refusal = log_in(self, account, password)
            assert refusal is None, f"{account} could not log in: {refusal}"
            self.send(f"NICK {self.nick}")
            self.send(f"USER {account} 0 * :{account}")
            self.send("CAP END")
            self.welcome = self.until(lambda line: line.command == "001") + self.sync()
        except BaseException:
            self.close()
            raise

    def join(self, channel: str) -> None:
        """Join a channel, and wait until it is done."""
        self.send(f"JOIN {channel}")
        self.expect("366", self.nick, channel)

    def say(self, target: str, text: str) -> str:
        """Send a message and wait for its echo, which means that it is on disk; return its msgid."""
        label = f"say-{next(_tokens)}"
        self.send(f"@label={label} PRIVMSG {target} :{text}")
        echo = self.until(lambda line: line.tags.get("label") == label)[-1]
        if echo.command == "BATCH":  # more than the echo: the recipient is offline
            echo = self.receive()
        assert (echo.command, echo.params) == ("PRIVMSG", (target, text)), f"not an echo: {echo}"
        return echo.tags["msgid"]

    def hear(self, text: str) -> Message:
        """Skip to the message with this text and return it."""
        return self.until(lambda line: line.command == "PRIVMSG" and line.params[-1] == text)[-1]

    def said(self) -> list[str]:
        """Return the texts of all messages that came until now and were not looked at."""
        return [line.params[-1] for line in self.sync() if line.command == "PRIVMSG"]


def log_in(wire: Wire, account: str, password: str) -> str | None:
    """Try SASL PLAIN; return None, or the text of the refusal."""
    wire.send("AUTHENTICATE PLAIN")
    wire.expect("AUTHENTICATE", "+")
    for chunk in chunks(encode_plain(account, password)):
        wire.send(f"AUTHENTICATE {chunk}")
    answer = wire.until(lambda line: line.command in ("903", "904", "905"))[-1]
    return None if answer.command == "903" else answer.params[-1]
