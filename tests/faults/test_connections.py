"""Connections that do nothing, too many of them, and no descriptors left: those who mean it get in."""

import os
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest

from tests.faults.conftest import Serve
from tests.faults.probe import Probe
from tests.faults.vitals import Vitals
from tests.system.person import Person
from tests.system.server_process import ServerProcess

HALF_OPEN = int(os.environ.get("FAULT_HALF_OPEN", "10000"))
STALLED = HALF_OPEN // 20
DEFAULT_LIMITS = {"limits.connections_per_source": 16, "limits.connections_window": 32}

Report = Callable[[str], None]


@pytest.fixture
def files() -> None:
    """Let this process, and the server that it starts, open all these connections."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < HALF_OPEN * 1.2:
        pytest.skip(f"only {hard} files may be open: set FAULT_HALF_OPEN")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _open(server: ServerProcess, number: int, stack: ExitStack, opening: bytes = b"") -> Iterator[None]:
    """Open connections from many addresses, eight from each, and send them a beginning."""
    for index in range(number):
        sock = stack.enter_context(socket.socket())
        sock.settimeout(20)
        source = index // 8
        sock.bind((f"127.{3 + bool(opening)}.{source // 250}.{source % 250 + 1}", 0))
        with suppress(OSError):  # it was refused, or had to make room
            sock.connect(("127.0.0.1", server.port))
            sock.sendall(opening)
        yield


@pytest.mark.usefixtures("files")
@pytest.mark.timeout(300)
def test_silent_connections_and_stalled_handshakes(serve: Serve, report: Report) -> None:
    """Thousands of connections that say nothing keep nobody from logging in, and are gone soon after."""
    server = serve(DEFAULT_LIMITS, accounts=["alice", "bob"])
    Person(server, "bob").close()
    base = Vitals.of(server.pid).descriptors
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100)
    with Probe(server, "login", "alice", every=0.2) as probe, ExitStack() as stack:
        began = time.monotonic()
        for _ in _open(server, HALF_OPEN, stack):
            pass
        for _ in _open(server, STALLED, stack, hello):
            pass
        opened = time.monotonic() - began
        most = Vitals.of(server.pid).descriptors
        began = time.monotonic()
        while Vitals.of(server.pid).descriptors > base + 3:  # the probe has one now and then
            time.sleep(0.1)
            assert time.monotonic() - began < 30, f"{Vitals.of(server.pid).descriptors} descriptors are open"
        reaped = time.monotonic() - began
        time.sleep(3)
    left = Vitals.of(server.pid).descriptors
    report(
        f"{HALF_OPEN} silent and {STALLED} stalled in {opened:.1f} s, at most {most} descriptors; "
        f"reaped after {reaped:.1f} s; descriptors {base} → {left}; logins meanwhile: {probe.figures}"
    )
    assert reaped <= 15
    assert left <= base
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 1000


@pytest.mark.timeout(300)
@pytest.mark.parametrize("room", [256, 0])
def test_no_descriptors_left(serve: Serve, report: Report, room: int) -> None:
    """With 256 descriptors, or with none left, the server does not spin, and it recovers at once."""
    wrapper = ["prlimit", "--nofile=256:256"] if room else []
    server = serve(accounts=["alice", "bob"], wrapper=wrapper)
    with Person(server, "bob") as bob:
        if not room:
            limit = Vitals.of(server.pid).descriptors + 50
            resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (limit, limit))
        with ExitStack() as stack:
            for _ in _open(server, 400, stack):
                pass
            before, began = Vitals.of(server.pid), time.monotonic()
            time.sleep(5)
            share = (Vitals.of(server.pid).seconds - before.seconds) / (time.monotonic() - began)
            bob.say("#general", "undisturbed")
        began = time.monotonic()
        while True:
            try:
                Person(server, "alice").close()
                break
            except (OSError, AssertionError):
                assert time.monotonic() - began < 20
        recovered = time.monotonic() - began
    report(f"{share * 100:.1f} % of a core while full; a login {recovered:.2f} s after there was room again")
    assert share < 0.2
    assert recovered <= 2
