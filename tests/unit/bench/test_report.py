"""What the report says about the figures."""

import json
from collections.abc import Sequence

import pytest

from scripts.bench.ircbench.arena import Figures
from scripts.bench.ircbench.benchmark import verdict
from scripts.bench.ircbench.figures import Cores, Saturated, Spread, Steady
from scripts.bench.ircbench.options import parse
from scripts.bench.ircbench.report import (
    Entry,
    Machine,
    Results,
    as_json,
    as_text,
    cpu_ratio,
    p99_ratio,
    rate_ratio,
    warnings,
)

QUIET = Cores(0.9, 0.3, 0.0)


def figures(rate: int, p99: float = 5.0, cpu: float = 0.5, cores: Cores = QUIET) -> Figures:
    """A run of one second with `rate` deliveries."""
    saturated = Saturated(rate, 1.0, 12_000_000, rate // 50, cores, cpu)
    return Figures("TLSv1.3 X", saturated, Steady(100, 1.0, p99, p99, 9.0, 0.1, cores))


def entry(name: str, *runs: Figures) -> Entry:
    """A server with a run in each round."""
    return Entry(name, "1.0", "something", dict(enumerate(runs, 1)))


def results(entries: Sequence[Entry], *arguments: str, filesystem: str = "ext4") -> Results:
    """Results of a benchmark with these options."""
    machine = Machine(2, "Linux", "3.11", "OpenSSL 3", filesystem)
    return Results(parse(["--repeat", "2", *arguments]), machine, entries, [])


def test_the_ratio_is_taken_within_rounds() -> None:
    """Each round compares with the best peer of that round; the median and the extremes are told."""
    entries = [
        entry("ngircd", figures(100), figures(400)),
        entry("securechat", figures(400), figures(800)),
        entry("inspircd", figures(200), figures(100)),
    ]
    assert rate_ratio(entries) == Spread(2.0, 2.0, 2.0)


def test_for_latency_and_cpu_the_lowest_peer_is_the_best() -> None:
    """A ratio below 1 says that securechat is better."""
    entries = [
        entry("securechat", figures(100, p99=3.0, cpu=0.2)),
        entry("ngircd", figures(100, p99=12.0, cpu=0.4)),
        entry("inspircd", figures(100, p99=6.0, cpu=0.8)),
    ]
    p99, cpu = p99_ratio(entries), cpu_ratio(entries)
    assert p99 is not None and p99.median == 0.5
    assert cpu is not None and cpu.median == pytest.approx(0.5)


@pytest.mark.parametrize("names", [["ngircd", "inspircd"], ["securechat"]])
def test_without_both_sides_there_is_no_ratio(names: list[str]) -> None:
    """Peers alone, or securechat alone, are no comparison; the text says so."""
    entries = [entry(name, figures(100), figures(100)) for name in names]
    assert rate_ratio(entries) is None
    assert "it needs securechat and a peer" in as_text(results(entries))


def test_busy_neighbours_make_a_warning() -> None:
    """A run beside another program is marked with the cores that it took."""
    noisy = Cores(0.5, 0.3, 1.1)
    texts = warnings(results([entry("ngircd", figures(100), figures(100, cores=noisy))]))
    assert [text.partition(":")[0] for text in texts] == [
        "ngircd, round 2, saturated",
        "ngircd, round 2, steady",
    ]
    assert "1.10 cores" in texts[0]


def test_a_busy_generator_makes_a_warning() -> None:
    """When the generator used a whole core and more than the server, it may have been what was measured."""
    busy = Cores(0.7, 0.98, 0.0)
    assert "--generators" in warnings(results([entry("ngircd", figures(100, cores=busy))]))[0]


def test_data_in_memory_make_a_warning() -> None:
    """A durable message that never touched a disk says nothing."""
    assert "fsync" in warnings(results([], filesystem="tmpfs"))[0]


def test_a_server_without_figures_stays_in_the_report() -> None:
    """A server whose runs all failed is told, not hidden."""
    text = as_text(results([entry("inspircd"), entry("ngircd", figures(100), figures(300))]))
    assert text.count("no figures") == 2
    assert "(100, 300)" in text


def test_json_holds_every_run() -> None:
    """The runs with their derived figures, and the ratios, can be read by a program."""
    entries = [entry("securechat", figures(300), figures(500)), entry("ngircd", figures(100), figures(250))]
    document = json.loads(as_json(results(entries)))
    runs = document["servers"]["securechat"]["runs"]
    assert [run["saturated"]["deliveries_per_second"] for run in runs] == [300, 500]
    assert document["ratios"]["deliveries_per_second"] == {"median": 2.5, "lowest": 2.0, "highest": 3.0}


@pytest.mark.parametrize(("wanted", "code"), [("1.9", 0), ("2.1", 1)])
def test_the_ratio_asked_for_decides(wanted: str, code: int) -> None:
    """--min-ratio fails below the figure and passes above."""
    entries = [entry("securechat", figures(200), figures(200)), entry("ngircd", figures(100), figures(100))]
    assert verdict(results(entries, "--min-ratio", wanted)) == code


def test_a_failed_round_fails_the_benchmark() -> None:
    """A run that gave no figures ends with code 1, even without a ratio asked for."""
    assert verdict(results([entry("ngircd", figures(100))])) == 1
    assert verdict(results([entry("ngircd", figures(100), figures(100))])) == 0
