"""Real servers for tests: each in a process and a directory of its own."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest

from tests.system.person import Person
from tests.system.server_process import ServerProcess, Setting

Serve = Callable[..., ServerProcess]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Start servers that are stopped, and looked at, when the test ends."""
    numbers = count(1)
    with ExitStack() as servers:

        def start(
            settings: Mapping[str, Setting] | None = None, *, accounts: Iterable[str] = ()
        ) -> ServerProcess:
            place = tmp_path / f"server-{next(numbers)}"
            return servers.enter_context(ServerProcess(place, settings, accounts=accounts))

        yield start


@pytest.fixture(scope="module")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for the tests of a module that leave it as it was; it knows alice, bob and carol."""
    place = tmp_path_factory.mktemp("shared")
    with ServerProcess(place, accounts=["alice", "bob", "carol"]) as server:
        yield server


@pytest.fixture
def enter() -> Iterator[Callable[..., Person]]:
    """Log people in; their connections end with the test."""
    with ExitStack() as people:
        yield lambda *arguments, **options: people.enter_context(Person(*arguments, **options))
