"""Figures from measurements: percentiles, medians with their spread, ratios. Pure functions."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


def percentile(ordered: Sequence[int], fraction: float) -> int:
    """The nearest-rank percentile of values in ascending order; `fraction` is 0.99 for p99.

    Raises ValueError when there are no values or the fraction is not between 0 and 1.
    """
    if not ordered:
        raise ValueError("a percentile needs at least one value")
    if not 0 <= fraction <= 1:
        raise ValueError(f"{fraction} is no fraction between 0 and 1")
    return ordered[max(0, math.ceil(fraction * len(ordered)) - 1)]


@dataclass(frozen=True, slots=True)
class Spread:
    """Several runs of one measurement."""

    median: float
    lowest: float
    highest: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """The spread of at least one value; raises ValueError without any."""
        if not values:
            raise ValueError("a spread needs at least one value")
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Cores:
    """What was busy during a measurement, in CPU seconds per second: 1.0 is one core."""

    server: float
    generator: float
    others: float
    """Everything else on the machine; more than a little of it makes the figures worthless."""


@dataclass(frozen=True, slots=True)
class Saturated:
    """One run of the saturated scenario at one server. `wall` in seconds, sizes in bytes."""

    deliveries: int
    wall: float
    stream_bytes: int
    records: int
    cores: Cores
    server_cpu: float

    @property
    def rate(self) -> float:
        """Deliveries per second."""
        return self.deliveries / self.wall

    @property
    def cpu_per_delivery(self) -> float:
        """Microseconds of server CPU for one delivery."""
        return self.server_cpu / self.deliveries * 1e6

    @property
    def lines_per_record(self) -> float:
        """Lines that one TLS record carried on average: how well the server coalesces."""
        return self.deliveries / self.records


@dataclass(frozen=True, slots=True)
class Steady:
    """One run of the steady scenario at one server. Times in milliseconds."""

    samples: int
    p50: float
    p99: float
    p999: float
    highest: float
    late: float
    """How late the generator sent a message at worst, compared with its schedule."""
    cores: Cores


def steady_of(latencies_ns: Sequence[int], late_ns: int, cores: Cores) -> Steady:
    """Sum up latencies in ns, in any order. Raises ValueError without any."""
    ordered = sorted(latencies_ns)
    return Steady(
        samples=len(ordered),
        p50=percentile(ordered, 0.50) / 1e6,
        p99=percentile(ordered, 0.99) / 1e6,
        p999=percentile(ordered, 0.999) / 1e6,
        highest=ordered[-1] / 1e6,
        late=late_ns / 1e6,
        cores=cores,
    )
