"""What the service manager is told."""

import socket
from pathlib import Path

import pytest

from securechat.server.notify import Notifier


def test_states_are_datagrams(tmp_path: Path) -> None:
    """READY, RELOADING with its time, and STOPPING arrive as sd_notify(3) has them."""
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(path))
        notifier = Notifier(str(path))
        notifier.ready()
        notifier.reloading()
        notifier.stopping()
        first, second, third = (manager.recv(1000).decode() for _ in range(3))
    assert first == "READY=1"
    state, time = second.split("\n")
    assert state == "RELOADING=1"
    assert time.removeprefix("MONOTONIC_USEC=").isdigit()
    assert third == "STOPPING=1"


def test_an_abstract_socket(tmp_path: Path) -> None:
    """An address that begins with @ is in the abstract namespace."""
    name = f"securechat-test-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(f"\0{name}")
        Notifier(f"@{name}").ready()
        assert manager.recv(1000) == b"READY=1"


def test_nobody_is_told_without_an_address() -> None:
    """Outside of a service manager nothing happens."""
    Notifier(None).ready()


def test_a_manager_that_is_gone_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The server goes on when the service manager cannot be reached."""
    Notifier(str(tmp_path / "gone")).ready()
    assert caplog.messages == ["the service manager could not be told READY=1: No such file or directory"]
