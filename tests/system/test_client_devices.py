"""The real client as a device: no password is typed twice, and a lost computer is shut out."""

import json
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client import Client, DeviceRefused
from securechat.client.errors import CredentialError
from tests.system.client_process import ClientPipe, ClientTerminal, password_file, run, server_options
from tests.system.conftest import Serve
from tests.system.server_process import PASSWORD, ServerProcess

LET_IN = "From now on this computer logs in without your password"
NOT_LET_IN = "does not let this computer in by its key"


@pytest.fixture
def server(serve: Serve) -> ServerProcess:
    return serve(accounts=["alice", "bob"])


@pytest.fixture
def enrolled(server: ServerProcess, tmp_path: Path) -> Iterator[str]:
    """The name of the device that alice's computer is."""
    options = [*server_options(server, "alice"), *password_file(tmp_path), "--device"]
    with ClientPipe(tmp_path, *options) as alice:
        alice.until(LET_IN)
        assert alice.end()[0] == 0
    (tmp_path / "password").unlink()
    yield devices(server)[0]


def devices(server: ServerProcess) -> list[str]:
    """The devices of alice that the server knows."""
    return [row["device"] for row in json.loads(server.administer("devices", "list", "alice", "--json"))]


def test_a_person_types_the_password_once(server: ServerProcess, tmp_path: Path) -> None:
    """It is offered, a word does it, and the next time nothing is asked; the key is the person's alone."""
    options = server_options(server, "alice")
    with ClientTerminal(tmp_path, "connect", *options) as terminal:
        terminal.until("Password of alice on localhost")
        terminal.type(f"{PASSWORD}\r")
        terminal.until("/device no, and you are not asked again")
        terminal.type("/device yes\r")
        terminal.until("From now on")
        terminal.type("exit\r")
        assert terminal.end() == 0
    with ClientTerminal(tmp_path, "connect", *options) as terminal:
        terminal.until("#general>")
        assert not any("Password" in row or "/device" in row for row in terminal.rows())
        terminal.type("/device no\r")
        terminal.until("devices revoke")
        terminal.type("/device\r")
        terminal.until("This computer logs in as the device")
        terminal.type("exit\r")
        assert terminal.end() == 0
    (key,) = (tmp_path / ".config" / "securechat" / "devices").iterdir()
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert "EXTERNAL" not in server.log_text() or "failed" not in server.log_text()


def test_a_person_says_no(server: ServerProcess, tmp_path: Path) -> None:
    """They are not asked again, until they want to be."""
    options = server_options(server, "alice")
    for offered in (True, False):
        with ClientTerminal(tmp_path, "connect", *options) as terminal:
            terminal.until("Password of alice on localhost")
            terminal.type(f"{PASSWORD}\r")
            terminal.until("/device no" if offered else "#general>")
            terminal.type("/device no\r" if offered else "hello\r")
            terminal.until("not asked again. With" if offered else "alice: hello")
            assert offered or not any("/device" in row for row in terminal.rows())
            terminal.type("exit\r")
            assert terminal.end() == 0
    assert devices(server) == []
    assert "none is wanted" in run(tmp_path, "trust", "devices").stdout
    forgotten = run(tmp_path, "trust", "forget", f"localhost:{server.port}", "--user", "ALICE")
    assert forgotten.stdout.startswith("Your answer for alice on localhost")
    with ClientTerminal(tmp_path, "connect", *options, "--no-device") as terminal:
        terminal.until("Password of alice on localhost")
        terminal.type(f"{PASSWORD}\r")
        terminal.until("#general>")
        assert not any("/device" in row for row in terminal.rows())
        terminal.type("exit\r")
        assert terminal.end() == 0


def test_a_pipe_is_never_asked(server: ServerProcess, tmp_path: Path) -> None:
    """A script that gives its password makes no device by that."""
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    done = run(tmp_path, "connect", *options, text="hello\n")
    assert done.returncode == 0 and "/device" not in done.stdout + done.stderr
    assert devices(server) == []


