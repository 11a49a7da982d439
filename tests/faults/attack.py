"""Peers that mean harm, in a process of their own: what each kind does says its function."""

import ctypes
import os
import random
import select
import socket
import ssl
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from tests.faults.companion import Companion, report, rounds
from tests.faults.probe import Client
from tests.system.server_process import ServerProcess

_RESET: Final = struct.pack("ii", 1, 0)


class Attack(Companion):
    """An attack that goes on from `with` to its end; `rounds` is how often it did what it does."""

    def __init__(self, server: ServerProcess, kind: str, *accounts: str) -> None:
        super().__init__("attack", kind, server.port, server.ca, *accounts)

    @property
    def rounds(self) -> int:
        """How often it did what it does."""
        return int(self.found["rounds"][0])


class _Target:
    """Where to, as whom, and from many addresses."""

    def __init__(self, port: int, ca: Path, accounts: list[str]) -> None:
        self.port = port
        self.accounts = accounts
        self.context = ssl.create_default_context(cafile=ca)
        self._numbers = count()

    def source(self) -> str:
        """An address of this machine that was not used for long."""
        number = next(self._numbers)
        return f"127.2.{number // 250 % 250}.{number % 250 + 1}"

    def plain(self) -> socket.socket:
        sock = socket.socket()
        sock.settimeout(5)
        sock.bind((self.source(), 0))
        sock.connect(("127.0.0.1", self.port))
        return sock

    def client(self) -> Client:
        return Client(self.port, self.context, self.source())


def _key_updates(target: _Target) -> Callable[[], None]:
    """Eight strangers who have prepared 40,000 KeyUpdates each and send them as fast as they are taken."""
    update = _key_update()

    def prepare() -> tuple[socket.socket, bytes]:
        sock = target.plain()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = target.context.wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                sock.sendall(outgoing.read())
                incoming.write(sock.recv(65536))
        for _ in range(40_000):
            update(tls)
        sock.setblocking(False)
        return sock, outgoing.read()

    def once() -> None:
        waiting = dict(prepare() for _ in range(8))
        while waiting:
            for sock in select.select([], list(waiting), [], 5)[1]:
                try:
                    waiting[sock] = waiting[sock][sock.send(waiting[sock]) :]
                except OSError:
                    waiting[sock] = b""
                if not waiting[sock]:
                    del waiting[sock]
                    sock.close()

    return once


def _key_update() -> Callable[[ssl.SSLObject], None]:
    """Return what makes OpenSSL write a KeyUpdate; Python has no name for it."""
    library = ctypes.CDLL("libssl.so.3")
    library.OpenSSL_version.restype = ctypes.c_char_p
    assert library.OpenSSL_version(0).decode() == ssl.OPENSSL_VERSION, "Python uses another OpenSSL"
    library.SSL_key_update.argtypes = [ctypes.c_void_p, ctypes.c_int]
    library.SSL_version.argtypes = [ctypes.c_void_p]

    def update(tls: ssl.SSLObject) -> None:
        inner = getattr(tls, "_sslobj")  # noqa: B009 (the type stubs hide it)
        # PyObject_HEAD, the Python socket, then SSL *.
        address = id(inner) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p)
        handle = ctypes.c_void_p.from_address(address).value
        assert library.SSL_version(handle) == 0x0304, "this is no TLS 1.3 connection"
        library.SSL_key_update(handle, 0)
        tls.do_handshake()  # writes it

    return update


def _tiny_records(target: _Target) -> Callable[[], None]:
    """A session that sends its commands in TLS records of one byte."""
    client = target.client()
    client.log_in(target.accounts[0])

    def once() -> None:
        for byte in b"PING tiny\r\n" * 5:
            client.socket.sendall(bytes([byte]))
        client.read_until(b" :tiny")

    return once


def _resets(target: _Target) -> Callable[[], None]:
    """Sessions that ask for much and reset the connection while the answer is being written."""

    def once() -> None:
        client = target.client()
        client.log_in(target.accounts[0])
        client.send(*["HELP", "NAMES #general", "LIST"] * 300)
        client.socket.recv(100)
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.socket.close()

    return once


def _no_tls(opening: bytes) -> Callable[[_Target], Callable[[], None]]:
    """Connections that speak something else, some of them slowly, some of them with a reset at the end."""

    def prepare(target: _Target) -> Callable[[], None]:
        def once() -> None:
            with target.plain() as sock:
                sock.sendall(opening)
                if random.random() < 0.5:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                else:
                    sock.recv(100)

        return once

    return prepare


def _passwords(target: _Target) -> Callable[[], None]:
    """Two hundred connections that guess, each for another name and from another address."""
    numbers = count()
    clients: list[Client] = []

    def once() -> None:
        while len(clients) < 200:
            clients.append(target.client())
        for client in clients[:]:
            try:
                client.send(f"PASS :nobody{next(numbers)}:guessed")
                client.socket.settimeout(0.0)
                with suppress(ssl.SSLWantReadError):
                    client.read_until(b"never")
                client.socket.settimeout(5)
            except OSError:
                client.socket.close()
                clients.remove(client)

    return once


def _channels(target: _Target) -> Callable[[], None]:
    """Twenty sessions, as many of each account, that JOIN channels which there are not yet."""
    each = 20 // len(target.accounts)
    clients: list[Client] = []
    for account in target.accounts * each:
        client = target.client()
        client.log_in(account)
        clients.append(client)
    numbers = count()

    def once() -> None:
        for client in clients:
            client.send(*(f"JOIN #flood{next(numbers)}" for _ in range(20)), "PING joined")
        for client in clients:
            client.read_until(b" :joined")

    return once


_KINDS: Final[dict[str, Callable[[_Target], Callable[[], None]]]] = {
    "key updates": _key_updates,
    "tiny records": _tiny_records,
    "resets": _resets,
    "channels": _channels,
    "http": _no_tls(b"GET / HTTP/1.1\r\nHost: chat.test\r\n\r\n"),
    "ssh": _no_tls(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "random": _no_tls(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(600)),
    "passwords": _passwords,
}


def main(kind: str, port: str, ca: str, *accounts: str) -> None:
    """Attack until it is enough, with what others leave of the processor: a real one would have its own."""
    os.nice(10)
    once = _KINDS[kind](_Target(int(port), Path(ca), list(accounts)))
    with suppress(OSError):
        once()
    done = 0
    for _ in rounds(0.1 if kind == "passwords" else 0.0):
        with suppress(OSError):  # the server defends itself
            once()
        done += 1
    report(rounds=[done])


if __name__ == "__main__":
    main(*sys.argv[1:])
