"""Many sessions of a few accounts that are in many channels, in a process of their own; they go at once."""

import select
import ssl
import sys
from contextlib import suppress

from tests.faults.companion import Companion, report, rounds
from tests.faults.probe import Client
from tests.system.server_process import ServerProcess


class Crowd(Companion):
    """They are there from `with` on, and disconnect together when it ends."""

    patience = 600.0

    def __init__(self, server: ServerProcess, sessions: int, channels: int, *accounts: str) -> None:
        super().__init__("crowd", server.port, server.ca, sessions, channels, *accounts)


class _Readers:
    """Clients of which everything that they are sent is read, and nothing is looked at."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self._ready = select.epoll()
        self._sockets: dict[int, ssl.SSLSocket] = {}

    def add(self, client: Client) -> None:
        client.socket.setblocking(False)
        self.clients.append(client)
        self._sockets[client.socket.fileno()] = client.socket
        self._ready.register(client.socket, select.EPOLLIN)

    def read(self, seconds: float) -> bool:
        """Read what there is; True when there was something."""
        found = self._ready.poll(seconds)
        for number, _ in found:
            try:
                while self._sockets[number].recv(65536):
                    pass
                self._ready.unregister(number)  # the server has ended it
            except ssl.SSLWantReadError:
                pass
            except OSError:
                self._ready.unregister(number)
        return bool(found)


def main(port: str, ca: str, sessions: str, channels: str, *accounts: str) -> None:
    """Come in, join, read; and go."""
    context = ssl.create_default_context(cafile=ca)
    names = [f"#{'crowd' * 9}-{number}" for number in range(int(channels))]
    readers = _Readers()
    for session in range(int(sessions)):
        for account in accounts:
            client = Client(int(port), context)
            client.log_in(account)
            for start in range(0, len(names) if not session else 0, 8):
                client.send(f"JOIN {','.join(names[start : start + 8])}")
            client.send("PING joined")
            client.read_until(b" :joined")
            readers.add(client)
            while readers.read(0):
                pass
    while readers.read(1.0):
        pass

    def read(_due: float) -> None:
        readers.read(0.1)

    for _ in rounds(0.0, read):
        pass
    for client in readers.clients:
        with suppress(OSError):
            client.socket.close()
    report(sessions=[len(readers.clients)])


if __name__ == "__main__":
    main(*sys.argv[1:])
