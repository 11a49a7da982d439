"""The arithmetic of the benchmark."""

import pytest

from scripts.bench.ircbench.figures import Cores, Saturated, Spread, percentile, steady_of

IDLE = Cores(0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("fraction", "value"), [(0.0, 1), (0.01, 1), (0.5, 50), (0.985, 99), (0.99, 99), (0.995, 100), (1.0, 100)]
)
def test_percentiles_are_values_that_were_measured(fraction: float, value: int) -> None:
    """The nearest rank: the smallest value that at least this fraction of the values does not exceed."""
    assert percentile(range(1, 101), fraction) == value


def test_a_percentile_of_nothing_is_an_error() -> None:
    """There is no percentile without values, and none above 100 %."""
    with pytest.raises(ValueError, match="at least one"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="between 0 and 1"):
        percentile([1], 99)


def test_a_spread_has_median_and_extremes() -> None:
    """Of an even number of runs the median is the mean of the middle ones."""
    assert Spread.of([4.0, 1.0, 3.0, 10.0]) == Spread(3.5, 1.0, 10.0)


def test_latencies_are_summed_up_in_milliseconds() -> None:
    """Order does not matter; p50, p99 and maximum are in ms."""
    steady = steady_of([n * 1_000_000 for n in range(200, 0, -1)], 500_000, IDLE)
    assert (steady.samples, steady.p50, steady.p99, steady.highest, steady.late) == (200, 100, 198, 200, 0.5)


def test_saturated_figures() -> None:
    """Rate, CPU time for each delivery and lines for each TLS record follow from the counts."""
    run = Saturated(
        deliveries=1_000_000, wall=0.5, stream_bytes=1, records=20_000, cores=IDLE, server_cpu=0.4
    )
    assert run.rate == 2_000_000
    assert run.cpu_per_delivery == pytest.approx(0.4)
    assert run.lines_per_record == 50
