"""The server as a command: how it starts and ends, and what administrators do while it runs."""

import json
import re
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.cli.exits import ExitCode
from securechat.tls.pins import pin, read_certificates
from tests.support import chains
from tests.support.chains import make
from tests.system.server_process import DEADLINE, SERVER_NAME, ServerProcess

PASSWORD = "correct horse battery"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that runs and knows alice."""
    with ServerProcess(tmp_path / "server", accounts=["alice"]) as server:
        yield server


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that knows alice and does not run."""
    server = ServerProcess(tmp_path / "server", accounts=["alice"])
    yield server
    server.kill()


def failure(server: ServerProcess, *arguments: str, code: ExitCode = ExitCode.ERROR) -> str:
    """Run a command that must fail with one line of error; return the line."""
    ended = server.run(*arguments)
    assert ended.returncode == code, ended.stderr
    lines = [line for line in ended.stderr.splitlines() if "runs as root" not in line]
    assert len(lines) == 1, ended.stderr
    assert lines[0].startswith("securechat: ")
    return lines[0]


def users(server: ServerProcess) -> dict[str, dict[str, object]]:
    """Return the rows of `users` by name."""
    return {row["name"]: row for row in json.loads(server.administer("users", "--json"))}


def test_the_first_start_says_how_to_go_on(tmp_path: Path) -> None:
    """Standard error has the directory, the pin and the next commands."""
    with ServerProcess(tmp_path) as server:
        text = server.log_text()
        assert f"keeps everything in {server.data}" in text
        assert f"Make one with: securechat adduser NAME --data-dir {server.data}" in text
        found = pin(read_certificates(server.ca)[0])
        line = f"securechat connect --host {SERVER_NAME}:{server.port} --user NAME --pin {found}"
        assert f"Connect with: {line}\n" in text
        server.administer("adduser", "alice", "--password-stdin", text=PASSWORD)
        server.stop()
        server.log.unlink()
        server.start()
        assert "There is no account yet" not in server.log_text()


def test_certs_show_asks_the_running_server(tmp_path: Path) -> None:
    """Options may have said which certificate it uses and where it listens; they need not be given again."""
    with ServerProcess(tmp_path / "other") as other:
        files = {"CERTIFICATE": other.data / "server.pem", "KEY": other.data / "server.key"}
        given = {f"SECURECHAT_TLS__{name}": str(file) for name, file in files.items()}
        with ServerProcess(tmp_path / "server", environment=given) as server:
            shown = subprocess.run(
                server.command("certs", "show", "--json"), capture_output=True, check=True, timeout=DEADLINE
            )
            facts = json.loads(shown.stdout)
            assert (facts["certificate"], facts["own"]) == (given["SECURECHAT_TLS__CERTIFICATE"], False)
            assert f":{server.port} " in facts["connect"]


@pytest.mark.parametrize("form", ["json", "auto"])
def test_the_log_in_json_is_nothing_but_json(tmp_path: Path, form: str) -> None:
    """Whatever the server tells people is an entry then; standard error is no terminal here."""
    with ServerProcess(tmp_path, {"log.format": form}) as server:
        entries = [json.loads(line) for line in server.log_text().splitlines()]
        assert any("There is no account yet" in entry["text"] for entry in entries)


def test_the_log_in_a_file_is_rotated(tmp_path: Path) -> None:
    """It is moved away while the server runs; a reload changes the place, and a wrong one changes nothing."""
    file, moved = tmp_path / "log" / "securechat.log", tmp_path / "log" / "securechat.log.1"
    file.parent.mkdir()
    with ServerProcess(tmp_path, {"log.file": str(file), "log.format": "auto"}, accounts=["alice"]) as server:
        assert "The pin of this server's certificates" in server.log_text()
        file.rename(moved)
        server.administer("reload")
        entries = [json.loads(line)["text"] for line in file.read_text().splitlines()]
        assert entries[-1] == "reloaded" and "reloaded" not in moved.read_text()
        server.configure(log__file=str(tmp_path / "nowhere" / "log"))
        line = failure(server, "reload", code=ExitCode.REFUSED)
        assert "log.file: " in line and "cannot be opened: No such file" in line
        server.configure(log__file="")
        server.administer("reload")
        assert '"text": "reloaded"' in server.log_text()


def test_accounts_of_a_running_server(server: ServerProcess) -> None:
    """Every command works while it runs, with the same results and exit codes as without it."""
    server.administer("adduser", "bob", "--admin", "--password-stdin", text=PASSWORD)
    assert (users(server)["bob"]["role"], users(server)["alice"]["role"]) == ("admin", "member")
    assert "looks like" in failure(server, "adduser", "a1ice", "--generate", code=ExitCode.REFUSED)
    assert "There is no account" in failure(server, "disable", "carol", code=ExitCode.REFUSED)
    server.administer("role", "alice", "admin")  # so that bob is not the last one
    server.administer("disable", "bob")
    assert users(server)["bob"]["disabled"] is True
    server.administer("enable", "bob")
    server.administer("passwd", "bob", "--generate")
    server.administer("deluser", "bob", "--yes")
    assert set(users(server)) == {"alice"}
    server.stop()
    assert set(users(server)) == {"alice"}
    assert PASSWORD not in server.log_text()


