"""Watching a real server: the pages for programs, and what `status` says."""

import json
import re
import time
from http.client import HTTPConnection
from pathlib import Path

from tests.system.server_process import ServerProcess


def get(port: int, path: str) -> tuple[int, str]:
    """Ask for a page."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def port_of(server: ServerProcess) -> int:
    """Where the pages were served last, as the log says."""
    return int(re.findall(r"metrics on 127\.0\.0\.1 port (\d+)", server.log_text())[-1])


def test_a_server_is_watched(tmp_path: Path) -> None:
    """A login and what it costs are counted; it is alive and ready; status says the same."""
    with ServerProcess(tmp_path, {"metrics.address": "127.0.0.1:0"}, accounts=["alice"]) as server:
        port = port_of(server)
        server.administer("disable", "alice")
        status, text = get(port, "/metrics")
        assert status == 200
        assert re.search(r"^securechat_commit_seconds_count [1-9]", text, re.M)
        assert re.search(r"^securechat_database_bytes [1-9]", text, re.M)
        assert "alice" not in text
        assert [get(port, page)[0] for page in ("/healthz", "/readyz", "/other")] == [200, 200, 404]
        found = json.loads(server.administer("status", "--json"))
        assert found["state"] == "running" and found["hub_silent_ms"] < 10_000
        assert found["ready"] is True and found["not_ready"] == []
        assert server.administer("status").startswith("ready ")


def test_the_pages_are_off_until_somebody_asks_for_them(tmp_path: Path) -> None:
    """A reload begins them, moves them and ends them; what cannot be used changes nothing."""
    with ServerProcess(tmp_path) as server:
        assert "metrics on" not in server.log_text()
        server.configure(metrics__address="127.0.0.1:0")
        server.administer("reload")
        first = port_of(server)
        assert get(first, "/healthz")[0] == 200
        server.configure(metrics__address="192.0.2.1:9")
        assert "metrics.public" in server.run("reload").stderr
        server.configure(metrics__public=True)
        refused = server.run("reload")
        assert refused.returncode == 6 and "metrics.address: 192.0.2.1:9 cannot be used" in refused.stderr
        assert get(first, "/healthz")[0] == 200


def test_a_server_that_is_not_ready_says_why(tmp_path: Path) -> None:
    """In status, at /readyz, and at the head of top; it lives all the same."""
    with ServerProcess(tmp_path, {"metrics.address": "127.0.0.1:0", "storage.reserve": 1_000_000}) as server:
        port = port_of(server)
        deadline = time.monotonic() + 20
        while (found := get(port, "/readyz"))[0] == 200 and time.monotonic() < deadline:
            pass
        reasons = json.loads(found[1])["reasons"]
        assert found[0] == 503 and [reason["code"] for reason in reasons] == ["disk"]
        assert get(port, "/healthz")[0] == 200
        assert json.loads(server.administer("status", "--json"))["not_ready"] == reasons
        assert server.administer("status").startswith("NOT READY: less is free on the disk")
        assert "storage.reserve" in server.administer("top", "--once").splitlines()[0]


def test_an_address_that_is_taken_is_an_error_at_the_start(tmp_path: Path) -> None:
    """It names the key, and the server does not run without being watched as it should be."""
    with ServerProcess(tmp_path / "one", {"metrics.address": "127.0.0.1:0"}) as server:
        other = ServerProcess(tmp_path / "two", {"metrics.address": f"127.0.0.1:{port_of(server)}"})
        process = other.spawn()
        assert process.wait(20) == 1
        assert process.stdout is not None
        process.stdout.close()
        assert "metrics.address: 127.0.0.1" in other.log_text() and "cannot be used" in other.log_text()
