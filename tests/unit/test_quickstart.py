"""The parts of scripts/quickstart that need no installation."""

import io
import os
import shlex
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from scripts import _quickstart as quickstart


@pytest.mark.parametrize(
    ("user", "name"),
    [("alice", "alice"), ("john.doe", "john-doe"), ("3com", "com"), ("a b\\c", "a-b-c"), ("...", "admin")],
)
def test_the_default_name_is_one_that_an_account_can_have(
    user: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a login name may hold and an account name may not is replaced."""
    monkeypatch.setenv("USER", user)
    assert quickstart.default_name() == name


def test_without_user_the_name_of_the_uid_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without $USER it is what `id -un` says, and `admin` under a uid that has no name."""
    monkeypatch.delenv("USER", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert quickstart.default_name() == "root"
    monkeypatch.setattr(os, "geteuid", lambda: 2**31 - 7)
    assert quickstart.default_name() == "admin"


@pytest.fixture
def clone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A clone whose directory has spaces and quotes in its name."""
    root = tmp_path / 'it\'s "here"'
    monkeypatch.setattr(quickstart, "PROGRAM", root / ".venv/bin/securechat")
    monkeypatch.setattr(quickstart, "PROFILES", root / ".venv/etc/securechat/profiles.toml")
    monkeypatch.setattr(quickstart, "CERTS", root / "certs")
    monkeypatch.setattr(quickstart, "STATE", root / ".quickstart")
    (root / ".quickstart").mkdir(parents=True)
    return root


def test_the_next_steps_can_be_pasted(clone: Path) -> None:
    """A path with spaces and quotes survives the shell; the port is the one that the server listens on."""
    lines = quickstart.next_steps(7001, "alice").splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("  ")]
    program, state, ca = (
        str(clone / name) for name in (".venv/bin/securechat", ".quickstart", "certs/ca.pem")
    )
    assert commands == [
        [program, "connect", "alice@localhost:7001"],
        [program, "adduser", "NAME", "--data-dir", state],
        [program, "certs", "show", "--data-dir", state],
        ["securechat", "connect", "--host", "localhost:7001", "--user", "alice", "--ca", ca],
    ]
    assert "connect alice@localhost\n" in quickstart.next_steps(6697, "alice")


def test_the_program_of_the_clone_knows_the_server(clone: Path) -> None:
    """So the line is short; a password that was saved need not be typed. The last start counts."""
    quickstart.next_steps(1, "bob")
    quickstart.password_file("alice").touch()
    quickstart.next_steps(7001, "alice")
    profile = tomllib.loads(quickstart.PROFILES.read_text())["quickstart"]
    assert profile == {
        "host": "localhost:7001",
        "user": "alice",
        "ca": str(clone / "certs/ca.pem"),
        "password_file": str(clone / ".quickstart/alice.password"),
    }


@pytest.mark.parametrize(
    ("typed", "kept", "asked"),
    [
        ("y\n", True, 1),
        ("YES \n", True, 1),
        ("n\n", False, 1),
        ("No\n", False, 1),
        ("\n", False, 1),
        ("", False, 1),
        ("correct horse battery\ny\n", True, 2),
        ("yn\nyess\n\n", False, 3),
        ("correct horse battery", False, 2),
    ],
)
def test_what_is_no_answer_is_asked_again(
    typed: str, kept: bool, asked: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A password that was typed too early is not taken for a no; the end of the input is one."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    assert quickstart.ask_to_save("alice") is kept
    told = capsys.readouterr()
    assert told.err.count("[y/N]: ") == asked and told.out == ""
    assert told.err.count("Type y or n. The password is asked for after this") == asked - 1
    assert "horse" not in told.err


def test_any_input_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A closed one is empty, and what is no UTF-8 is no answer."""
    monkeypatch.setattr(sys, "stdin", None)
    quickstart.make_input_readable()
    assert not sys.stdin.isatty() and not quickstart.ask_to_save("alice")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xe4\ny\n"), "utf-8"))
    quickstart.make_input_readable()
    assert quickstart.ask_to_save("alice")


PROGRAM = """
import sys, types
from pathlib import Path
from scripts import _quickstart as quickstart
quickstart.PROGRAM = Path(sys.argv[1])
quickstart.PROFILES = Path(sys.argv[1]).parent / "profiles.toml"
quickstart.run_server(types.SimpleNamespace(port=0), "alice")
"""


def run_server(tmp_path: Path, script: str) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "securechat"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    command = [sys.executable, "-c", PROGRAM, str(program)]
    root = Path(quickstart.ROOT)
    return subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=60)


def test_the_server_tells_its_port_and_the_steps_follow(tmp_path: Path) -> None:
    """The server's output passes through, with what to type after the line that names the port."""
    done = run_server(
        tmp_path, "echo before; echo listening on '[::]:4711'; echo after; echo aside >&2; exit 70"
    )
    lines = done.stdout.splitlines()
    assert lines[:2] == ["before", "listening on [::]:4711"]
    assert any("connect alice@localhost:4711" in line for line in lines)
    assert lines[-1] == "after"
    assert (done.stderr, done.returncode) == ("aside\n", 70)


def test_a_server_that_cannot_start_gets_no_next_steps(tmp_path: Path) -> None:
    """What to type next is not shown when nothing listens; the exit code is the server's."""
    done = run_server(tmp_path, "echo 'port 6697 is taken' >&2; exit 3")
    assert (done.stdout, done.stderr, done.returncode) == ("", "port 6697 is taken\n", 3)


def test_a_signal_that_ends_the_server_is_how_it_ends(tmp_path: Path) -> None:
    """Whoever started it sees the same as if the server had been started itself."""
    done = run_server(tmp_path, 'echo "listening on 127.0.0.1:1"; kill -TERM $$; exit 9')
    assert done.returncode == -15


SERVER = """
echo $$ > "$0.pid"
trap 'echo ended > "$0.end"; exit 0' TERM INT
trap 'echo reload > "$0.end"' HUP
echo "listening on 127.0.0.1:1"
while :; do read line < "$0.wait"; done
"""


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_the_server_ends_with_what_was_started(tmp_path: Path, number: signal.Signals) -> None:
    """Also when its terminal goes (SIGHUP), at which a server only reads its configuration again."""
    with started(tmp_path) as process:
        process.send_signal(number)
        assert process.wait(30) == 0
    assert (tmp_path / "securechat.end").read_text() == "ended\n"


def test_the_server_ends_when_what_was_started_is_killed(tmp_path: Path) -> None:
    """It is left behind by nothing."""
    with started(tmp_path) as process:
        process.kill()
        process.wait(30)
        assert process.stderr is not None
        process.stderr.read()  # ends when the server, which has it open as well, has ended
    assert (tmp_path / "securechat.end").read_text() == "ended\n"


def test_a_terminal_that_goes_takes_the_server_with_it(tmp_path: Path) -> None:
    """The window of the process that was started in it is closed."""
    screen, terminal = os.openpty()
    with started(tmp_path, terminal=terminal) as process:
        os.close(terminal)
        os.close(screen)
        assert process.wait(30) == 0
    assert (tmp_path / "securechat.end").read_text() == "ended\n"


@contextmanager
def started(tmp_path: Path, terminal: int | None = None) -> Iterator[subprocess.Popen[str]]:
    """Start a server that says what signals it gets; go on when it listens."""
    program = tmp_path / "securechat"
    program.write_text(f"#!/bin/sh\n{SERVER}")
    program.chmod(0o700)
    os.mkfifo(tmp_path / "securechat.wait")
    command = [sys.executable, "-c", PROGRAM, str(program)]
    if terminal is not None:
        take = "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0)"
        command = [sys.executable, "-c", f"{take}\n{PROGRAM}", str(program)]
    with subprocess.Popen(
        command,
        cwd=quickstart.ROOT,
        stdin=subprocess.DEVNULL if terminal is None else terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "listening on 127.0.0.1:1\n"
        yield process


def test_a_port_in_use_is_found_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """The error names the port and the option for another one."""
    program = tmp_path / "securechat"
    program.write_text('#!/bin/sh\n[ "$1" = config ] && echo \'{"server": {"host": "", "port": 1}}\'\n')
    program.chmod(0o700)
    monkeypatch.setattr(quickstart, "PROGRAM", program)
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(SystemExit) as ended:
        port = other.getsockname()[1]
        quickstart.check_address(port)
    assert ended.value.code == 1
    said = capsys.readouterr().err
    assert f"cannot listen on port {port}: Address already in use" in said
    assert "--port N" in said
    quickstart.check_address(0)


def test_a_server_that_runs_already_is_found_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One clone has one server."""
    monkeypatch.setattr(quickstart, "PROGRAM", Path("/bin/true"))
    with pytest.raises(SystemExit):
        quickstart.check_address(None)
    assert "runs on" in capsys.readouterr().err
