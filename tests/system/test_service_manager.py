"""What a service manager does for the server: sockets that outlive it, readiness and a watchdog."""

import socket
import ssl
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.server_process import DEADLINE, ServerProcess

# As systemd does it: the descriptors follow 2, and a variable names the process that shall take them.
HAND_OVER = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


class Manager:
    """Holds a listening socket, and hears what the server tells."""

    def __init__(self, place: Path) -> None:
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.sock.getsockname()[1]
        self.heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.heard.settimeout(DEADLINE)
        self.heard.bind(str(place / "notify"))
        descriptor = self.sock.fileno()
        self.server = ServerProcess(
            place,
            wrapper=[sys.executable, "-c", HAND_OVER, str(descriptor)],
            environment={
                "LISTEN_FDS": "1",
                "NOTIFY_SOCKET": str(place / "notify"),
                "WATCHDOG_USEC": "30000000",
            },
        )
        self.server.handed_over = [descriptor]

    def state(self) -> str:
        """Return the next thing that the server tells."""
        return self.heard.recv(1000).decode().partition("\n")[0]


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    """A manager whose server has been started."""
    manager = Manager(tmp_path)
    with manager.sock, manager.heard, manager.server:
        yield manager


def test_the_socket_is_the_managers(manager: Manager) -> None:
    """The server listens where the manager does, and not at the port of its options."""
    assert manager.server.port == manager.port


def test_nobody_is_refused_while_the_server_is_started_anew(manager: Manager) -> None:
    """Who connects when no server runs is served by the next one."""
    manager.server.stop()
    with socket.create_connection(("127.0.0.1", manager.port), timeout=DEADLINE) as early:
        manager.server.start()
        context = manager.server.client_context()
        with context.wrap_socket(early, server_hostname="localhost") as wire:
            wire.sendall(b"PING early\r\n")
            assert b"early" in wire.recv(1000)


def test_the_watchdog_hears_from_the_server(manager: Manager) -> None:
    """It is ready, then it is alive again and again, and at last it says that it stops."""
    assert manager.state() == "READY=1"
    assert [manager.state() for _ in range(2)] == ["WATCHDOG=1"] * 2
    manager.server.stop()
    while (state := manager.state()) == "WATCHDOG=1":
        pass
    assert state == "STOPPING=1"


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_socket_that_does_not_listen_is_refused(tmp_path: Path, kind: socket.SocketKind) -> None:
    """The server says which descriptor it cannot use."""
    manager = Manager(tmp_path)
    with manager.sock, manager.heard, socket.socket(socket.AF_INET, kind) as other:
        manager.server.handed_over = [other.fileno()]
        manager.server._wrapper[-1] = str(other.fileno())
        with pytest.raises(AssertionError, match=r"descriptor 3, which .* does not listen for TCP"):
            manager.server.start()


def test_variables_of_another_process_mean_nothing(tmp_path: Path) -> None:
    """A server that was started by a service of another program listens where it is told to."""
    others = {"LISTEN_PID": "1", "LISTEN_FDS": "1", "WATCHDOG_PID": "1", "WATCHDOG_USEC": "1000000"}
    with ServerProcess(tmp_path, environment=others) as server:
        address = ("127.0.0.1", server.port)
        context: ssl.SSLContext = server.client_context()
        with socket.create_connection(address, timeout=DEADLINE) as plain:
            context.wrap_socket(plain, server_hostname="localhost").close()
