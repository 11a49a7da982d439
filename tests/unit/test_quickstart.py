"""The parts of scripts/quickstart that need no installation."""

import os
import shlex
import subprocess
import sys
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


def test_the_next_steps_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A path with spaces and quotes survives the shell; the port is the one that the server listens on."""
    monkeypatch.setattr(quickstart, "PROGRAM", Path("/it's here/.venv/bin/securechat"))
    monkeypatch.setattr(quickstart, "CERTS", Path("/it's here/certs"))
    monkeypatch.setattr(quickstart, "STATE", Path("/it's here/.quickstart"))
    commands = [
        shlex.split(line) for line in quickstart.next_steps(7001, "alice").splitlines() if "/" in line
    ]
    connect = ["connect", "--host", "localhost:7001", "--user", "alice", "--ca", "/it's here/certs/ca.pem"]
    adduser = ["adduser", "NAME", "--data-dir", "/it's here/.quickstart"]
    assert commands == [["/it's here/.venv/bin/securechat", *rest] for rest in (connect, adduser)]


PROGRAM = """
import sys, types
from pathlib import Path
from scripts import _quickstart as quickstart
quickstart.PROGRAM = Path(sys.argv[1])
quickstart.become_server(types.SimpleNamespace(port=0), "alice")
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
    assert any("connect --host localhost:4711 --user alice" in line for line in lines)
    assert lines[-1] == "after"
    assert (done.stderr, done.returncode) == ("aside\n", 70)


def test_a_server_that_cannot_start_gets_no_next_steps(tmp_path: Path) -> None:
    """What to type next is not shown when nothing listens; the exit code is the server's."""
    done = run_server(tmp_path, "echo 'port 6697 is taken' >&2; exit 3")
    assert (done.stdout, done.stderr, done.returncode) == ("", "port 6697 is taken\n", 3)


def test_signals_reach_the_server_itself(tmp_path: Path) -> None:
    """The started process is the server: a signal to it needs nobody to pass it on."""
    done = run_server(tmp_path, 'echo "listening on 127.0.0.1:1"; kill -TERM $$; exit 9')
    assert done.returncode == -15