def test_scripts_use_the_key(server: ServerProcess, enrolled: str, tmp_path: Path) -> None:
    """`connect`, `send` and Python; a password that is named is used instead, and made is one device."""
    options = server_options(server, "alice")
    assert "alice: one\n" in run(tmp_path, "connect", *options, text="one\n").stdout
    assert run(tmp_path, "send", "#general", "two", *options).returncode == 0
    assert (
        run(tmp_path, "connect", *options, "--device", *password_file(tmp_path), text="x\n").returncode == 0
    )
    assert devices(server) == [enrolled]
    wrong = password_file(tmp_path, "not the password")
    assert run(tmp_path, "send", "#general", "three", *options, *wrong).returncode == 4
    elsewhere = server_options(server, "bob")
    assert "--password-stdin" in run(tmp_path, "send", "#general", "x", *elsewhere).stderr


def test_a_lost_computer_is_shut_out(server: ServerProcess, enrolled: str, tmp_path: Path) -> None:
    """Its session ends within a second, for good and in words; the next one asks for the password."""
    options = server_options(server, "alice")
    with ClientTerminal(tmp_path, "connect", *options) as terminal:
        terminal.until("#general>")
        server.administer("devices", "revoke", "alice", enrolled)
        began = time.monotonic()
        assert terminal.end() == 4
        assert time.monotonic() - began < 1.0
        text = " ".join(terminal.rows())
        assert "This device was revoked" in text and "server does not let this computer in" in text
    refused = run(tmp_path, "send", "#general", "hello", *options)
    assert refused.returncode == 4 and NOT_LET_IN in refused.stderr
    with ClientTerminal(tmp_path, "connect", *options, width=160) as terminal:
        terminal.until(NOT_LET_IN)
        terminal.until("Password of alice on localhost")
        terminal.type(f"{PASSWORD}\r")
        terminal.until("/device yes")
        terminal.type("/device yes\r")
        terminal.until("From now on")
        terminal.type("exit\r")
        assert terminal.end() == 0
    assert devices(server) == [enrolled]


def test_a_key_of_another_authority(server: ServerProcess, enrolled: str, tmp_path: Path) -> None:
    """The server has lost its devices' authority: that ends as a device that was revoked, also in a chat."""
    with ClientTerminal(tmp_path, "connect", *server_options(server, "alice"), width=160) as terminal:
        terminal.until("#general>")
        server.stop()
        for file in server.data.glob("devices.*"):
            file.unlink()
        server.start(port=server.port)
        assert terminal.end() == 4
        assert any(NOT_LET_IN in row for row in terminal.rows())


def test_the_keys_of_this_computer(server: ServerProcess, enrolled: str, tmp_path: Path) -> None:
    """They are listed, for people and programs, and forgotten; the server is told of by a sentence."""
    (row,) = json.loads(run(tmp_path, "trust", "devices", "--json").stdout)
    assert (row["server"], row["account"], row["device"]) == (f"localhost:{server.port}", "alice", enrolled)
    assert abs(row["expires"] / 1000 - time.time() - 365 * 86400) < 3600
    assert enrolled in run(tmp_path, "trust", "devices").stdout
    assert run(tmp_path, "trust", "forget", "localhost:1").returncode == 1
    gone = run(tmp_path, "trust", "forget", f"localhost:{server.port}")
    assert f"devices revoke {enrolled}" in gone.stdout
    assert not list((tmp_path / ".config" / "securechat" / "devices").iterdir())
    assert "no key" in run(tmp_path, "trust", "devices").stderr


def test_python_enrols_and_comes_again(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`enrol`, then a client without any password; a revoked one is told so."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    where = {"host": "localhost", "port": server.port, "user": "alice", "ca": server.ca}
    with pytest.raises(CredentialError, match="no key for this account"):
        Client(**where)  # type: ignore[arg-type]
    with Client(**where, password=PASSWORD) as chat:  # type: ignore[arg-type]
        device = chat.enrol()
    with Client(**where) as chat:  # type: ignore[arg-type]
        assert chat.send("#general", "by key").id
        server.administer("devices", "revoke", "alice", device)
        with pytest.raises(DeviceRefused, match="revoked"):
            for _ in chat.events(30.0):
                pass
