"""A TLS server on loopback whose every connection plays a script. It notes whatever clients send."""

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

from securechat.client.address import Address
from securechat.client.protocol.registration import WANTED

_PATIENCE = 20.0


class Gone(Exception):
    """The client has closed the connection."""


class Conversation:
    """One connection, seen from the server."""

    def __init__(self, tls: ssl.SSLSocket, received: list[str]) -> None:
        self._tls = tls
        self._rest = b""
        self._received = received

    def line(self) -> str:
        """The client's next line. Raises Gone."""
        while b"\n" not in self._rest:
            try:
                data = self._tls.recv(65536)
            except OSError as error:
                raise Gone from error
            if not data:
                raise Gone
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\r\n")
        self._received.append(line.decode())
        return line.decode()

    def until(self, word: str) -> str:
        """Pass over lines until one holds a word; return that one."""
        while word not in (line := self.line()):
            pass
        return line

    def say(self, *lines: str) -> None:
        """Send lines."""
        try:
            self._tls.sendall("".join(f"{line}\r\n" for line in lines).encode())
        except OSError as error:
            raise Gone from error

    def log_in(self) -> None:
        """Let alice in; she is in #general."""
        offer = " ".join(sorted(WANTED))
        self.until("CAP LS")
        self.say(f":s.test CAP * LS :{offer}")
        self.until("CAP REQ")
        self.say(f":s.test CAP * ACK :{offer}")
        self.until("AUTHENTICATE PLAIN")
        self.say("AUTHENTICATE +")
        self.until("AUTHENTICATE ")
        self.say(":s.test 903 alice :ok")
        self.until("CAP END")
        self.say(":s.test 001 alice :Welcome", ":s.test 422 alice :none", ":alice!alice@s.test JOIN #general")
        self.say(":s.test 353 alice = #general :alice bob", ":s.test 366 alice #general :End")
        self.until("PING ready")
        self.say(":s.test PONG s.test :ready")

    def message(self) -> tuple[str, str, str, str]:
        """The client's next message: its tags, its nonce, its target and its text."""
        tags, _, rest = self.until(" PRIVMSG ").partition(" ")
        _, target, text = rest.split(" ", 2)
        nonce = tags.partition("+securechat/nonce=")[2]
        return tags[1:], nonce, target, text.removeprefix(":")

    def confirm(self, msgid: str) -> None:
        """Take the client's next message and send its echo."""
        tags, _, target, text = self.message()
        time = "time=2026-11-22T11:45:00.123Z"
        self.say(f"@{tags};msgid={msgid};{time} :alice!alice@s.test PRIVMSG {target} :{text}")

    def wait_for_the_end(self) -> None:
        """Read until the client has gone, answering what any server answers."""
        while True:
            line = self.line()
            if line.startswith("QUIT"):
                self.say("ERROR :Quit")
                return
            if line.startswith("PING"):
                self.say(f":s.test PONG s.test :{line.removeprefix('PING ')}")


Script = Callable[[Conversation], None]


class FakeServer:
    """Takes one connection after the other; each plays the next script, the last one for ever."""

    def __init__(self, context: ssl.SSLContext, *scripts: Script) -> None:
        self.context = context
        self.scripts = list(scripts)
        self.received: list[str] = []
        """Every line that any client has sent."""
        self.handshakes: list[bool] = []
        """For each connection, whether its handshake was completed."""
        self.failure: BaseException | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = Address("localhost", self._listener.getsockname()[1])
        """Where it listens, by the name that certificates have."""
        self._thread = threading.Thread(target=self._run, name="fake server")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(_PATIENCE)
        self._listener.close()
        if self.failure is not None and error is None:
            raise self.failure

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(_PATIENCE)
                self._serve(connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            tls = self.context.wrap_socket(connection, server_side=True)
        except OSError:
            self.handshakes.append(False)
            return
        self.handshakes.append(True)
        with tls:
            conversation = Conversation(tls, self.received)
            try:
                first = conversation.line()  # a client that only looks at the certificate sends nothing
                assert first == "CAP LS 302"
                conversation._rest = f"{first}\r\n".encode() + conversation._rest
                self.received.pop()
                script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
                script(conversation)
            except Gone:
                pass
            except BaseException as error:
                self.failure = error
            with suppress(OSError):
                tls.unwrap()
