"""A whole server around a `Chorus`, in a thread of a test or as a program: `serve.py DIRECTORY CERTIFICATE
KEY`.
"""

import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from securechat.chat.jobs import PasswordChecked, PasswordHashed
from securechat.chat.requests import Answer, Done
from securechat.server.limits import Limits
from securechat.server.listener import bind
from securechat.server.notify import Notifier
from securechat.server.server import Server, say
from securechat.server.transport import Tls
from securechat.tls.context import server_context
from tests.support.devices import FakeDevices
from tests.support.empty_reader import EmptyReader
from tests.transport.chorus import Chorus
from tests.transport.rig import Ledger


class Hasher:
    """Takes the password "right"."""

    def check(self, phc: str | None, password: str) -> PasswordChecked:
        return PasswordChecked(password == "right")

    def stand_beside(self, hashes: Iterable[str]) -> None:
        pass

    def make(self, password: str) -> PasswordHashed:
        return PasswordHashed(f"${password}$")


class Premises:
    """What a server needs, with everything in reach of a test."""

    def __init__(self, directory: Path, certificate: Path, key: Path) -> None:
        self.core = Chorus()
        self.store = Ledger()
        self.reloads = 0
        self.seconds: list[Callable[[], None]] = []
        self.lines: SimpleQueue[str] = SimpleQueue()
        self.code: int | None = None
        self.problem: Exception | None = None
        self.announce: Callable[[str], None] = self.lines.put
        self.host = "127.0.0.1"
        self.port = 0
        self.limits = Limits(connections_per_source=0, connections_window=0)
        self.workers = 1
        self.notify_socket: str | None = None
        self._directory = directory
        self._tls = Tls(server_context(certificate, key, now=datetime.now(UTC)))
        self._thread: Thread | None = None

    def reload(self) -> Answer:
        self.reloads += 1
        self.announce("reloaded")
        return Done([{"applied": "everything"}])

    def server(self) -> Server:
        """Make the server."""
        self.made = Server(
            core=self.core,
            store=self.store,
            open_reader=EmptyReader,
            hasher=Hasher(),
            devices=FakeDevices(),
            tls=self._tls,
            limits=self.limits,
            server_name="server",
            directory=self._directory,
            listen=lambda: bind(self.host, self.port),
            workers=self.workers,
            reload=self.reload,
            every_second=self.seconds,
            notifier=Notifier(self.notify_socket),
            announce=self.announce,
        )
        return self.made

    def start(self) -> tuple[str, int]:
        """Run the server in a thread; return where it listens."""
        self._thread = Thread(target=self._run, args=(self.server(),), name="main-under-test")
        self._thread.start()
        host, _, port = self.lines.get(timeout=20).removeprefix("listening on ").rpartition(":")
        return host, int(port)

    def _run(self, server: Server) -> None:
        try:
            self.code = server.run()
        except Exception as error:
            self.problem = error

    def join(self) -> int | None:
        """Wait until the server has ended, and return its exit code."""
        assert self._thread is not None
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.code

    def stop(self) -> int | None:
        """End the server."""
        self.made.stop()
        return self.join()


def main() -> int:
    directory, certificate, key = map(Path, sys.argv[1:])
    premises = Premises(directory, certificate, key)
    premises.announce = say
    return premises.server().run()


if __name__ == "__main__":
    sys.exit(main())
