"""Readers that take 1,024 bytes and then wait for their socket: what OpenSSL holds back they do not see."""

import socket
import ssl

import pytest

from securechat.chat.effects import Send
from securechat.chat.items import Tick
from securechat.server.connection import Connection
from tests.transport.rig import Rig


class SmallReader:
    """Takes at most 1,024 bytes each time that its socket is readable, as Limnoria of Debian 12 does."""

    def __init__(self, rig: Rig) -> None:
        ours, theirs = socket.socketpair()
        self._rig = rig
        self.connection = rig.adopt(ours)
        theirs.setblocking(False)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = rig.client_tls.wrap_bio(self._incoming, self._outgoing, server_hostname="localhost")
        self._socket = theirs
        self._kernel = bytearray()
        """What is there for OpenSSL, which reads one record at a time."""
        self.received = b""

    def __enter__(self) -> "SmallReader":
        while not self._shake_hands():
            self._exchange()
            self._rig.step()
        self._exchange()
        self._rig.until(lambda: self.connection in self._rig.core.links)
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def send(self, data: bytes) -> None:
        """Send lines, and let the server handle them."""
        self._tls.write(data)
        self._socket.send(self._outgoing.read())
        self._rig.settle(3)

    def look(self) -> None:
        """Read as long as the socket is readable, once each time."""
        while self._wait():
            record = self._record()
            if not self._tls.pending():
                del self._kernel[: len(record)]
                self._incoming.write(record)
            self.received += self._tls.read(1024)

    def _wait(self) -> bool:
        """Wait in `select`; False when nothing comes any more. It knows nothing of what OpenSSL holds."""
        self._fill()
        if not self._record():
            self._rig.settle(5)
            self._fill()
        return bool(self._record())

    def _record(self) -> bytes:
        """The next whole record that the kernel holds."""
        if len(self._kernel) < 5:
            return b""
        size = 5 + int.from_bytes(self._kernel[3:5], "big")
        return bytes(self._kernel[:size]) if len(self._kernel) >= size else b""

    def _fill(self) -> None:
        try:
            while data := self._socket.recv(65536):
                self._kernel += data
        except BlockingIOError:
            pass

    def _exchange(self) -> None:
        self._fill()
        self._incoming.write(bytes(self._kernel))
        self._kernel.clear()
        if data := self._outgoing.read():
            self._socket.send(data)

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True


def send(rig: Rig, connection: Connection, size: int) -> bytes:
    """Let the hub send so many bytes in one go, and nothing after them."""
    data = (b"%d " % size + b"x" * size)[: size - 2] + b"\r\n"
    rig.core.cause(Send(connection, data))
    rig.inbox.put(Tick())
    return data


SIZES = [1, 1024, 1025, 3000, 16384, 17000, 20000, 65536, 66000, 70000, 200_000]


@pytest.mark.parametrize("size", [max(size, 4) for size in SIZES])
def test_a_burst_arrives_whole(rig: Rig, size: int) -> None:
    """Whatever the size of what it is sent at the login, it has all of it without anything coming after."""
    with SmallReader(rig) as reader:
        sent = send(rig, reader.connection, size)
        reader.look()
        assert reader.received == sent


def test_later_answers_arrive_whole_too(rig: Rig) -> None:
    """NAMES, WHO or a page of history that somebody asks for long after the login is no different."""
    with SmallReader(rig) as reader:
        reader.send(b"NICK bot\r\nUSER bot\r\nJOIN #c\r\n")
        reader.look()
        for size in (5000, 40_000, 2000):
            reader.received = b""
            sent = send(rig, reader.connection, size)
            reader.look()
            assert reader.received == sent


def test_a_channel_that_talks_much_arrives_whole(rig: Rig) -> None:
    """What many people say at once is read to its end as well."""
    alice, _ = rig.connect("alice")
    with SmallReader(rig) as reader:
        reader.send(b"NICK bot\r\nUSER bot\r\nJOIN #c\r\n")
        reader.look()
        reader.received = b""
        alice.send(b"".join(b"PRIVMSG #c :%03d%s\r\n" % (number, b"x" * 200) for number in range(200)))
        reader.look()
        assert reader.received.count(b"\r\n") == 200
