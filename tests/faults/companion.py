"""Something that runs beside a test in a process of its own, so that neither slows the other down.

The other process prints "ready", works until its standard input ends, and then prints what it found as JSON.
"""

import json
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

from tests.system.server_process import DEADLINE, first_line

_REPOSITORY: Final = Path(__file__).parents[2]


class Companion:
    """A module of this package in another process; after the `with`, `found` is what it printed last."""

    patience: ClassVar[float] = 2 * DEADLINE
    """Seconds until it must be ready."""

    def __init__(self, module: str, *arguments: object) -> None:
        self.found: dict[str, list[float] | list[str]] = {}
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.faults.{module}", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_REPOSITORY,
        )

    def __enter__(self) -> Self:
        assert self._process.stdout is not None
        line = first_line(self._process.stdout.fileno(), self.patience)
        assert line == "ready\n", f"this began with {line!r}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            output, _ = self._process.communicate(timeout=DEADLINE)
        finally:
            self._process.kill()
            self._process.wait()
        if kind is None:
            self.found = json.loads(output)


def rounds(every: float = 0.0, meanwhile: Callable[[float], None] | None = None) -> Iterator[float]:
    """In the other process: say "ready", then yield the moment that each round is due, until it is enough.

    `meanwhile` is called with the moment at which it has to return.
    """
    print("ready", flush=True)
    due = time.perf_counter()
    while True:
        if meanwhile is not None:
            meanwhile(due)
        elif due > time.perf_counter():
            time.sleep(max(0.0, due - time.perf_counter()))
        if select.select([sys.stdin], [], [], 0.0)[0]:
            return
        yield due
        due = due + every if meanwhile is not None else max(due + every, time.perf_counter())


def report(**found: object) -> None:
    """In the other process: print what was found."""
    print(json.dumps(found))