def test_a_change_names_its_place(server: ServerProcess) -> None:
    """The data directory is named, and how to start the server when none runs there."""
    ended = server.run("adduser", "bob", "--password-stdin", text=PASSWORD)
    assert f"The account bob was added in {server.data}.\n" in ended.stderr
    assert "No server runs there" not in ended.stderr
    server.stop()
    for arguments in (
        ["passwd", "bob", "--generate"],
        ["disable", "bob"],
        ["invite"],
        ["deluser", "bob", "--yes"],
    ):
        ended = server.run(*arguments)
        assert f" in {server.data}." in ended.stderr
        hint = f"No server runs there: start it with `securechat server --data-dir {server.data}`.\n"
        assert hint in ended.stderr


def test_status(stopped: ServerProcess) -> None:
    """Counters for people and for programs; without a server it says how to start one."""
    assert "start it with `securechat server`" in failure(stopped, "status")
    stopped.start()
    row = json.loads(stopped.administer("status", "--json"))
    assert (row["connections"], row["messages"]) == (0, 0)
    assert row["logins"]["ok"] == row["refusals"]["store_full"] == 0
    shown = stopped.administer("status")
    assert "refusals store full" in stopped.administer("status", "--all")
    assert re.search(r"^last backup +never$", shown, re.MULTILINE)
    stopped.administer("backup", str(stopped.data.with_name("one.backup")))
    began = json.loads(stopped.administer("status", "--json"))["last_backup"]
    day = f"{datetime.fromtimestamp(began / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    assert re.search(rf"^last backup +{day}$", stopped.administer("status"), re.MULTILINE)
    stopped.stop()


def test_reload_applies_what_it_can_and_says_what_it_cannot(server: ServerProcess) -> None:
    """Each changed key is named, each time until the restart."""
    server.configure(server__motd="hello", log__level="debug", server__network="Other")
    assert server.administer("reload").splitlines() == [
        "server.motd: in force now",
        "log.level: in force now",
        "server.network: needs a restart of the server",
    ]
    assert server.administer("reload") == "server.network: needs a restart of the server\n"
    assert "server.network was changed: it needs a restart of the server" in server.log_text()


def test_a_bad_configuration_changes_nothing(server: ServerProcess) -> None:
    """Not even what is right in it; the error names the key, and the server goes on."""
    server.configure(server__motd="hello", limits__sendq=1)
    assert "limits.sendq must be a number" in failure(server, "reload", code=ExitCode.REFUSED)
    server.configure(limits__sendq=65536)
    assert server.administer("reload").splitlines() == [
        "server.motd: in force now",
        "limits.sendq: in force now",
    ]


def test_a_bad_certificate_changes_nothing(server: ServerProcess, tmp_path: Path) -> None:
    """A configuration that names a certificate which cannot be used is refused as a whole."""
    (tmp_path / "bad.pem").write_text("nonsense")
    server.configure(
        tls__certificate=str(tmp_path / "bad.pem"), tls__key=str(tmp_path / "bad.pem"), server__motd="x"
    )
    assert str(tmp_path / "bad.pem") in failure(server, "reload", code=ExitCode.REFUSED)
    server.configure(tls__certificate="", tls__key="")
    assert server.administer("reload") == "server.motd: in force now\n"


