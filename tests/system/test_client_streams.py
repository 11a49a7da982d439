"""The client with standard streams that are closed, full, or given up by whoever had the other end."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.system.client_process import command, password_file, run, server_options
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, ServerProcess, clean_environment

Enter = Callable[..., Person]


def run_with(home: Path, streams: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the client in a shell that redirects its streams; there is no terminal."""
    return subprocess.run(
        ["sh", "-c", f'"$@" {streams}', "sh", *command(*arguments)],
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=clean_environment(home),
        check=False,
        start_new_session=True,
    )


@pytest.mark.parametrize("streams", ["</dev/null", "<&-", "</dev/null 2>&-", "<&- 2>/dev/full"])
def test_without_input_the_chat_ends_at_once(
    shared_server: ServerProcess, tmp_path: Path, streams: str
) -> None:
    """A closed input is an empty one, and errors that nobody can read trouble nobody."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run_with(tmp_path, streams, "connect", "--plain", *options)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Your text goes to #general" in done.stdout


@pytest.mark.parametrize(
    ("streams", "code", "reason"),
    [
        ("</dev/zero", 1, "a line has more than 1 MiB: the rest of the input is not sent"),
        ("</dev/urandom", 6, "100 in a row were refused: the rest of the input is not sent"),
        ("0>/dev/null", 1, "standard input cannot be read: Bad file descriptor"),
    ],
)
def test_input_that_is_no_text_ends_the_chat(
    serve: Serve, tmp_path: Path, streams: str, code: int, reason: str
) -> None:
    """With a reason, and not only when somebody stops it."""
    server = serve(accounts=["alice"])
    options = [*server_options(server, "alice"), *password_file(tmp_path)]
    done = run_with(tmp_path, streams, "connect", "--plain", *options)
    assert (done.returncode, done.stderr) == (code, f"securechat: {reason}\n")


def test_a_message_from_what_cannot_be_read_is_an_error(shared_server: ServerProcess, tmp_path: Path) -> None:
    """It is not an empty message, nor a traceback."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run_with(tmp_path, "0>/dev/null", "send", "#general", "-", *options)
    assert (done.returncode, done.stderr) == (
        1,
        "securechat: standard input cannot be read: Bad file descriptor\n",
    )


def test_lines_after_exit_are_not_sent(shared_server: ServerProcess, enter: Enter, tmp_path: Path) -> None:
    """Nothing is lost by that: everything that was sent is confirmed, and the exit code is 0."""
    bob = enter(shared_server, "bob")
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run(tmp_path, "connect", "--plain", *options, text="first\nsecond\nexit\nthird\n/names\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "* The lines after exit or /quit are not sent.\n" in done.stdout
    assert bob.said()[-2:] == ["first", "second"]


@pytest.mark.parametrize("streams", [">/dev/full", ">&-", "<&- >&-"])
def test_output_that_takes_nothing_ends_the_chat_with_1(
    shared_server: ServerProcess, tmp_path: Path, streams: str
) -> None:
    """One line says why."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run_with(tmp_path, streams, "connect", "--plain", *options)
    assert done.returncode == 1
    assert done.stderr.startswith("securechat: nothing can be printed any more: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_password_from_a_closed_input_is_an_error(shared_server: ServerProcess, tmp_path: Path) -> None:
    """Named as such."""
    options = [*server_options(shared_server, "alice"), "--password-stdin"]
    done = run_with(tmp_path, "<&-", "connect", "--plain", *options)
    assert done.returncode == 1
    assert done.stderr.startswith("securechat: ")
    assert "standard input" in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_reader_that_goes_ends_the_chat(shared_server: ServerProcess, tmp_path: Path) -> None:
    """`head` has what it wants, and the client does not go on for nobody."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    done = run_with(tmp_path, "</dev/null | head -n 1", "connect", "--plain", *options)
    assert "Traceback" not in done.stderr
    assert done.stdout.startswith("* Connected to ")
