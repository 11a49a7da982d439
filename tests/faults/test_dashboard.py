"""The examples for Prometheus and Grafana, with a real Prometheus, a real server and a flood.

Grafana asks Prometheus for what each panel shows: the same questions are asked here, with its variables in
their places. Only times are shortened: the server is asked every second, and the alerts wait for seconds.
FAULT_SECONDS is how long the flood lasts.
"""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.faults.attack import Attack
from tests.faults.conftest import Serve
from tests.faults.members import Members
from tests.support.authority import free_ports
from tests.system.person import Person
from tests.system.server_process import ServerProcess

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
SECONDS = int(os.environ.get("FAULT_SECONDS", "15"))
RATE = "10s"
HOSTILE = [f"mallory{number}" for number in range(20)]
PATIENCE = 60.0

pytestmark = [
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is missing"),
    pytest.mark.timeout(600),
]


class Prometheus:
    """A Prometheus that runs, and what it is asked."""

    def __init__(self, port: int) -> None:
        self._base = f"http://127.0.0.1:{port}"

    def ask(self, page: str, **parameters: object) -> dict[str, list[dict[str, object]]]:
        """Return the data of a page of its API."""
        with urlopen(f"{self._base}/api/v1/{page}?{urlencode(parameters)}", timeout=10) as answer:
            return json.load(answer)["data"]  # type: ignore[no-any-return]

    def over_time(self, query: str, seconds: int) -> Iterator[tuple[Mapping[str, str], list[float]]]:
        """Yield the labels and the numbers of each line that a panel would show."""
        now = time.time()
        found = self.ask("query_range", query=query, start=now - seconds, end=now, step=1)
        for row in found["result"]:
            labels, values = row["metric"], row["values"]
            assert isinstance(labels, dict) and isinstance(values, list)
            yield labels, [float(value) for _, value in values if value != "NaN"]

    def firing(self) -> dict[str, Mapping[str, str]]:
        """Return the annotations of the alerts that fire, by their names."""
        found: dict[str, Mapping[str, str]] = {}
        for alert in self.ask("alerts")["alerts"]:
            labels, annotations = alert["labels"], alert["annotations"]
            assert isinstance(labels, dict) and isinstance(annotations, dict)
            if alert["state"] == "firing":
                found[labels["alertname"]] = annotations
        return found

    def until(self, happy: Callable[[set[str]], bool]) -> dict[str, Mapping[str, str]]:
        """Wait until the names of what fires are as they should be."""
        deadline = time.monotonic() + PATIENCE
        while not happy(set(firing := self.firing())):
            assert time.monotonic() < deadline, firing.keys()
            time.sleep(0.5)
        return firing


@contextmanager
def prometheus(place: Path, watched: int) -> Iterator[Prometheus]:
    """Start one that reads the examples, with shorter times, and asks the server on a port."""
    (port,) = free_ports(1)
    config = (EXAMPLES / "prometheus.yml").read_text().replace("127.0.0.1:9697", f"127.0.0.1:{watched}")
    config = config.replace("scrape_interval: 15s", "scrape_interval: 1s")
    config = config.replace("scrape_timeout: 5s", "scrape_timeout: 1s")
    rules = (EXAMPLES / "securechat.rules.yml").read_text()
    rules = re.sub(r"for: \d+[mh]", "for: 2s", rules)
    (place / "prometheus.yml").write_text(f"global: {{evaluation_interval: 1s}}\n{config}")
    (place / "securechat.rules.yml").write_text(re.sub(r"\[[25]m\]", f"[{RATE}]", rules))
    command = ["prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={place / 'data'}"]
    with (
        (place / "log").open("wb") as log,
        subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], cwd=place, stdout=log, stderr=log
        ) as process,
    ):
        try:
            deadline = time.monotonic() + PATIENCE
            asked = Prometheus(port)
            while True:
                try:
                    if asked.ask("query", query="securechat_ready")["result"]:
                        break
                except OSError:
                    pass
                assert time.monotonic() < deadline, (place / "log").read_text()
                time.sleep(0.2)
            yield asked
        finally:
            process.terminate()


