"""Longer proofs, started by hand: `python -m pytest tests/faults -s`. Each prints the figure of its bar.

The figures mean something on a machine that does nothing else. Where a run can be shortened, an environment
variable beginning with FAULT_ says how.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.system.server_process import ServerProcess, Setting

Serve = Callable[..., ServerProcess]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers that are stopped, and looked at, when the test ends."""
    numbers = count(1)
    with ExitStack() as servers:

        def start(
            settings: Mapping[str, Setting] | None = None,
            *,
            accounts: Iterable[str] = (),
            wrapper: Sequence[str] = (),
            environment: Mapping[str, str] | None = None,
        ) -> ServerProcess:
            place = tmp_path / f"server-{next(numbers)}"
            server = ServerProcess(
                place, settings, accounts=accounts, wrapper=wrapper, environment=environment
            )
            return servers.enter_context(server)

        yield start


@pytest.fixture
def report(capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Print a line that is seen with and without -s."""

    def say(text: str) -> None:
        with capsys.disabled():
            load = Path("/proc/loadavg").read_text().split()[0]
            print(f"\n    {request.node.name}: {text} (load {load})", flush=True)

    return say
