"""A terminal's mode: taken, given back, and given back for as long as the process is stopped."""

import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from securechat.client.plain.keymode import KeyMode

PROGRAM = """
import os, signal
from securechat.client.plain.keymode import KeyMode, stop
mode = KeyMode(0)
def on_stop(number, frame):
    mode.give_back()
    stop(number)
    mode.take()
    print("again", flush=True)
signal.signal(signal.SIGTSTP, on_stop)
mode.take()
print("taken", flush=True)
os.read(0, 1)
mode.give_back()
"""


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    """Both ends of a terminal: the person's and the program's."""
    person, program = pty.openpty()
    yield person, program
    os.close(person)
    os.close(program)


def echoes(terminal: int) -> bool:
    """Whether what is typed is shown, as it is in a terminal that nobody has taken."""
    return bool(termios.tcgetattr(terminal)[3] & termios.ECHO)


def test_a_terminal_is_taken_and_given_back(terminal: tuple[int, int]) -> None:
    """As often as wanted, and as it was before."""
    _, program = terminal
    before = termios.tcgetattr(program)
    mode = KeyMode(program, every_key=True)
    for _ in range(2):
        mode.take()
        assert mode.taken and not echoes(program)
        mode.give_back()
        assert not mode.taken and termios.tcgetattr(program) == before
    mode.give_back()


def test_every_key_is_a_key_only_where_that_is_wanted(terminal: tuple[int, int]) -> None:
    """Ctrl-C ends `securechat top`, and clears the line of the plain client."""
    _, program = terminal
    for every_key, interrupt in ((False, b"\x03"), (True, b"\x00")):
        mode = KeyMode(program, every_key=every_key)
        mode.take()
        assert termios.tcgetattr(program)[6][termios.VINTR] == interrupt
        mode.give_back()


@contextmanager
def running(terminal: int) -> Iterator["subprocess.Popen[str]"]:
    """The program above, in a process group of its own as a shell would start it."""
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(
        command, stdin=terminal, stdout=subprocess.PIPE, text=True, process_group=0
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_process_that_is_stopped_gives_the_terminal_back_meanwhile(terminal: tuple[int, int]) -> None:
    """Ctrl-Z: the shell has the terminal as it was, and the program takes it again when it goes on."""
    person, program = terminal
    with running(program) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "taken\n" and not echoes(program)
        process.send_signal(signal.SIGTSTP)
        _, state = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(state) and echoes(program)
        process.send_signal(signal.SIGCONT)
        assert process.stdout.readline() == "again\n" and not echoes(program)
        os.write(person, b"q")
        assert process.wait(timeout=30) == 0 and echoes(program)
