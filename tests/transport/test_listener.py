"""Accepting: admission, addresses, and being out of descriptors."""

import errno
import os
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from ipaddress import ip_address, ip_network

import pytest

from securechat.server.admission import Admission
from securechat.server.burden import Burden
from securechat.server.connection import Connection
from securechat.server.limits import Limits
from securechat.server.listener import Listener, bind, canonical, written
from tests.transport.conftest import UNLIMITED


class Hall:
    """A worker that only takes connections."""

    def __init__(self) -> None:
        self.burden = Burden()
        self.adopted: list[Connection] = []
        self.evicted: list[Connection] = []
        self.busy = 0

    @property
    def load(self) -> int:
        return len(self.adopted) + self.busy

    def adopt(self, conn: Connection) -> None:
        self.adopted.append(conn)

    def evict(self, conn: Connection) -> None:
        self.evicted.append(conn)

    def close(self) -> None:
        for conn in self.adopted:
            assert conn.plain is not None
            conn.plain.close()


class Door:
    """A listener on loopback, its workers, its clients and its clock."""

    def __init__(self, limits: Limits = UNLIMITED, workers: int = 1) -> None:
        self.now = 0.0
        self.halls = [Hall() for _ in range(workers)]
        self.admission = Admission(limits, lambda: 0.5)
        (sock,) = bind("127.0.0.1", 0)
        self.address = sock.getsockname()
        self.listener = Listener(
            sock,
            self.halls,  # type: ignore[arg-type]  # as much of a worker as a listener uses
            self.admission,
            iter(range(1, 1000)).__next__,
            lambda: self.now,
        )
        self.clients: list[socket.socket] = []

    def knock(self, count: int = 1) -> None:
        """Connect, and let the listener accept."""
        before = self.listener.refused + sum(len(hall.adopted) for hall in self.halls)
        for _ in range(count):
            self.clients.append(socket.create_connection(self.address, timeout=10))
        while self.listener.refused + sum(len(hall.adopted) for hall in self.halls) < before + count:
            self.listener.run_once(10_000)

    def close(self) -> None:
        self.listener.close()
        for hall in self.halls:
            hall.close()
        for client in self.clients:
            client.close()


@pytest.fixture
def doors() -> Iterator[list[Door]]:
    """A place for doors that are to be closed."""
    made: list[Door] = []
    yield made
    for door in made:
        door.close()


def test_accepted_connections_go_to_the_worker_with_the_least(doors: list[Door]) -> None:
    """Connections are numbered and spread over the workers; the sockets do not block or delay."""
    doors.append(door := Door(workers=2))
    door.halls[0].busy = 2
    door.knock(4)
    assert [[conn.serial for conn in hall.adopted] for hall in door.halls] == [[3], [1, 2, 4]]
    conn = door.halls[0].adopted[0]
    assert conn.plain is not None and not conn.plain.getblocking()
    assert conn.plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
    assert conn.address == "127.0.0.1"
    assert door.admission.total == 4


def test_refused_connections_are_reset(doors: list[Door], caplog: pytest.LogCaptureFixture) -> None:
    """Too many of one source are closed at once, counted, and logged once a second."""
    doors.append(door := Door(replace(UNLIMITED, connections_per_source=1)))
    door.knock(4)
    assert (len(door.halls[0].adopted), door.listener.refused) == (1, 3)
    assert len(caplog.records) == 1
    with pytest.raises(ConnectionResetError):
        door.clients[-1].recv(1)
    door.now = 1.0
    door.knock()
    assert caplog.messages[1] == "and 2 more like the last one"
    assert caplog.messages[2].startswith("127.0.0.1 refused: 1 of it wait for their login")


