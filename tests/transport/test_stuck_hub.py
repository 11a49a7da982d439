"""A hub that is stuck: whoever watches the server is told so at once, and waits for nothing."""

import json
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from threading import Event

import pytest

from securechat.app import health
from securechat.app.watching import Watching
from securechat.server.control_client import ask
from securechat.tls.files import ServerFiles
from tests.transport.serve import Premises


@pytest.fixture
def premises(directory: Path, certificates: ServerFiles) -> Iterator[Premises]:
    """A server that runs until the test ends."""
    made = Premises(directory, certificates.certificate, certificates.key)
    made.start()
    yield made
    made.stop()


def get(watching: Watching, path: str) -> tuple[int, str]:
    """Ask for a page."""
    assert watching.address is not None
    connection = HTTPConnection(*watching.address, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def until(watching: Watching, path: str, status: int) -> None:
    """Ask for a page until it has this status."""
    deadline = time.monotonic() + 20
    while (found := get(watching, path))[0] != status:
        assert time.monotonic() < deadline, found


def test_a_stuck_hub_is_told_of(premises: Premises, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By both health checks, the metrics, status and top; when it goes on all is well again."""
    monkeypatch.setattr(health, "STUCK_MS", 1200)
    watching, stuck, free = Watching(premises.made.vitals), Event(), Event()

    def block() -> None:
        stuck.set()
        free.wait(30)

    watching.use("127.0.0.1:0")
    try:
        premises.made.call(block)
        assert stuck.wait(10)
        until(watching, "/healthz", 503)
        status, text = get(watching, "/readyz")
        assert status == 503 and json.loads(text)["reasons"][0]["code"] == "stuck"
        assert 'securechat_not_ready{reason="stuck"} 1.0' in get(watching, "/metrics")[1]
        for command in ("status", "top"):
            row = ask(directory, command, 5).rows[0]  # type: ignore[union-attr]
            assert isinstance(row["hub_silent_ms"], int) and row["hub_silent_ms"] >= 1200
        free.set()
        until(watching, "/readyz", 200)
    finally:
        free.set()
        watching.stop()
