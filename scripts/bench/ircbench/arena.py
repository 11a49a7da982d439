"""One run at one server: bring the members in, run the scenarios, take the figures."""

from __future__ import annotations

import multiprocessing
import time
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from .figures import Cores, Saturated, Steady, steady_of
from .generator import Enter, Entered, Failed, Order, Progress, Report, Saturate, Settle, Silence, serve
from .generator import Steady as SteadyOrder
from .plan import Load, Scenario
from .procfs import busy_seconds
from .scenarios import Share
from .servers import Running

_LEAD_NS = 300_000_000
"""Time from the order to the first message of the steady scenario, for all generators to be ready."""


_TELL_INTERVAL = 2.0
"""Seconds between two lines about members that come in."""


class RunFailed(Exception):
    """A run gave no valid figures."""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run at one server gave."""

    tls: str
    saturated: Saturated | None
    steady: Steady | None


class Generators:
    """All generators of one run. Used by the main thread."""

    def __init__(self, pipes: list[Connection[Order, Report]], note: Callable[[str], None]) -> None:
        """With one pipe per generator; `note` is told how the members come in."""
        self._pipes = pipes
        self._note = note
        self._told_at = time.monotonic()

    def order(self, order: Order) -> list[Report]:
        """Give all generators an order and wait for their reports. Raises RunFailed when one fails."""
        for pipe in self._pipes:
            pipe.send(order)
        reports: dict[Connection[Order, Report], Report] = {}
        joined = dict.fromkeys(self._pipes, 0)
        while len(reports) < len(self._pipes):
            ready = wait([pipe for pipe in self._pipes if pipe not in reports])
            for pipe in [pipe for pipe in self._pipes if pipe in ready]:
                match self._take(pipe):
                    case Progress(count):
                        joined[pipe] = count
                        self._tell(sum(joined.values()))
                    case Failed(reason):
                        raise RunFailed(reason)
                    case report:
                        reports[pipe] = report
        return list(reports.values())

    def shares(self, order: Order) -> list[Share]:
        """Give an order that runs a scenario. Raises RunFailed when the generators saw different orders."""
        shares = [report for report in self.order(order) if isinstance(report, Share)]
        if len({share.digest for share in shares}) != 1:
            raise RunFailed("members of different generators received the messages in different orders")
        return shares

    def _tell(self, joined: int) -> None:
        if time.monotonic() - self._told_at > _TELL_INTERVAL:
            self._told_at = time.monotonic()
            self._note(f"{joined} members joined")

    @staticmethod
    def _take(pipe: Connection[Order, Report]) -> Report:
        try:
            return pipe.recv()
        except EOFError as error:
            raise RunFailed("a generator ended by itself") from error


@contextmanager
def generators(load: Load, running: Running, note: Callable[[str], None]) -> Iterator[Generators]:
    """Start the generators' processes; ends them in any case."""
    context = multiprocessing.get_context("fork")
    pipes: list[Connection[Order, Report]] = []
    children: list[BaseProcess] = []
    try:
        for number in range(load.generators):
            ours, theirs = context.Pipe()
            pipes.append(ours)
            children.append(
                context.Process(
                    target=serve, args=(theirs, tuple(pipes), load, running.target, number), daemon=True
                )
            )
            children[-1].start()
            theirs.close()
        yield Generators(pipes, note)
    finally:
        for pipe in pipes:
            pipe.close()
        for child in children:
            child.terminate()
            child.join()


def run(
    load: Load, running: Running, scenarios: tuple[Scenario, ...], note: Callable[[str], None]
) -> Figures:
    """Run the scenarios, the steady one first. Raises RunFailed."""
    with generators(load, running, note) as crowd:
        (entered, *_) = crowd.order(Enter())
        crowd.order(Settle())
        quiet = full = None
        if Scenario.STEADY in scenarios:
            note(f"steady: {load.rate} messages/s for {load.seconds:g} s")
            quiet = steady(load, running, crowd)
        if Scenario.SATURATED in scenarios:
            note(f"saturated: {load.saturated_total} messages to {load.members} members")
            full = saturated(running, crowd)
        return Figures(entered.tls if isinstance(entered, Entered) else "unknown", full, quiet)


@dataclass(frozen=True, slots=True)
class _Measured:
    """What a scenario gave. Times in seconds."""

    shares: list[Share]
    wall: float
    server_cpu: float
    cores: Cores


def saturated(running: Running, crowd: Generators) -> Saturated:
    """Run the saturated scenario once, with members that have entered. Raises RunFailed."""
    measured = _measure(running, crowd, Saturate())
    return Saturated(
        deliveries=sum(share.deliveries for share in measured.shares),
        wall=measured.wall,
        stream_bytes=measured.shares[0].stream_bytes,
        records=sum(share.records for share in measured.shares),
        cores=measured.cores,
        server_cpu=measured.server_cpu,
    )


def steady(load: Load, running: Running, crowd: Generators) -> Steady:
    """Run the steady scenario once, with members that have entered. Raises RunFailed."""
    measured = _measure(running, crowd, SteadyOrder(time.monotonic_ns() + _LEAD_NS))
    latencies: array[int] = array("q")
    for share in measured.shares:
        latencies.frombytes(share.latencies)
    if len(latencies) != load.steady_total * sum(share.sampled for share in measured.shares):
        raise RunFailed(
            f"{len(latencies)} latencies were measured instead of one per delivery to a sampled listener"
        )
    return steady_of(latencies, max(share.late_ns for share in measured.shares), measured.cores)


def _measure(running: Running, crowd: Generators, order: Order) -> _Measured:
    """Run a scenario and take the CPU time of everything meanwhile. Raises RunFailed."""
    try:
        started, server, busy = time.monotonic(), running.cpu(), busy_seconds()
        shares = crowd.shares(order)
        # Until the last report, so with the checks that the generators make at the end.
        elapsed, server, busy = time.monotonic() - started, running.cpu() - server, busy_seconds() - busy
    except ProcessLookupError as error:
        raise RunFailed(str(error)) from error
    crowd.order(Silence())
    first = min(share.first_send_ns for share in shares)
    wall = (max(share.last_receipt_ns for share in shares) - first) / 1e9
    generator = sum(share.cpu for share in shares)
    checks = sum(share.checks_cpu for share in shares)
    others = max(0.0, busy - server - generator - checks) / elapsed
    return _Measured(shares, wall, server, Cores(server / wall, generator / wall, others))
