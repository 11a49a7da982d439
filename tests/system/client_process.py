"""The real client in a process of its own: through pipes, or on a pseudo-terminal as a person has it."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess, clean_environment
from tests.unit.client.screen import Screen

_REPOSITORY: Final = Path(__file__).parents[2]


def command(*arguments: str) -> list[str]:
    """The command line of a `securechat` command."""
    return [sys.executable, "-m", "securechat", *arguments]


def run(
    home: Path, *arguments: str, text: str = "", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command of the client to its end; `text` is its standard input, and it has no terminal."""
    return subprocess.run(
        command(*arguments),
        input=text,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=clean_environment(home, environment),
        cwd=_REPOSITORY,
        check=False,
        start_new_session=True,
    )


def server_options(server: ServerProcess, user: str, *, ca: bool = True) -> list[str]:
    """Where to connect, and as whom."""
    trust = ["--ca", str(server.ca)] if ca else []
    return ["--host", f"localhost:{server.port}", "--user", user, *trust]


def password_file(home: Path, password: str = PASSWORD) -> list[str]:
    """The option for a password in a file, which is made."""
    path = home / "password"
    path.write_text(f"{password}\n")
    return ["--password-file", str(path)]


class ClientPipe:
    """`securechat connect` whose input and output are pipes."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            command("connect", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment(home),
            cwd=_REPOSITORY,
            start_new_session=True,
        )
        self.output = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def enter(self, *lines: str) -> None:
        """Write lines."""
        assert self._process.stdin is not None
        self._process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self._process.stdin.flush()

    def until(self, text: str) -> None:
        """Read until this text has been printed."""
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        deadline = time.monotonic() + DEADLINE
        while text not in self.output:
            ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
            data = os.read(descriptor, 65536) if ready else b""
            if not data:
                raise AssertionError(f"{text!r} was not printed, only:\n{self.output}{self._errors()}")
            self.output += data.decode()

    def end(self) -> tuple[int, str]:
        """Close the input, wait for the end; return the exit code and what was printed as errors."""
        output, errors = self._process.communicate(timeout=DEADLINE)
        self.output += output.decode()
        return self._process.returncode, errors.decode()

    def _errors(self) -> str:
        self._process.kill()
        return self._process.communicate()[1].decode()


class ClientTerminal:
    """`securechat`, plain, on a terminal of its own, with a person's view of the screen."""

    def __init__(
        self, home: Path, *arguments: str, width: int = 80, environment: Mapping[str, str] | None = None
    ) -> None:
        self._person, end = pty.openpty()
        termios.tcsetwinsize(end, (24, width))
        self.mode = termios.tcgetattr(end)
        self._end = end
        self._width = width
        self._raw = b""
        # The first terminal that the leader of a session opens becomes its controlling terminal: /dev/tty.
        opener = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(end), *command(*arguments)]
        self._process = subprocess.Popen(
            opener,
            env=clean_environment(home, {"TERM": "xterm", "SECURECHAT_PLAIN": "1", **(environment or {})}),
            cwd=_REPOSITORY,
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        if error is not None:
            print(f"--- the screen ---\n{self._raw.decode(errors='replace')}")
        os.close(self._person)
        os.close(self._end)

    def type(self, keys: str) -> None:
        """Type keys as the terminal sends them."""
        os.write(self._person, keys.encode())

    def until(self, text: str) -> None:
        """Read until the screen shows this text."""
        deadline = time.monotonic() + DEADLINE
        while not any(text in row for row in self.rows()):
            assert time.monotonic() < deadline, f"the screen does not show {text!r}:\n" + "\n".join(
                self.rows()
            )
            self.more()

    def more(self) -> None:
        """Read what comes next."""
        ready, _, _ = select.select([self._person], [], [], DEADLINE)
        assert ready, "nothing more comes on the screen:\n" + "\n".join(self.rows())
        self._raw += os.read(self._person, 65536)

    def rows(self) -> Sequence[str]:
        """What the screen shows, row by row."""
        screen = Screen(self._width, wraps=True)
        # What the terminal itself echoes and getpass prints is not measured by the client.
        text = self._raw.decode(errors="ignore").replace("\r\n", "\n")
        screen.write(re.sub(r"\x1b\[?[0-9;]*$", "", text))
        return screen.lines()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to the client."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Wait for the end; return the exit code."""
        code = self._process.wait(DEADLINE)
        while select.select([self._person], [], [], 0)[0]:
            self._raw += os.read(self._person, 65536)
        assert termios.tcgetattr(self._end) == self.mode, "the terminal is not as it was"
        return code