def panels(asked: Prometheus) -> Iterator[tuple[str, str, str]]:
    """Yield every title, query and legend, the query as Grafana sends it when all servers are chosen."""
    board = json.loads((EXAMPLES / "grafana-dashboard.json").read_text())
    (variable,) = [each for each in board["templating"]["list"] if each["type"] == "query"]
    metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["definition"]).groups()  # type: ignore[union-attr]
    instances = [str(value) for value in asked.ask(f"label/{label}/values", **{"match[]": metric})]
    every = "|".join(re.escape(instance).replace("\\", "\\\\") for instance in instances)
    for panel in board["panels"]:
        for target in panel["targets"]:
            query = target["expr"].replace("$instance", f"({every})").replace("$__rate_interval", RATE)
            assert "$" not in query
            yield panel["title"], query, target["legendFormat"]


def named(legend: str, labels: Mapping[str, str]) -> str:
    """Return the name of a line, as Grafana makes it; every label that it names is there."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels[found[1]], legend)


def look(asked: Prometheus) -> dict[str, float]:
    """See that every panel shows something, in lines with names; return the highest number of each line."""
    found: dict[str, float] = {}
    for title, query, legend in panels(asked):
        lines = list(asked.over_time(query, SECONDS))
        assert any(values for _, values in lines), f"{title} shows nothing: {query}"
        for labels, values in lines:
            found[f"{title}: {named(legend, labels)}"] = max(values, default=0.0)
    return found


def use(server: ServerProcess) -> None:
    """Talk and read the history, so that each duration is measured."""
    with Person(server, "alice") as alice, Person(server, "bob") as bob:
        for number in range(5):
            alice.say("#general", f"hello {number}")
            bob.hear(f"hello {number}")
        bob.send("CHATHISTORY LATEST #general * 10")
        bob.sync()


def test_the_flood_is_seen_and_every_panel_shows_something(
    serve: Serve, tmp_path: Path, report: Callable[[str], None]
) -> None:
    """In the panels, in `top` and by an alert, until one command ends it; other troubles have theirs."""
    (port,) = free_ports(1)
    settings = {"metrics.address": f"127.0.0.1:{port}", "limits.flood": True}
    server = serve(settings, accounts=["alice", "bob", *HOSTILE])
    use(server)
    server.administer("backup", str(tmp_path / "one.backup"))
    place = tmp_path / "prometheus"
    place.mkdir()
    with prometheus(place, port) as asked:
        time.sleep(5)
        before = asked.firing()
        with Members(server, len(HOSTILE), ["talk"], *HOSTILE), Attack(server, "passwords"):
            use(server)
            time.sleep(SECONDS)
            flood = asked.until(lambda names: {"SecurechatFlood", "SecurechatGuessing"} <= names)
            shown = look(asked)
            top = json.loads(server.administer("top", "--once", "--json", "--sort", "refused"))
            began = time.monotonic()
            server.administer("ban", "add", *HOSTILE, "--for", "1d", "--reason", "a flood")
            asked.until(lambda names: "SecurechatFlood" not in names)
            ended = time.monotonic() - began
        server.configure(storage__reserve=1_000_000)
        server.administer("reload")
        full = asked.until(lambda names: {"SecurechatNotReady", "SecurechatDiskFillsUp"} <= names)
        server.stop()
        down = asked.until(lambda names: "SecurechatDown" in names)
    assert not before
    for annotations in (*flood.values(), *full.values(), *down.values()):
        assert annotations["summary"] and annotations["mend"]
        assert "<no value>" not in annotations["summary"] and "error" not in annotations["summary"]
    refused = shown["Refused, by the limit that was met: flood"]
    assert refused > 20 and shown["Messages: messages"] > 0
    worst = top["accounts"][0]
    assert worst["name"] in HOSTILE
    report(
        f"{len({name.split(': ')[0] for name in shown})} panels with {len(shown)} lines, all with data; "
        f"flood: {refused:.0f} lines/s refused, its alert fired, and ended {ended:.0f} s after the ban; "
        f"fired: {', '.join(sorted(flood.keys() | full.keys() | down.keys()))}"
    )
