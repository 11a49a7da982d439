"""`securechat doctor` about a real server: running, stuck, and with another certificate than it shows."""

import json
import signal
from datetime import UTC, datetime
from pathlib import Path

from securechat.app.certificates import prepare
from securechat.config import Config
from tests.system.conftest import Serve
from tests.system.server_process import ServerProcess
from tests.unit.app.test_doctor import free_port

Findings = list[dict[str, str]]


def look(server: ServerProcess, *options: str) -> tuple[int, Findings]:
    """Return the exit code, and what there is to mend."""
    done = server.run("doctor", "--json", *options)
    found = json.loads(done.stdout)
    to_mend: Findings = [finding for finding in found["findings"] if finding["level"] != "note"]
    assert found["well"] == (not to_mend) == (done.returncode == 0), done.stdout + done.stderr
    return done.returncode, to_mend


def test_a_server_is_well_running_and_stopped(serve: Serve) -> None:
    """What it looks at stays as it was; people read the same as programs."""
    server = serve({"server.name": "", "server.port": free_port()}, accounts=["alice"])
    assert look(server) == (0, [])
    assert "Nothing has to be mended." in server.administer("doctor")
    server.stop()
    before = {path.name: path.stat().st_mtime_ns for path in server.data.iterdir()}
    assert look(server) == (0, [])
    assert {path.name: path.stat().st_mtime_ns for path in server.data.iterdir()} == before
    server.start()


def test_what_is_wrong_with_a_running_server_is_found(serve: Serve) -> None:
    """A key that others can read, and a certificate that was changed without telling the server."""
    server = serve({"server.name": ""}, accounts=["alice"])
    prepare(Config(), server.data, renew=True)
    (server.data / "ca.key").chmod(0o640)
    code, found = look(server)
    assert code == 1 and [finding["check"] for finding in found] == ["permissions", "certificate"]
    assert "shows another certificate" in found[1]["wrong"]
    assert found[1]["mend"].startswith("securechat reload --data-dir ")
    (server.data / "ca.key").chmod(0o600)
    server.administer("reload")
    assert look(server) == (0, [])
    text = server.administer("doctor", "--help")
    assert "Nothing is changed" in text


def test_a_server_that_is_stuck_is_told_of(serve: Serve) -> None:
    """Without waiting for it for long, and with how to start it anew."""
    server = serve({"server.name": ""}, accounts=["alice"])
    server.send_signal(signal.SIGSTOP)
    code, found = look(server)
    server.send_signal(signal.SIGCONT)
    assert code == 1 and [finding["check"] for finding in found] == ["server"]
    assert "does not answer" in found[0]["wrong"] and "restart" in found[0]["mend"]


def test_a_backup_is_known_while_the_server_runs(serve: Serve, tmp_path: Path) -> None:
    """And after a restart, from the audit log."""
    server = serve({"server.name": ""}, accounts=["alice"])
    assert json.loads(server.administer("status", "--json"))["last_backup"] == 0
    before = datetime.now(UTC).timestamp() * 1000
    server.administer("backup", str(tmp_path / "backup"))
    known = json.loads(server.administer("status", "--json"))["last_backup"]
    assert before - 1 <= known <= datetime.now(UTC).timestamp() * 1000
    server.stop()
    server.start()
    assert json.loads(server.administer("status", "--json"))["last_backup"] == known
