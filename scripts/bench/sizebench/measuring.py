"""Takes the figures of one size: start, questions, stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scripts.bench.ircbench.servers import Certificates
from scripts.bench.suite.asker import Asker

from . import questions
from .people import Probe, Sizes
from .questions import Question
from .serving import Bystander, Started, bystander, started

_WATCHED = 5
"""Rounds in which somebody else waits."""

Note = Callable[[str], None]


@dataclass(frozen=True)
class Figure:
    """What one question took: the median of its times and the server's CPU time, in milliseconds.

    `waited` is how long a bystander's PING waited at most, in the best of the rounds: what else the machine
    does makes a round longer. `lines` is what was answered.
    """

    name: str
    times: tuple[float, ...]
    cpu: float
    lines: int
    waited: float

    @property
    def median(self) -> float:
        """The time by the clock."""
        return median(self.times)


@dataclass(frozen=True)
class Taken:
    """Everything that was measured of one size; memory in bytes, times of starting and ending in seconds."""

    start: float
    start_cpu: float
    resident: int
    peak: int
    stop: float
    figures: tuple[Figure, ...]


def take(state: Path, place: Path, certificates: Certificates, tree: Path, sizes: Sizes, note: Note) -> Taken:
    """Start a server on a data set, ask everything, and stop it."""
    with started(state, place, certificates, tree) as server:
        note(f"started in {server.seconds:.1f} s, {server.cpu:.1f} s of CPU")
        with bystander(server) as waiting:
            figures = tuple(_figures(server, waiting, sizes, note))
        began = time.monotonic()
        server.running.stop()
        stop = time.monotonic() - began
    return Taken(server.seconds, server.cpu, server.resident, server.peak, stop, figures)


def _figures(server: Started, waiting: Bystander, sizes: Sizes, note: Note) -> Iterator[Figure]:
    def asked(found: Iterable[Question]) -> Iterator[Figure]:
        for question in found:
            figure = _figure(question, server, waiting)
            note(f"{figure.name}: {figure.median:.1f} ms, CPU {figure.cpu:.1f} ms, {figure.lines} lines")
            yield figure

    def asked_by(asker: Asker, *groups: Callable[[Asker], Iterable[Question]]) -> Iterator[Figure]:
        questions.settled(asker)
        for group in groups:
            yield from asked(group(asker))
        asker.close()

    def social() -> Asker:
        return server.ask_as(Probe.SOCIAL)

    yield from asked(questions.nothing())
    yield from asked(questions.logins(server))
    yield from asked_by(social(), lambda asker: questions.channels(asker, sizes), questions.history)
    yield from asked_by(
        questions.with_events(server), lambda asker: questions.history(asker, ", with events")
    )
    yield from asked_by(
        social(), questions.searches, questions.kept, lambda asker: questions.changes(asker, sizes)
    )
    yield from asked(questions.administration(server))


def _figure(question: Question, server: Started, waiting: Bystander) -> Figure:
    lines = question.ask()  # the first time what is read is not in memory
    times, cpu = list[float](), server.running.cpu()
    for _ in range(question.times):
        began = time.perf_counter()
        question.ask()
        times.append((time.perf_counter() - began) * 1000)
    spent = (server.running.cpu() - cpu) * 1000 / question.times
    waits = [waiting.waits(question.ask) for _ in range(_WATCHED)]
    return Figure(question.name, tuple(times), spent, lines, min(waits))
