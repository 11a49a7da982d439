"""The history benchmark runs, on a small data set, and says whether its bars were met."""

import json
from pathlib import Path

import pytest

from scripts.bench.historybench.benchmark import Figure, as_text, main
from scripts.bench.historybench.dataset import RARE, Sizes, messages


def test_it_measures_a_small_data_set(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It makes the data set once, asks all its questions, and writes a table and JSON."""
    arguments = ["--messages", "3000", "--repeat", "5", "--directory", str(tmp_path / "set")]
    main([*arguments, "--json", str(tmp_path / "figures.json")])
    figures = json.loads((tmp_path / "figures.json").read_text())
    assert figures["messages"] == 3000
    names = [figure["name"] for figure in figures["figures"]]
    assert "LATEST 50" in names and "indexed" in names
    assert "3,000 messages" in capsys.readouterr().out
    main(arguments)
    assert "indexed" not in capsys.readouterr().out, "the data set was there"


def test_the_data_set_is_the_same_every_time() -> None:
    """So that figures of different days can be compared; the rare word is said ten times."""
    sizes = Sizes(200)
    made = list(messages(sizes))
    assert made == list(messages(sizes))
    assert sum(RARE in message.text.split() for message in made) == 10
    assert [message.id for message in made] == sorted({message.id for message in made})


def test_a_bar_that_was_not_met_is_shown() -> None:
    """The p99 counts."""
    figures = [Figure("slow", 1.0, 9.0, bar=5), Figure("fast", 1.0, 2.0, bar=5)]
    assert [figure.met for figure in figures] == [False, True]
    slow, fast = as_text(Sizes(1), figures).splitlines()[-2:]
    assert "NOT MET" in slow and "NOT MET" not in fast
