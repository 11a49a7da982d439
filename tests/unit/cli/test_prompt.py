"""Asking on the terminal: a new password, typed twice and never shown, and consent."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command

PASSWORD = "correct horse battery"
# Makes the terminal that is standard input this session's, and Ctrl-C what it is there, as a login does: a
# suite that a shell runs in the background (`&`) ignores SIGINT, and so would its children.
LOGIN = """
import fcntl, os, signal, sys, termios
signal.signal(signal.SIGINT, signal.SIG_DFL)
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "securechat", *sys.argv[1:]])
"""


class Terminal:
    """A person in front of a terminal on which a command runs."""

    def __init__(self, process: "subprocess.Popen[bytes]", screen: int) -> None:
        self._process = process
        self._screen = screen
        self.shown = ""

    def answer(self, question: str, text: str) -> None:
        """Wait for a question and type an answer."""
        while not self.shown.endswith(question):
            self.shown += os.read(self._screen, 4096).decode()
        os.write(self._screen, f"{text}\n".encode())

    def end(self) -> int:
        """Read to the end; return the exit code."""
        while True:
            try:
                piece = os.read(self._screen, 4096)
            except OSError:  # the terminal is gone with the last process on it
                piece = b""
            if not piece:
                return self._process.wait(60)
            self.shown += piece.decode()


@contextmanager
def terminal(*arguments: str) -> Iterator[Terminal]:
    """Run a command with a terminal of its own."""
    screen, keyboard = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", LOGIN, *arguments],
        stdin=keyboard,
        stdout=keyboard,
        stderr=keyboard,
        start_new_session=True,
    )
    os.close(keyboard)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def test_a_new_password_is_typed_twice_and_not_shown(command: Command, home: Path) -> None:
    """The terminal shows the questions and nothing of the answers."""
    with terminal("adduser", "alice") as person:
        person.answer("New password for alice (8 characters or more): ", PASSWORD)
        person.answer("The same once more: ", PASSWORD)
        assert person.end() == 0
    assert PASSWORD not in person.shown
    assert "The account alice was added in " in person.shown
    assert "alice" in command("users").out


def test_two_different_passwords(command: Command, home: Path) -> None:
    """A typing error is no reason to begin anew; after three of them nothing was changed."""
    with terminal("adduser", "alice") as person:
        for _ in range(3):
            person.answer("New password for alice (8 characters or more): ", PASSWORD)
            person.answer("The same once more: ", "correct horse batterz")
        assert person.end() == ExitCode.ERROR
    assert person.shown.count("The two passwords differ. Once again:") == 2
    assert "The two passwords differ: nothing was changed" in person.shown
    assert not home.exists()


def test_a_password_that_cannot_be_is_asked_for_again_at_once(command: Command, home: Path) -> None:
    """Before it has to be repeated, with the reason."""
    with terminal("adduser", "alice") as person:
        person.answer("New password for alice (8 characters or more): ", "short")
        person.answer(
            "characters or more. Once again:\r\nNew password for alice (8 characters or more): ", PASSWORD
        )
        person.answer("The same once more: ", PASSWORD)
        assert person.end() == 0


def test_ctrl_c_at_the_prompt(command: Command, home: Path) -> None:
    """It ends the command without a traceback."""
    with terminal("adduser", "alice") as person:
        person.answer("New password for alice (8 characters or more): ", "\x03")
        assert person.end() == ExitCode.INTERRUPTED
    assert "Traceback" not in person.shown
    assert not home.exists()


def test_standard_input_is_not_asked_in_place_of_the_terminal(home: Path) -> None:
    """Without a terminal a prompt is an error that says what to use; a password in a pipe is not taken."""
    ended = subprocess.run(
        [sys.executable, "-m", "securechat", "adduser", "alice"],
        input=f"{PASSWORD}\n{PASSWORD}\n",
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == ExitCode.USAGE
    assert "--password-stdin, --password-file or --generate" in ended.stderr
    assert not home.exists()


@pytest.mark.parametrize(("answer", "code", "left"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_deluser_asks_for_consent(command: Command, answer: str, code: int, left: int) -> None:
    """Only a yes removes the account; the default is no."""
    command("adduser", "alice", "--generate")
    with terminal("deluser", "alice") as person:
        person.answer("[y/N]: ", answer)
        assert person.end() == code
    assert len(command("users").out.splitlines()[1:]) == left
