"""The pages of a running server: where they are, and what becomes of them at a reload."""

import json
import signal
import threading
from collections.abc import Iterator, Set
from http.client import HTTPConnection

import pytest

from securechat.app.checks import is_for_others, parse_watched
from securechat.app.configuration import ConfigError, load
from securechat.app.watching import Watching
from securechat.server.probes import Probes
from securechat.server.signals import WAITED
from tests.support.vitals import FakeVitals


class Watched:
    """Pages about a server that is not there."""

    def __init__(self) -> None:
        self.vitals = FakeVitals()
        self.vitals.values["connections_most"] = 100
        self.watching = Watching(self.vitals)

    @property
    def port(self) -> int:
        assert self.watching.address is not None
        return self.watching.address[1]

    def get(self, path: str) -> tuple[int, str]:
        """Ask for a page."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Pages that are there until the test ends."""
    made = Watched()
    made.watching.use("127.0.0.1:0")
    yield made
    made.watching.stop()
    assert "metrics" not in [thread.name for thread in threading.enumerate()]


def test_the_pages_are_there(watched: Watched) -> None:
    """Metrics, whether it lives, and whether it is ready."""
    status, text = watched.get("/metrics")
    assert status == 200 and "securechat_ready 1.0\n" in text
    assert watched.get("/healthz") == (200, '{"alive": true, "reasons": []}\n')
    assert watched.get("/readyz") == (200, '{"ready": true, "reasons": []}\n')


def test_signals_are_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """When the server ends there are no handlers any more: one that came to this thread would be deadly."""
    masks: list[Set[int]] = []
    serve = Probes.run

    def run(probes: Probes) -> None:
        masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
        serve(probes)

    monkeypatch.setattr(Probes, "run", run)
    watching = Watching(FakeVitals())
    watching.use("127.0.0.1:0")
    watching.stop()
    assert masks[0] >= WAITED


def test_a_full_disk_is_no_reason_to_start_it_anew(watched: Watched) -> None:
    """It is not ready, and says why; but it lives."""
    watched.vitals.values["disk_low"] = True
    status, text = watched.get("/readyz")
    assert (status, json.loads(text)["reasons"][0]["code"]) == (503, "disk")
    assert watched.get("/healthz")[0] == 200


def test_a_stuck_hub_is_told_at_once(watched: Watched) -> None:
    """Both pages say so, and nobody waits for the hub."""
    watched.vitals.values["hub_silent_ms"] = 60_000
    for page, word in (("/healthz", "alive"), ("/readyz", "ready")):
        status, text = watched.get(page)
        found = json.loads(text)
        assert (status, found[word], found["reasons"][0]["code"]) == (503, False, "stuck")


def test_they_move_and_end_with_the_configuration(watched: Watched) -> None:
    """The same address changes nothing, another one takes over, and none ends them."""
    before = watched.port
    watched.watching.use("127.0.0.1:0")
    assert watched.port == before
    watched.watching.use("[::1]:0")
    assert watched.watching.address is not None and watched.watching.address[0] == "::1"
    watched.watching.use("")
    assert watched.watching.address is None


def test_an_address_that_is_taken_changes_nothing(watched: Watched) -> None:
    """The pages stay where they were."""
    other = Watched()
    with pytest.raises(OSError):
        other.watching.use(f"127.0.0.1:{watched.port}")
    assert other.watching.address is None
    before = watched.port
    with pytest.raises(OSError):
        watched.watching.use("192.0.2.1:9697")
    assert watched.port == before and watched.get("/healthz")[0] == 200


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9697", ("127.0.0.1", 9697)),
        (":9697", ("127.0.0.1", 9697)),
        ("localhost:0", ("127.0.0.1", 0)),
        ("127.0.0.2:80", ("127.0.0.2", 80)),
        ("[::1]:9697", ("::1", 9697)),
        ("[::]:9697", ("::", 9697)),
    ],
)
def test_an_address_is_read(text: str, found: tuple[str, int]) -> None:
    """A port alone is of this machine."""
    assert parse_watched(text) == found


@pytest.mark.parametrize(
    "text", ["127.0.0.1", "x:9697", "::1:9697", "127.0.0.1:", "1:99999", "[::1]", "１:２"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """With a reason."""
    with pytest.raises(ValueError, match=r"\w"):
        parse_watched(text)
    with pytest.raises(ConfigError, match=r"metrics\.address must be"):
        load(None, {"SECURECHAT_METRICS__ADDRESS": text}, {})


def test_an_address_for_others_has_to_be_allowed() -> None:
    """The pages have no login: a slip of the pen must not show them to the network."""
    for text in ("0.0.0.0:9697", "[::]:9697", "192.0.2.1:9697"):
        assert is_for_others(text)
        with pytest.raises(ConfigError, match=r"metrics\.public = true"):
            load(None, {"SECURECHAT_METRICS__ADDRESS": text}, {})
        environment = {"SECURECHAT_METRICS__ADDRESS": text, "SECURECHAT_METRICS__PUBLIC": "true"}
        assert load(None, environment, {}).config.metrics.address == text
    assert not is_for_others("127.0.0.1:9697") and not is_for_others("")
