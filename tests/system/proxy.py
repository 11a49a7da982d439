"""A proxy before a server, which says of each connection that it comes from one given address."""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from threading import Thread

from securechat.server.proxy import SIGNATURE


class _Proxy:
    """Accepts connections and passes them on; everything is closed in the end."""

    def __init__(self, inlet: socket.socket, port: int, address: str) -> None:
        self._inlet = inlet
        self._port = port
        self._header = _header(address)
        self.sockets: list[socket.socket] = []
        self.threads: list[Thread] = []

    def run(self) -> None:
        with suppress(OSError):
            while True:
                near = self._inlet.accept()[0]
                self.sockets.append(near)
                far = socket.create_connection(("127.0.0.1", self._port))
                self.sockets.append(far)
                far.sendall(self._header)
                self._start(near, far)
                self._start(far, near)

    def _start(self, source: socket.socket, target: socket.socket) -> None:
        self.threads.append(Thread(target=_pump, args=(source, target)))
        self.threads[-1].start()


@contextmanager
def from_address(port: int, address: str) -> Iterator[int]:
    """Pass connections on to a server's port with a PROXY header; yields the port to connect to."""
    with socket.create_server(("127.0.0.1", 0)) as inlet:
        proxy = _Proxy(inlet, port, address)
        accepting = Thread(target=proxy.run)
        accepting.start()
        try:
            yield inlet.getsockname()[1]
        finally:
            inlet.shutdown(socket.SHUT_RDWR)
            accepting.join()
            for sock in proxy.sockets:
                _shut(sock)
            for thread in proxy.threads:
                thread.join()
            for sock in proxy.sockets:
                sock.close()


def _header(address: str) -> bytes:
    source = ip_address(address)
    old = source.version == 4
    content = source.packed + ip_address("127.0.0.1" if old else "::1").packed
    content += struct.pack("!HH", 40000, 6697)
    return SIGNATURE + struct.pack("!BBH", 0x21, 0x11 if old else 0x21, len(content)) + content


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _shut(source)
    _shut(target)


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
