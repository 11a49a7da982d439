"""The command line of the benchmark."""

from pathlib import Path

import pytest

from scripts.bench.ircbench.options import parse
from scripts.bench.ircbench.plan import Scenario


def test_the_defaults_are_the_published_scenario() -> None:
    """200 members, 20 senders, 5,000 messages of 80 bytes, 64 outstanding; three rounds of four servers."""
    options = parse([])
    load = options.load
    assert (load.members, load.senders, load.messages, load.size, load.window) == (200, 20, 5000, 80, 64)
    assert options.repeat == 3
    assert options.servers == ("securechat", "ngircd", "inspircd", "ergo")
    assert set(options.scenarios) == set(Scenario)


def test_quick_is_small_and_can_be_changed() -> None:
    """--quick lowers every number that was not given."""
    options = parse(["--quick", "--members", "60", "--json", "out.json"])
    assert (options.load.members, options.load.senders, options.repeat) == (60, 5, 1)
    assert options.json == Path("out.json")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--servers", "ngircd,ircu"], "no server 'ircu'"),
        (["--servers", ""], "at least one server"),
        (["--scenarios", "burst"], "no scenario 'burst'"),
        (["--repeat", "0"], "--repeat is 0"),
        (["--size", "10"], "size is 10"),
        (["--min-ratio", "2", "--servers", "ngircd,inspircd"], "name both"),
        (["--min-ratio", "2", "--servers", "securechat"], "name both"),
        (["--min-ratio", "2", "--scenarios", "steady"], "saturated"),
    ],
)
def test_a_wrong_argument_is_explained(
    arguments: list[str], reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Usage errors end with code 2 and name what was wrong."""
    with pytest.raises(SystemExit) as ending:
        parse(arguments)
    assert ending.value.code == 2
    assert reason in capsys.readouterr().err


def test_a_server_named_twice_runs_once() -> None:
    """The order is that of the command line."""
    assert parse(["--servers", "inspircd,ngircd,inspircd"]).servers == ("inspircd", "ngircd")