def served_serial(server: ServerProcess) -> int:
    """Return the serial number of the certificate that new connections get."""
    with (
        socket.create_connection(("127.0.0.1", server.port), DEADLINE) as plain,
        server.client_context().wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        certificate = connection.getpeercert()
        assert certificate is not None
        return int(str(certificate["serialNumber"]), 16)


def test_a_chain_that_clients_refuse_changes_nothing(server: ServerProcess, tmp_path: Path) -> None:
    """Neither does a key that others can read: both sides are told, and the old chain stays in use."""
    now = datetime.now(UTC)
    root = make("root", now)
    middle = make("intermediate", now, root)
    leaf = chains.server(now, middle, end=20)
    certificate, key = chains.write(tmp_path, leaf, middle, root)
    server.configure(tls__certificate=str(certificate), tls__key=str(key))
    server.administer("reload")
    assert "ends in 19 days" in server.log_text()
    assert "ends in 19 days" in server.administer("certs", "show")
    assert json.loads(server.administer("status", "--json"))["certificate"]["state"] == "ends in 19 days"
    server.ca.touch(0o600)
    server.ca.write_bytes(root.certificate.public_bytes(Encoding.PEM))
    assert served_serial(server) == leaf.certificate.serial_number
    chains.write(tmp_path, chains.server(now, middle))
    text = 'it ends with a certificate of "CN=intermediate", which this system does not know'
    assert text in failure(server, "reload", code=ExitCode.REFUSED)
    assert text in failure(server, "config", "check")
    assert text in server.log_text()
    chains.write(tmp_path, chains.server(now, middle), middle, root)
    key.chmod(0o640)
    assert f"chmod 600 {key}" in failure(server, "reload", code=ExitCode.REFUSED)
    assert served_serial(server) == leaf.certificate.serial_number
    server.stop()
    assert f"chmod 600 {key}" in failure(server, "server", "--port", "0")


def test_a_renewed_certificate_is_served_at_once(server: ServerProcess) -> None:
    """`certs renew` with a running server, and a new name by `reload`."""
    first = served_serial(server)
    server.administer("certs", "renew")
    noted = json.loads(server.administer("audit", "show", "--json").splitlines()[-1])
    assert (noted["action"], noted["detail"]) == ("certificate", "renewed by the server's own authority")
    second = served_serial(server)
    assert second != first
    certificate, key = server.data / "server.pem", server.data / "ca.key"
    away = key.rename(server.data / "away")
    assert "ca.key is missing" in failure(server, "certs", "renew", code=ExitCode.REFUSED)
    assert read_certificates(certificate)[0].serial_number == served_serial(server) == second
    away.rename(key)
    server.configure(tls__names=["chat.example.org"])
    server.administer("reload")
    third = served_serial(server)
    assert third == read_certificates(server.data / "server.pem")[0].serial_number != second
    assert "chat.example.org" in server.administer("certs", "show")


def test_the_connect_line_has_the_port_that_an_option_gave(server: ServerProcess) -> None:
    """The running server says where it listens; without it the configuration does."""
    port = server.port
    assert f"connect --host {SERVER_NAME}:{port} " in server.administer("certs", "show")
    server.stop()
    assert f":{port} " not in server.administer("certs", "show")


def test_hangup_reloads(server: ServerProcess) -> None:
    """SIGHUP does what `reload` does; what cannot be done is in the log."""
    server.configure(server__network="Other")
    server.send_signal(signal.SIGHUP)
    server.stop()
    assert "server.network was changed: it needs a restart of the server" in server.log_text()


def test_another_server_on_the_same_directory(server: ServerProcess) -> None:
    """The second one ends and names the first."""
    assert f"in use by process {server.pid}" in failure(server, "server", "--port", "0")


def test_a_port_that_is_in_use(stopped: ServerProcess) -> None:
    """The address is named, and the directory is free again."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        line = failure(stopped, "server", "--host", "127.0.0.1", "--port", port)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in line
    stopped.start()
    stopped.stop()


def test_a_certificate_that_cannot_be_used(stopped: ServerProcess, tmp_path: Path) -> None:
    """A missing file, and one option without the other."""
    missing = str(tmp_path / "none.pem")
    assert missing in failure(stopped, "server", "--cert", missing, "--key", missing)
    line = failure(stopped, "server", "--cert", missing)
    assert "tls.key must be set, too, since tls.certificate is (--cert)" in line


def test_a_data_directory_that_cannot_be_made(stopped: ServerProcess, tmp_path: Path) -> None:
    """The path is named."""
    (tmp_path / "file").touch()
    stopped.data = tmp_path / "file" / "data"
    assert str(stopped.data) in failure(stopped, "server")


def test_a_database_of_a_newer_program(stopped: ServerProcess) -> None:
    """It is refused, by the server and by commands without it."""
    database = sqlite3.connect(stopped.database)
    database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.commit()
    database.close()
    for name in ("server", "users"):
        assert "newer securechat" in failure(stopped, name)


def test_the_certificate_is_checked_before_there_is_a_database(tmp_path: Path) -> None:
    """A start that fails leaves nothing behind that a person would have to undo."""
    server = ServerProcess(tmp_path)
    failure(server, "server", "--cert", "none", "--key", "none")
    assert not server.database.exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_is_orderly(server: ServerProcess, number: signal.Signals) -> None:
    """Exit code 0, no socket file and no log of the database left, for either signal."""
    server.stop(number)


def test_commands_while_a_server_starts_and_stops(stopped: ServerProcess) -> None:
    """They are done by it or without it, each exactly once, or it is said that they were not done."""
    names = [f"user-{letter}" for letter in "abcd"]
    first = [adding(stopped, name) for name in names[:2]]
    stopped.start()
    second = [adding(stopped, name) for name in names[2:]]
    stopped.stop()
    codes = [process.wait(DEADLINE) for process in first + second]
    known = set(users(stopped))
    for name, code in zip(names, codes, strict=True):
        assert code in (ExitCode.DONE, ExitCode.ERROR, ExitCode.UNKNOWN_OUTCOME)
        if code != ExitCode.UNKNOWN_OUTCOME:
            assert (name in known) is (code == ExitCode.DONE)


def adding(server: ServerProcess, name: str) -> "subprocess.Popen[bytes]":
    """Start to add an account."""
    return subprocess.Popen(
        server.command("adduser", name, "--generate"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
