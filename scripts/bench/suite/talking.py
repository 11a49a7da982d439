"""Studies of messages to one channel: as many as a server can take, and a few each second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from scripts.bench.ircbench import arena
from scripts.bench.ircbench.arena import Generators
from scripts.bench.ircbench.figures import Saturated, Steady
from scripts.bench.ircbench.generator import Enter, Settle
from scripts.bench.ircbench.plan import Load
from scripts.bench.ircbench.servers import Running

from .field import FAILURES, Field, in_turn

SLOW = {"ergo": 8}
"""Whose part of a saturated load is divided by how much: it takes as long as the others' then."""

RATES = ("deliveries/s", "lines a record", "generator's cores", "sent late ms")


@dataclass(frozen=True, slots=True)
class Talk:
    """One study: its name, its load, and in how many rounds."""

    study: str
    load: Load
    rounds: int


def saturated(field: Field, talk: Talk) -> None:
    """Measure how many deliveries a second each server reaches, and what they cost."""

    def visit(load: Load, running: Running, crowd: Generators) -> dict[str, float]:
        return of_saturated(arena.saturated(running, crowd))

    _rounds(field, talk, visit)


def steady(field: Field, talk: Talk) -> None:
    """Measure latency and CPU time at a rate that every server can keep."""

    def visit(load: Load, running: Running, crowd: Generators) -> dict[str, float]:
        return of_steady(load, arena.steady(load, running, crowd))

    _rounds(field, talk, visit)


def of_saturated(run: Saturated) -> dict[str, float]:
    """The figures of a saturated run, by metric."""
    return {
        "deliveries/s": run.rate,
        "CPU µs a delivery": run.cpu_per_delivery,
        "lines a record": run.lines_per_record,
        "generator's cores": run.cores.generator,
    }


def of_steady(load: Load, run: Steady) -> dict[str, float]:
    """The figures of a steady run, by metric."""
    return {
        "CPU µs a message": run.cores.server / load.rate * 1e6,
        "p50 ms": run.p50,
        "p99 ms": run.p99,
        "p99.9 ms": run.p999,
        "generator's cores": run.cores.generator,
        "sent late ms": run.late,
    }


def _rounds(field: Field, talk: Talk, visit: Callable[[Load, Running, Generators], dict[str, float]]) -> None:
    notebook = field.notebook
    with field.running(talk.study) as up, ExitStack() as stack:
        crowds: dict[str, tuple[Load, Generators]] = {}
        for name, running in up.items():
            notebook.tell(f"{talk.study}: members enter {name}")
            load = replace(talk.load, messages=max(1, talk.load.messages // SLOW.get(name, 1)))
            try:
                crowd = stack.enter_context(arena.generators(load, running, lambda _: None))
                crowd.order(Enter())
                crowd.order(Settle())
                crowds[name] = load, crowd
            except FAILURES as error:
                notebook.fail(talk.study, name, error)
        for name in in_turn(list(crowds), talk.rounds):
            if name not in crowds:
                continue
            load, crowd = crowds[name]
            try:
                notebook.note(talk.study, name, visit(load, up[name], crowd), RATES)
            except FAILURES as error:
                notebook.fail(talk.study, name, error)
                del crowds[name]


def steady_loads(members: Sequence[int], seconds: float, rounds: int) -> list[Talk]:
    """The steady studies: a channel of each size, in which at most 20 send 200 messages a second."""
    return [
        Talk(
            f"steady, {count:,} members",
            Load(members=count, senders=min(20, max(1, count // 2)), seconds=seconds),
            rounds,
        )
        for count in members
    ]
