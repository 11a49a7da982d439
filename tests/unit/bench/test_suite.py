"""Tables, pictures and the gate of the benchmark suite, on made-up figures."""

import argparse
from pathlib import Path

import pytest

from scripts.bench.suite.compare import changes, regressions
from scripts.bench.suite.document import BEGIN, END, with_figures, write
from scripts.bench.suite.field import Notebook, in_turn
from scripts.bench.suite.main import FULL, QUICK, compare_main, run, studies
from scripts.bench.suite.results import Machine, Results, Series, from_json, to_json
from scripts.bench.suite.tables import cell, number, ratio, tables

MACHINE = Machine("2026-11-28", 2, "Linux", "3.11.7", "OpenSSL 3", "ext4", {"ngircd": "ngIRCd 26"})


def figures(
    cpu: tuple[float, ...] = (30.0, 31.0, 32.0), rate: tuple[float, ...] = (200.0, 202.0, 204.0)
) -> Results:
    """A study with securechat's figures; the peer's are always the same."""
    return Results(
        MACHINE,
        (
            Series("steady, 2 members", "securechat", "CPU µs a message", cpu),
            Series("steady, 2 members", "securechat", "deliveries/s", rate, lower_is_better=False),
            Series(
                "steady, 2 members", "securechat", "generator's cores", (0.1, 0.1, 0.1), lower_is_better=False
            ),
            Series("steady, 2 members", "ngircd", "CPU µs a message", (10.0, 10.0, 10.0)),
            Series(
                "steady, 2 members", "ngircd", "deliveries/s", (100.0, 100.0, 100.0), lower_is_better=False
            ),
        ),
        ("ergo: it is not there",),
    )


def test_figures_survive_their_file() -> None:
    """What is written as JSON is read back as it was, and anything else is refused."""
    assert from_json(to_json(figures())) == figures()
    with pytest.raises(ValueError, match="no file of figures"):
        from_json('{"series": [{"what": 1}]}')


def test_a_cost_beyond_the_tolerance_and_the_spread_is_named() -> None:
    """A fifth more CPU for a message is a regression; so is a fifth fewer deliveries."""
    slower = figures(cpu=(37.0, 38.0, 39.0))
    (found,) = regressions(changes(figures(), slower))
    assert "CPU µs a message of securechat is 3.80 × ngircd's" in str(found) and "+23%" in str(found)
    fewer = figures(rate=(160.0, 161.0, 162.0))
    assert [change.metric for change in regressions(changes(figures(), fewer))] == ["deliveries/s"]


def test_noise_and_improvements_pass() -> None:
    """What is inside the spread, within a tenth, or better, is no regression."""
    assert regressions(changes(figures(), figures(cpu=(31.0, 38.0, 39.0)))) == []
    assert regressions(changes(figures(), figures(cpu=(32.5, 33.0, 33.5)))) == []
    assert regressions(changes(figures(), figures(cpu=(20.0, 21.0, 22.0), rate=(300.0, 301.0, 302.0)))) == []


def test_the_machine_does_not_count() -> None:
    """On a machine that is half as fast, everything takes twice as long, and the ratios are the same."""
    slow = figures(cpu=(60.0, 62.0, 64.0), rate=(100.0, 101.0, 102.0))
    peer = tuple(
        Series(s.study, s.server, s.metric, tuple(v * (2 if "CPU" in s.metric else 0.5) for v in s.values))
        if s.server == "ngircd"
        else s
        for s in slow.series
    )
    assert regressions(changes(figures(), Results(MACHINE, peer))) == []


def test_compare_ends_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The program names what is slower and ends with 1; also when there is nothing to compare."""
    before, after, empty = (tmp_path / name for name in ("before.json", "after.json", "empty.json"))
    before.write_text(to_json(figures()))
    after.write_text(to_json(figures(cpu=(40.0, 41.0, 42.0))))
    empty.write_text(to_json(Results(MACHINE, ())))
    assert compare_main([str(before), str(before)]) == 0
    assert compare_main([str(before), str(after)]) == 1
    assert "SLOWER  steady, 2 members: CPU µs a message" in capsys.readouterr().err
    assert compare_main([str(before), str(after), "--tolerance", "0.5"]) == 0
    assert compare_main([str(before), str(empty)]) == 1


def test_tables_show_the_spread_and_the_peers() -> None:
    """A cell has the median and the range; the subject is told as a ratio to the best peer."""
    text = tables(figures())
    assert "| securechat | 31.0 (30.0–32.0) | 202 (200–204) |" in text
    assert "CPU µs a message 3.10 (3.00–3.20) × ngircd's" in text
    assert "deliveries/s 2.02 (2.00–2.04) × ngircd's" in text
    assert "Not measured: ergo: it is not there" in text


def test_numbers_have_the_digits_that_mean_something() -> None:
    """Small ones two, large ones none, and millions are written as such."""
    assert [number(v) for v in (0.271, 3.14, 31.4, 9999.6, 4_071_234)] == [
        "0.27",
        "3.14",
        "31.4",
        "10,000",
        "4.07 M",
    ]
    assert cell(ratio(figures().series[1], figures().series[4])) == "2.02 (2.00–2.04)"


def test_the_document_keeps_what_people_wrote(tmp_path: Path) -> None:
    """Only what is between the marks is replaced; pictures are beside it."""
    written = with_figures(f"before\n{BEGIN}\nold\n{END}\nafter\n", figures())
    assert written.startswith("before\n") and written.endswith("\nafter\n") and "old" not in written
    with pytest.raises(ValueError, match="no place for figures"):
        with_figures("no marks", figures())
    document = tmp_path / "performance.md"
    document.write_text(written)
    write(document, figures())
    assert document.read_text() == written
    picture = (tmp_path / "performance" / "steady-cpu.svg").read_text()
    assert picture.startswith("<svg") and "securechat" in picture and ">31.0<" in picture


def test_rounds_alternate() -> None:
    """Every second round goes backwards, so that nobody is always the first."""
    assert list(in_turn(["a", "b"], 3)) == ["a", "b", "b", "a", "a", "b"]


def test_the_notebook_keeps_rounds_together() -> None:
    """Figures of several rounds become one series, and failures are told."""
    told: list[str] = []
    notebook = Notebook(told.append)
    for rate in (1.0, 2.0):
        notebook.note("s", "securechat", {"logins/s": rate}, ("logins/s",))
    notebook.fail("s", "ergo", "gone")
    assert notebook.series() == (Series("s", "securechat", "logins/s", (1.0, 2.0), lower_is_better=False),)
    assert told == ["s, ergo: gone"]


def test_quick_has_every_study() -> None:
    """What the long run measures, the short one tries."""
    assert list(studies(QUICK)) == list(studies(FULL))


def test_a_study_that_would_begin_too_late_is_left_out(tmp_path: Path) -> None:
    """The others were measured; it is named."""
    options = argparse.Namespace(minutes=-1.0, servers=["nobody"], also=[])
    results = run({"idle": lambda _: pytest.fail("it began")}, tmp_path, options)
    assert results.series == () and results.problems == ("idle, all: left out: -1 minutes were over",)