def test_complaints_that_were_left_out_are_told_soon(
    doors: list[Door], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only with the next one: that may come hours later."""
    doors.append(door := Door(replace(UNLIMITED, connections_per_source=1)))
    door.knock(4)
    timeouts: list[int | None] = []

    def wait(listener: Listener, timeout_ms: int | None) -> None:
        timeouts.append(timeout_ms)
        door.now += (timeout_ms or 0) / 1000
        run_once(listener, 0)
        listener._stopping = len(timeouts) == 2

    run_once = Listener.run_once
    monkeypatch.setattr(Listener, "run_once", wait)
    door.listener.run()
    assert (timeouts, caplog.messages[1:]) == ([1000, None], ["and 2 more like the last one"])


def test_a_proxys_connections_wait_for_their_header(doors: list[Door]) -> None:
    """They count for nobody yet; a reload says who is a proxy; of others no header is expected."""
    limits = replace(UNLIMITED, connections_per_source=1)
    doors.append(door := Door(limits))
    door.admission.limits = replace(limits, proxies=(ip_network("127.0.0.0/30"),))
    door.knock(3)
    assert [conn.header is not None for conn in door.halls[0].adopted] == [True] * 3
    assert (door.listener.refused, door.admission.total, door.admission.unauthenticated) == (0, 3, 3)
    door.admission.limits = replace(limits, proxies=(ip_network("127.0.0.2/32"),))
    door.knock(2)
    assert door.halls[0].adopted[3].header is None
    assert door.listener.refused == 1


def test_a_newcomer_throws_another_one_out(doors: list[Door]) -> None:
    """When the places for connections without a login are taken, the worker is told whom to close."""
    doors.append(door := Door(replace(UNLIMITED, max_unauthenticated=1)))
    door.knock(2)
    first, _ = door.halls[0].adopted
    assert door.halls[0].evicted == [first]


class Exhausted:
    """A listening socket whose accept fails for lack of descriptors, as long as `problems` last."""

    def __init__(self, real: socket.socket, *problems: int) -> None:
        self.real = real
        self.problems = list(problems)

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        if self.problems:
            number = self.problems.pop(0)
            raise OSError(number, os.strerror(number))
        return self.real.accept()

    def close(self) -> None:
        self.real.close()


def exhaust(door: Door, *problems: int) -> None:
    """Have the next calls of accept fail."""
    door.listener._sock = Exhausted(door.listener._sock, *problems)  # type: ignore[assignment]


@pytest.mark.parametrize("problem", [errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM])
def test_out_of_descriptors(doors: list[Door], caplog: pytest.LogCaptureFixture, problem: int) -> None:
    """One connection is closed with the help of the spare descriptor, the others wait for later."""
    doors.append(door := Door())
    exhaust(door, problem)
    spare = door.listener._spare
    for _ in range(3):
        door.clients.append(socket.create_connection(door.address, timeout=10))
    door.listener.run_once(10_000)
    assert door.halls[0].adopted == []
    assert door.clients[0].recv(1) == b""
    assert door.listener._spare is not None and spare is not None
    assert len(caplog.records) == 1
    door.listener.run_once(10_000)  # the moment's wait
    assert door.halls[0].adopted == []
    while len(door.halls[0].adopted) < 2:
        door.listener.run_once(10_000)


def test_out_of_descriptors_is_logged_once_a_second(
    doors: list[Door], caplog: pytest.LogCaptureFixture
) -> None:
    """However often accept fails, the log gets one line a second."""
    doors.append(door := Door())
    exhaust(door, *[errno.EMFILE] * 10)
    door.clients.append(socket.create_connection(door.address, timeout=10))
    for _ in range(5):
        door.listener._give_way(OSError(errno.EMFILE, "Too many open files"))
    assert len(caplog.records) == 1


def test_a_connection_that_died_in_the_queue_does_not_matter(doors: list[Door]) -> None:
    """The next connection is accepted in the same round."""
    doors.append(door := Door())
    exhaust(door, errno.ECONNABORTED, errno.EPROTO)
    door.knock()
    assert len(door.halls[0].adopted) == 1


def test_an_error_of_the_socket_itself_is_raised(doors: list[Door]) -> None:
    """What would come again and again ends the loop instead of making it spin."""
    doors.append(door := Door())
    exhaust(door, errno.EINVAL)
    door.clients.append(socket.create_connection(door.address, timeout=10))
    with pytest.raises(OSError, match="Invalid argument"):
        door.listener.run_once(10_000)


def test_stop_ends_the_loop(doors: list[Door]) -> None:
    """A listener that waits for connections ends when it is told to."""
    doors.append(door := Door())
    door.listener.stop()
    door.listener.run()


def test_all_interfaces_are_ipv4_and_ipv6_on_one_port() -> None:
    """Without a host every address is bound, on the same free port."""
    sockets = bind("", 0)
    try:
        ports = {sock.getsockname()[1] for sock in sockets}
        assert len(ports) == 1
        hosts = [written(sock.getsockname()[:2]) for sock in sockets]
        (port,) = ports
        assert hosts[0] == f"0.0.0.0:{port}"
        assert hosts[1:] in ([], [f"[::]:{port}"])
    finally:
        for sock in sockets:
            sock.close()


def test_an_address_in_use_is_named() -> None:
    """The error says which address cannot be used, and nothing stays bound."""
    (taken,) = bind("127.0.0.1", 0)
    with taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}: Address already in use"):
            bind("127.0.0.1", port)


def test_an_unknown_host() -> None:
    """A host that has no address is an error of the system's resolver."""
    with pytest.raises(OSError):
        bind("256.256.256.256", 0)


@pytest.mark.parametrize(
    ("host", "address"),
    [("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("fe80::1%eth0", "fe80::1")],
)
def test_addresses_in_their_canonical_form(host: str, address: str) -> None:
    """Mapped IPv4 addresses are IPv4, and zones are left out."""
    assert canonical(host) == ip_address(address)


def test_linger_is_what_makes_a_reset() -> None:
    """The option that refused connections get is the one that the kernel knows."""
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8) == struct.pack("ii", 1, 0)
