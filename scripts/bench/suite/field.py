"""The servers of one study, which run at the same time, so that rounds can alternate between them.

A server that nobody uses costs next to nothing. Short rounds in turn meet the same weather: what else the
machine does, and how fast its processor runs at that moment, falls on all of them alike.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from scripts.bench.ircbench.arena import RunFailed
from scripts.bench.ircbench.crowd import MemberLost, Stalled
from scripts.bench.ircbench.registration import RegistrationError
from scripts.bench.ircbench.servers import Certificates, Contestant, Running, ServerError
from scripts.bench.ircbench.stream import StreamError

from .results import Series

FAILURES = (
    RunFailed,
    ServerError,
    MemberLost,
    Stalled,
    RegistrationError,
    StreamError,
    OSError,
    ssl.SSLError,
)
"""What ends the part of one server in one study; the others go on."""


@dataclass(slots=True)
class Notebook:
    """Collects figures. Used by one thread."""

    tell: Callable[[str], None]
    taken: dict[tuple[str, str, str], list[float]] = field(default_factory=dict)
    rates: set[tuple[str, str, str]] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def note(self, study: str, server: str, figures: dict[str, float], rates: Sequence[str] = ()) -> None:
        """Add what one round gave, by metric; `rates` are those where less is not better."""
        for metric, value in figures.items():
            key = (study, server, metric)
            self.taken.setdefault(key, []).append(value)
            if metric in rates:
                self.rates.add(key)

    def fail(self, study: str, server: str, reason: object) -> None:
        """Note what could not be measured."""
        self.problems.append(f"{study}, {server}: {reason}")
        self.tell(self.problems[-1])

    def series(self) -> tuple[Series, ...]:
        """Everything so far."""
        return tuple(
            Series(*key, tuple(values), lower_is_better=key not in self.rates)
            for key, values in self.taken.items()
        )


@dataclass(frozen=True, slots=True)
class Field:
    """Where studies take place."""

    contestants: Sequence[Contestant]
    certificates: Certificates
    directory: Path
    notebook: Notebook

    def own(self) -> list[Contestant]:
        """Those who store messages and know accounts: securechat in its builds."""
        return [contestant for contestant in self.contestants if contestant.name.startswith("securechat")]

    @contextmanager
    def running(
        self, study: str, contestants: Sequence[Contestant] | None = None
    ) -> Iterator[dict[str, Running]]:
        """Start every server with fresh state, and end them all; one that does not start is noted."""
        with ExitStack() as stack:
            up: dict[str, Running] = {}
            for contestant in self.contestants if contestants is None else contestants:
                place = self.directory / re.sub(r"\W+", "-", f"{study} {contestant.name}")
                place.mkdir()
                try:
                    running = contestant.start(place, self.certificates)
                except ServerError as error:
                    self.notebook.fail(study, contestant.name, error)
                    continue
                stack.callback(running.stop)
                up[contestant.name] = running
            yield up

    def client_context(self) -> ssl.SSLContext:
        """A client's TLS context that trusts the servers."""
        context = ssl.create_default_context(cafile=self.certificates.ca)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        return context


def in_turn(names: Sequence[str], rounds: int) -> Iterator[str]:
    """Return who is next, round after round; every second round goes backwards."""
    for number in range(rounds):
        yield from reversed(names) if number % 2 else names
