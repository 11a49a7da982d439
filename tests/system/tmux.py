"""A real terminal for the real program: tmux, with a person's view of the screen."""

import os
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from tests.system.client_process import command
from tests.system.server_process import DEADLINE, clean_environment

needs_tmux: Final = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
_NUMBERS: Final = count(1)
_REPOSITORY: Final = Path(__file__).parents[2]


class TmuxTerminal:
    """`securechat` in a window of this size. When it ends, the window says with which exit code."""

    def __init__(
        self,
        home: Path,
        *arguments: str,
        size: tuple[int, int] = (100, 24),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        columns, rows = size
        home.mkdir(exist_ok=True)
        # One of its own: the tmux of an earlier terminal here may still be on its way out.
        self._socket = str(home / f"tmux-{next(_NUMBERS)}.sock")
        program = shlex.join(command(*arguments))
        # What the terminal is set to before and after is compared by the window itself.
        script = f"stty -g >before; {program}; echo ENDED $?; stty -g | cmp before - && echo RESTORED; cat"
        added = {"PYTHONPATH": str(_REPOSITORY), **(environment or {})}
        size_options = ("-x", str(columns), "-y", str(rows))
        self._run(
            "new-session",
            "-d",
            *size_options,
            f"cd {home}; {script}",
            environment=clean_environment(home, added),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print("\n".join(self.rows()))
        self._run("kill-server")

    def type(self, *keys: str) -> None:
        """Type keys by their tmux names; other texts are typed as they are."""
        self._run("send-keys", *keys)

    def rows(self) -> Sequence[str]:
        """What the screen shows, row by row."""
        return self._run("capture-pane", "-p").split("\n")

    def until(self, text: str, *, gone: bool = False) -> str:
        """Wait until the screen shows this text, or not any more; return the first row with it."""
        deadline = time.monotonic() + DEADLINE
        while True:
            rows = [row for row in self.rows() if text in row]
            if bool(rows) != gone:
                return rows[0] if rows else ""
            assert time.monotonic() < deadline, f"{text!r} (gone: {gone}) in:\n" + "\n".join(self.rows())

    def pid(self) -> int:
        """The process of the program: the child of the window's shell."""
        shell = self._run("display-message", "-p", "#{pane_pid}").strip()
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    def _run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            ["tmux", "-S", self._socket, "-f", os.devnull, *arguments],
            capture_output=True, text=True, timeout=DEADLINE, env=environment, check=False,
        )  # fmt: skip
        return done.stdout
