"""The examples for Prometheus and Grafana: they load, and every metric that they name exists."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.app.metrics import DURATIONS, KNOWN, OTHERS, PREFIX

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"
OF_PROCESSES = {
    "process_cpu_seconds_total",
    "process_resident_memory_bytes",
    "process_open_fds",
    "process_max_fds",
}
"""What the library of Prometheus has of each process."""


UNITS = {"none", "ops", "s", "bytes", "Bps", "percentunit"}
"""Of the ids that Grafana has for units, those that the panels use."""


def known() -> set[str]:
    """Every metric that a server has, as queries name it."""
    single = {PREFIX + one.name for one in KNOWN} | {PREFIX + name for name in OTHERS}
    return single | {f"{PREFIX}{name}_seconds_bucket" for name in DURATIONS} | OF_PROCESSES


def named(query: str) -> set[str]:
    """The metrics that a query names."""
    return set(re.findall(r"\b(?:securechat|process)_\w+", query))


def queries(panels: list[dict[str, list[dict[str, str]]]]) -> Iterator[str]:
    for panel in panels:
        for target in panel["targets"]:
            yield target["expr"]


def test_the_dashboard_is_up_to_date() -> None:
    """It is made from the list of its panels."""
    command = [sys.executable, str(ROOT / "scripts" / "dashboard.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_shows_metrics_that_there_are() -> None:
    """Each panel has its place, a data source that is asked for, and queries about known metrics."""
    board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    panels = board["panels"]
    assert board["title"] and board["uid"] and board["schemaVersion"] >= 36
    assert len({panel["id"] for panel in panels}) == len(panels)
    assert {variable["name"] for variable in board["templating"]["list"]} == {"datasource", "instance"}
    used = set[str]().union(*map(named, queries(panels)))
    assert used <= known()
    taken = set[tuple[int, int]]()
    for panel in panels:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert place["x"] + place["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"


def test_the_dashboard_is_as_grafana_documents_it() -> None:
    """Kinds of panels and units that there are, and every query is about the servers that are chosen."""
    board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    for panel in board["panels"]:
        assert panel["type"] in ("stat", "timeseries")
        assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters) and all(target["expr"] for target in panel["targets"])
        queries = " ".join(target["expr"] for target in panel["targets"])
        assert queries.count("{instance") == queries.count('{instance=~"$instance"'), panel["title"]
    _, instance = board["templating"]["list"]
    assert instance["multi"] and instance["includeAll"] and instance["datasource"]["uid"] == "${datasource}"


def test_the_alerts_are_about_metrics_that_there_are() -> None:
    """And each says what mends it."""
    text = (EXAMPLES / "securechat.rules.yml").read_text()
    assert named(re.sub(r"#.*", "", text)) <= known()
    assert text.count("- alert:") == text.count("mend:") == text.count("summary:") >= 10


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing")
@pytest.mark.parametrize("what", [["rules", "securechat.rules.yml"], ["config", "prometheus.yml"]])
def test_promtool_takes_the_files(what: list[str]) -> None:
    """Prometheus loads them as they are."""
    done = subprocess.run(
        ["promtool", "check", *what], cwd=EXAMPLES, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
