"""Looks at a server while something happens to it: how long things take, and what fails.

Four kinds: "chat" sends messages and notes when a listener and the sender have each of them; "ping" has a
session ask for one sign of life after the other; "login" logs in again and again, and connects anew where the
server ends a connection, as clients do; "handshake" makes connections and asks them for a sign of life.
"""

import select
import ssl
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType

from securechat.irc.sasl import chunks, encode_plain
from tests.faults.companion import Companion, report, rounds
from tests.system.person import connect
from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess


@dataclass(frozen=True, slots=True)
class Figures:
    """What a probe found: the seconds that each success took, and the texts of the failures."""

    seconds: Sequence[float]
    failures: Sequence[str]

    def at(self, share: float) -> float:
        """The time in milliseconds that this share of the successes needed at most."""
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000

    def __str__(self) -> str:
        if not self.seconds:
            return f"nothing succeeded, {len(self.failures)} failures"
        figures = f"p50 {self.at(0.5):.1f} ms, p99 {self.at(0.99):.1f} ms, longest {self.at(1):.0f} ms"
        return f"{len(self.seconds)} times, {len(self.failures)} failures, {figures}"


class Probe(Companion):
    """A probe that runs from `with` to its end; then `figures` holds what it found.

    `every` is in seconds; `size` is the length of a message.
    """

    def __init__(
        self, server: ServerProcess, kind: str, *accounts: str, every: float = 0.02, size: int = 40
    ) -> None:
        super().__init__("probe", kind, server.port, server.ca, every, size, *accounts)
        self.figures = Figures((), ())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None:
            seconds = [float(each) for each in self.found["seconds"]]
            self.figures = Figures(seconds, [str(each) for each in self.found["failures"]])


class Client:
    """The least that can log in and read lines. Raises OSError when the server does not want it."""

    def __init__(self, port: int, context: ssl.SSLContext, source: str = "127.0.0.1") -> None:
        self.socket = connect(context, port, source=source)
        self._rest = b""

    def log_in(self, account: str) -> None:
        """Prove an account and come in."""
        (chunk,) = chunks(encode_plain(account, PASSWORD))
        self.send("CAP REQ :sasl echo-message", "AUTHENTICATE PLAIN", f"AUTHENTICATE {chunk}")
        self.read_until(b" 903 ")
        self.send(f"NICK {account}", f"USER {account} 0 * :x", "CAP END", "PING in")
        self.read_until(b" :in")

    def send(self, *lines: str) -> None:
        """Send lines in one go."""
        self.socket.sendall("".join(f"{line}\r\n" for line in lines).encode())

    def read_until(self, wanted: bytes) -> bytes:
        """Return the next line that holds this."""
        while True:
            *lines, self._rest = self._rest.split(b"\r\n")
            for number, line in enumerate(lines):
                if line.startswith(b"PING "):
                    self.send("PONG x")
                if wanted in line:
                    self._rest = b"\r\n".join([*lines[number + 1 :], self._rest])
                    return line
                if b" 904 " in line or line.startswith(b"ERROR"):
                    raise OSError(line.decode())
            data = self.socket.recv(65536)
            if not data:
                raise OSError("the server has closed the connection")
            self._rest += data


Connect = Callable[..., Client]


def _login(connect: Connect, account: str) -> None:
    for attempt in range(5):
        try:
            client = connect(source="127.0.0.77")
        except OSError:
            continue
        try:
            client.log_in(account)
            return
        except OSError:
            if attempt == 4:
                raise
        finally:
            client.socket.close()


def _handshake(connect: Connect, account: str) -> None:
    client = connect()
    client.send("PING x")
    client.read_until(b" :x")
    client.socket.close()


def _ping(client: Client) -> None:
    client.send("PING sign")
    client.read_until(b" :sign")


class _Chat:
    """One sends on time, whatever became of the last message; the other, and the echo, say when it came."""

    def __init__(self, connect: Connect, accounts: list[str], size: int) -> None:
        self.seconds: list[float] = []
        self._size = size
        self._sender, self._listener = connect(), connect()
        self._sender.log_in(accounts[0])
        self._listener.log_in(accounts[1])
        self._sent: list[float] = []
        self._rest = {self._sender: b"", self._listener: b""}
        self._heard = {self._sender: 0, self._listener: 0}
        for client in self._rest:
            client.socket.setblocking(False)

    def send(self, due: float) -> None:
        text = f":probe {len(self._sent)}."
        self._sent.append(due)
        self._sender.send(f"PRIVMSG #general {text}{'x' * (self._size - len(text))}")

    def listen(self, until: float) -> None:
        """Take what comes until a moment of the clock."""
        clients = {client.socket: client for client in self._rest}
        while (left := until - time.perf_counter()) > 0:
            ready, _, _ = select.select(list(clients), [], [], left)
            for sock in ready:
                self._read(clients[sock])

    def missing(self) -> int:
        return 2 * len(self._sent) - len(self.seconds)

    def _read(self, client: Client) -> None:
        try:
            while data := client.socket.recv(65536):
                now = time.perf_counter()
                *lines, self._rest[client] = (self._rest[client] + data).split(b"\r\n")
                for line in lines:
                    self._note(client, line, now)
        except ssl.SSLWantReadError:
            return
        raise OSError("the server has closed the connection")

    def _note(self, client: Client, line: bytes, now: float) -> None:
        _, mark, text = line.partition(b" PRIVMSG #general :probe ")
        if line.startswith(b"PING "):
            client.send("PONG x")
        elif mark:
            number = int(text.partition(b".")[0])
            if number != self._heard[client]:
                raise OSError(f"message {self._heard[client]} was due, not {number}")
            self._heard[client] += 1
            self.seconds.append(now - self._sent[number])
        elif line.startswith(b"ERROR"):
            raise OSError(line.decode())


def main(kind: str, port: str, ca: str, every: str, size: str, *accounts: str) -> None:
    """Probe, and report."""
    context = ssl.create_default_context(cafile=ca)

    def come(source: str = "127.0.0.1") -> Client:
        return Client(int(port), context, source)

    if kind == "chat":
        _watch_chat(_Chat(come, list(accounts), int(size)), float(every))
    elif kind == "ping":
        client = come()
        client.log_in(accounts[0])
        _repeat(lambda: _ping(client), float(every))
    else:
        once = {"login": _login, "handshake": _handshake}[kind]
        _repeat(lambda: once(come, "".join(accounts)), float(every))


def _watch_chat(chat: _Chat, every: float) -> None:
    failures: list[str] = []
    try:
        for due in rounds(every, chat.listen):
            chat.send(due)
        end = time.perf_counter() + DEADLINE / 2
        while chat.missing() and time.perf_counter() < end:
            chat.listen(time.perf_counter() + 0.1)
        if chat.missing():
            failures.append(f"{chat.missing()} messages did not arrive")
    except OSError as error:
        failures.append(str(error))
    report(seconds=chat.seconds, failures=failures)


def _repeat(once: Callable[[], None], every: float) -> None:
    once()
    seconds: list[float] = []
    failures: list[str] = []
    for _ in rounds(every):
        began = time.perf_counter()
        try:
            once()
            seconds.append(time.perf_counter() - began)
        except OSError as error:
            failures.append(str(error))
    report(seconds=seconds, failures=failures)


if __name__ == "__main__":
    main(*sys.argv[1:])
