"""Standard streams that are closed, full or broken: no traceback, and nothing is lost in silence."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command

PASSWORD = "correct horse battery"


def shell(redirections: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `securechat ARGUMENTS…` in a process of its own, with what a shell does to its streams."""
    return subprocess.run(
        ["sh", "-c", f'exec "$@" {redirections}', "sh", sys.executable, "-m", "securechat", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def broken_pipe(*arguments: str, stream: int = 1) -> subprocess.CompletedProcess[str]:
    """Run `securechat ARGUMENTS…` while nobody reads one of its streams."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        return subprocess.run(
            [sys.executable, "-m", "securechat", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=writing if stream == 1 else subprocess.PIPE,
            stderr=writing if stream == 2 else subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)


@pytest.mark.parametrize(
    ("redirection", "reason"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")]
)
@pytest.mark.parametrize(
    "arguments", [["--help"], ["--version"], ["adduser", "--help"], ["config", "default"]]
)
def test_output_that_cannot_be_written_is_an_error(
    home: Path, redirection: str, reason: str, arguments: Sequence[str]
) -> None:
    """One line says so, and the exit code is 1."""
    ended = shell(redirection, *arguments)
    assert ended.stderr == f"securechat: standard output cannot be written: {reason}\n"
    assert ended.returncode == ExitCode.ERROR


@pytest.mark.parametrize("arguments", [["--help"], ["config", "default"]])
def test_output_that_nobody_reads_is_an_error(home: Path, arguments: Sequence[str]) -> None:
    """A pipe whose other end was closed is said in one line, too."""
    ended = broken_pipe(*arguments)
    assert ended.stderr == "securechat: standard output cannot be written: Broken pipe\n"
    assert ended.returncode == ExitCode.ERROR


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_errors_that_cannot_be_told_do_not_change_what_is_done(
    command: Command, home: Path, redirection: str
) -> None:
    """The work is done and standard output has its answer; what fails ends with its own exit code."""
    command("adduser", "alice", "--generate")
    ended = shell(redirection, "users", "--json")
    assert [row["name"] for row in json.loads(ended.stdout)] == ["alice"]
    assert (ended.returncode, ended.stderr) == (ExitCode.DONE, "")
    assert shell(redirection, "nonsense").returncode == ExitCode.USAGE
    assert shell(redirection, "passwd", "bob", "--generate").returncode == ExitCode.REFUSED
    assert broken_pipe("users", "--json", stream=2).returncode == ExitCode.DONE


def test_no_stream_at_all(command: Command, home: Path) -> None:
    """A command that prints nothing works without any, and no file of its own takes the place of one."""
    command("adduser", "alice", "--generate")
    assert shell("<&- >&- 2>&-", "disable", "alice").returncode == ExitCode.DONE
    (row,) = json.loads(command("users", "--json").out)
    assert row["disabled"] is True


def test_closed_input_is_empty_input(home: Path) -> None:
    """Where a password should come from it, that is said."""
    ended = shell("<&-", "adduser", "alice", "--password-stdin")
    assert ended.stderr.startswith("securechat: the first line of standard input is empty")
    assert ended.returncode == ExitCode.ERROR


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full"])
def test_no_account_is_made_whose_password_nobody_saw(command: Command, home: Path, redirection: str) -> None:
    """A generated password that cannot be printed is not set, for a new account and for an old one."""
    command("adduser", "alice", "--password-stdin", stdin=PASSWORD)
    before = command("audit", "show").out
    for arguments in (["adduser", "bob"], ["passwd", "alice"]):
        ended = shell(redirection, *arguments, "--generate")
        assert ended.returncode == ExitCode.ERROR
        assert ended.stderr.startswith("securechat: standard output cannot be written: ")
    assert shell(redirection, "invite").returncode == ExitCode.ERROR
    assert command("audit", "show").out == before
    assert "There is no invitation" in command("invite", "list").err


@pytest.mark.parametrize("redirection", [">&-", ">/dev/full", "2>&-", "2>/dev/full", "<&- >&- 2>&-"])
def test_client_commands_have_no_tracebacks(home: Path, redirection: str) -> None:
    """Also what connects ends with one line at most: here nothing listens."""
    for arguments in (["connect"], ["send", "#x", "text"]):
        file = home.parent / "password"
        file.parent.mkdir(exist_ok=True)
        file.write_text(PASSWORD)
        options = ["--host", "localhost:1", "--user", "alice", "--password-file", str(file)]
        ended = shell(redirection, *arguments, *options)
        assert "Traceback" not in ended.stderr
        assert ended.returncode in (ExitCode.ERROR, ExitCode.NETWORK)
