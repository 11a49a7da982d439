"""Many people in one thread: non-blocking TLS connections on one epoll, each with its lines in order."""

import select
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType, TracebackType
from typing import Final, Self

from securechat.irc.sasl import chunks, encode_plain
from tests.system.person import connect
from tests.system.server_process import PASSWORD, ServerProcess

ON_THEIR_WAY: Final = 8
"""Members that log in at the same time: enough for every core, and few enough that nobody waits long."""

_LOOK: Final = 0.1
"""Seconds after which `run` asks again whether it is enough, when nothing comes."""

OnLine = Callable[["Member", bytes], None]


class Member:
    """One connection of a crowd. `over` once the server has ended it."""

    __slots__ = ("name", "opening", "outgoing", "over", "rest", "socket", "welcome")

    def __init__(self, name: str, opening: bytes, tls: ssl.SSLSocket) -> None:
        self.name = name
        self.opening = opening
        self.socket = tls
        self.outgoing = b""
        self.rest = b""
        self.welcome = False
        self.over = False


class Crowd:
    """People with accounts whose names are theirs; the capabilities are the same for all.

    `sources` are the addresses that they connect from, in turn. `passwords` are those of some, instead of
    `password`; who has one of `contexts` logs in with the certificate in it.
    """

    def __init__(
        self,
        server: ServerProcess,
        *,
        capabilities: str = "message-tags echo-message",
        sources: Iterable[str] = ("127.0.0.1",),
        password: str = PASSWORD,
        passwords: Mapping[str, str] = MappingProxyType({}),
        contexts: Mapping[str, ssl.SSLContext] = MappingProxyType({}),
    ) -> None:
        self.members: list[Member] = []
        self._server = server
        self._context = server.client_context()
        self._capabilities = capabilities
        self._sources = list(sources)
        self._password, self._passwords = password, passwords
        self._contexts = contexts
        self._epoll = select.epoll()
        self._by_descriptor: dict[int, Member] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for member in self.members:
            member.socket.close()
        self._epoll.close()

    def log_in(
        self,
        names: Iterable[str],
        seconds: float = 90.0,
        receive_buffer: int | None = None,
        capabilities: str | None = None,
        at_once: int = ON_THEIR_WAY,
        welcomed: Callable[[Member], None] = lambda member: None,
    ) -> list[Member]:
        """Connect people and wait until they have been welcomed; `at_once` of them at a time.

        They have the crowd's capabilities unless others are given.
        """
        waiting = list(reversed(list(names)))
        arrived: list[Member] = []
        under_way: set[Member] = set()

        def greet(member: Member, line: bytes) -> None:
            numeric = line.split(b" ", 2)[1]  # before the welcome nothing has tags
            if numeric == b"900":
                self.send(member, b"NICK %b\r\nUSER %b 0 * :x\r\nCAP END\r\n" % ((member.name.encode(),) * 2))
            elif numeric in (b"376", b"422"):
                member.welcome = True
                under_way.discard(member)
                welcomed(member)
            elif numeric == b"904" or line.startswith(b"ERROR"):
                raise AssertionError(f"{member.name} could not log in: {line!r}")

        def go_on() -> bool:
            while waiting and len(under_way) < at_once:
                member = self._connect(waiting.pop(), receive_buffer, capabilities or self._capabilities)
                under_way.add(member)
                arrived.append(member)
            return not under_way

        self.run(go_on, greet, seconds)
        return arrived

    def send(self, member: Member, data: bytes) -> None:
        """Send bytes; what the kernel does not take is sent as soon as it does."""
        member.outgoing += data
        self._flush(member)

    def deafen(self, member: Member) -> None:
        """Read nothing more from a member, whose connection goes on."""
        self._epoll.unregister(member.socket.fileno())

    def hang_up(self, member: Member) -> None:
        """Close a member's connection without a word."""
        self.members.remove(member)
        del self._by_descriptor[member.socket.fileno()]
        member.socket.close()

    def run(self, until: Callable[[], bool], on_line: OnLine, seconds: float = 60.0) -> None:
        """Take in what comes, line by line, until it is enough. Raises AssertionError at the deadline."""
        deadline = time.monotonic() + seconds
        while not until():
            events = self._epoll.poll(max(0.0, min(_LOOK, deadline - time.monotonic())), 256)
            for descriptor, mask in events:
                member = self._by_descriptor[descriptor]
                if mask & select.EPOLLOUT:
                    self._flush(member)
                if mask & ~select.EPOLLOUT:
                    self._read(member, on_line)
            if not events and time.monotonic() > deadline:
                raise AssertionError(f"this took more than {seconds} s")

    def sync(self, members: Iterable[Member], on_line: OnLine = lambda member, line: None) -> None:
        """Wait until these members have everything that the server has for them now."""
        missing = set(members)
        for member in missing:
            self.send(member, b"PING sync\r\n")

        def look(member: Member, line: bytes) -> None:
            if line.endswith(b" :sync"):
                missing.discard(member)
            else:
                on_line(member, line)

        self.run(lambda: not missing, look)

    def drain(self, on_line: OnLine) -> None:
        """Read what is left of all connections, up to the end of each. The server has ended them."""
        self.run(lambda: all(member.over for member in self.members), on_line)

    def _connect(self, name: str, receive_buffer: int | None, capabilities: str) -> Member:
        source = self._sources[len(self.members) % len(self._sources)]
        # The handshake may wait: the server does it at once, and that is what is wanted.
        own = self._contexts.get(name)
        context = own or self._context
        tls = connect(context, self._server.port, source=source, receive_buffer=receive_buffer)
        tls.setblocking(False)
        mechanism, chunk = "EXTERNAL", "+"
        if own is None:
            mechanism = "PLAIN"
            (chunk,) = chunks(encode_plain(name, self._passwords.get(name, self._password)))
        opening = f"CAP REQ :sasl {capabilities}\r\nAUTHENTICATE {mechanism}\r\nAUTHENTICATE {chunk}\r\n"
        member = Member(name, opening.encode(), tls)
        self.members.append(member)
        self._by_descriptor[tls.fileno()] = member
        self._epoll.register(tls.fileno(), select.EPOLLIN)
        self.send(member, member.opening)
        return member

    def _flush(self, member: Member) -> None:
        try:
            while member.outgoing and not member.over:
                member.outgoing = member.outgoing[member.socket.send(member.outgoing) :]
            waits = False
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            waits = True
        except OSError:
            return  # it has ended: what is still to be read says so
        if not member.over:
            self._epoll.modify(member.socket.fileno(), select.EPOLLIN | (select.EPOLLOUT if waits else 0))

    def _read(self, member: Member, on_line: OnLine) -> None:
        try:
            while data := member.socket.recv(65536):
                *lines, member.rest = (member.rest + data).split(b"\r\n")
                for line in lines:
                    if line.startswith(b"PING "):
                        self.send(member, b"PONG x\r\n")
                    on_line(member, line)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError:
            pass
        member.over = True
        self._epoll.unregister(member.socket.fileno())
