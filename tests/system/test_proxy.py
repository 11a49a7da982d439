"""A real haproxy in front of the server: everybody behind it is a source of their own."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.conftest import Serve
from tests.system.person import Ended, Person, Wire, log_in
from tests.system.server_process import ServerProcess

HAPROXY = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
CONFIGURATION = """\
defaults
    mode tcp
    timeout connect 5s
    timeout client 60s
    timeout server 60s
listen chat
    bind fd@{inlet}
    server chat 127.0.0.1:{port} {header} check inter 100ms
"""
pytestmark = pytest.mark.skipif(HAPROXY is None, reason="haproxy is not installed")


@contextmanager
def haproxy(server: ServerProcess, place: Path, header: str = "send-proxy-v2") -> Iterator[int]:
    """Run haproxy before the server; yields its port, where it is sure to listen."""
    with socket.create_server(("127.0.0.1", 0)) as inlet:
        text = CONFIGURATION.format(inlet=inlet.fileno(), port=server.port, header=header)
        (place / "haproxy.cfg").write_text(text)
        command = [str(HAPROXY), "-db", "-q", "-f", str(place / "haproxy.cfg")]
        with subprocess.Popen(command, pass_fds=[inlet.fileno()], stderr=subprocess.DEVNULL) as process:
            try:
                yield inlet.getsockname()[1]
            finally:
                process.terminate()


def test_people_behind_a_proxy_are_told_apart(serve: Serve, tmp_path: Path) -> None:
    """After a reload the log, the limits and the budgets against guessing know the peers' addresses."""
    server = serve({"limits.connections_per_source": 2}, accounts=["alice", "bob"])
    with haproxy(server, tmp_path) as port:
        with pytest.raises((OSError, Ended)), Wire(server, port=port, source="127.0.9.1") as wire:
            wire.receive()
        server.configure(server__proxies=["127.0.0.1/32"])
        assert "server.proxies: in force now" in server.administer("reload")
        with (
            Person(server, "alice", port=port, source="127.0.9.1") as alice,
            Person(server, "bob", port=port, source="127.0.9.2") as bob,
        ):
            alice.join("#dev")
            bob.join("#dev")
            alice.say("#dev", "through the proxy")
            bob.hear("through the proxy")
            for _ in range(3):  # more than one source has, but for the header
                with Wire(server, port=port, source="127.0.9.3") as wire:
                    assert "Wrong account" in (log_in(wire, "alice", "a guess") or "")
                    assert "Wrong account" in (log_in(wire, "alice", "another guess") or "")
            with Wire(server, port=port, source="127.0.9.3") as wire:
                assert "Too many failed logins" in (log_in(wire, "alice", "the seventh") or "")
            with Wire(server, port=port, source="127.0.9.4") as wire:
                assert "Wrong account" in (log_in(wire, "alice", "the first from here") or "")
    server.stop()
    log = server.log_text()
    assert "= logged in as alice from 127.0.9.1\n" in log
    assert "= logged in as bob from 127.0.9.2\n" in log
    assert "! SASL PLAIN as alice from 127.0.9.3 failed: wrong password\n" in log
    after = log.partition("reloaded")[2]
    assert "127.0.0.1" not in after, "the proxy's address, and its health checks, leave nothing"


def test_a_proxy_that_speaks_version_1_is_told_apart(serve: Serve, tmp_path: Path) -> None:
    """The log says what to change."""
    server = serve({"server.proxies": ["127.0.0.1/32"]}, accounts=["alice"])
    with (
        haproxy(server, tmp_path, "send-proxy") as port,
        pytest.raises((OSError, Ended)),
        Wire(server, port=port, source="127.0.9.1") as wire,
    ):
        wire.receive()
    server.stop()
    assert "have the proxy send version 2 (haproxy: send-proxy-v2)" in server.log_text()
