"""Sessions that make channels as fast as they can: what is made stays in the limits, and nobody notices."""

import json
import os
import time
from collections.abc import Callable

import pytest

from tests.faults.attack import Attack
from tests.faults.conftest import Serve
from tests.faults.probe import Probe
from tests.faults.vitals import Vitals

SECONDS = float(os.environ.get("FAULT_SECONDS", "25"))
PER_DAY = 50
GROWTH = 32 * 1024
"""KiB that the server may grow by."""

Report = Callable[[str], None]


@pytest.mark.timeout(120 + 2 * SECONDS)
def test_two_accounts_make_no_more_channels_than_they_may(serve: Serve, report: Report) -> None:
    """Twenty sessions of two accounts JOIN new channels all the time: 100 are made, all others refused."""
    server = serve({"limits.flood": False}, accounts=["alice", "bob", "mallory", "mallet"])
    with Probe(server, "chat", "alice", "bob", every=0.05) as probe:
        before = Vitals.of(server.pid)
        with Attack(server, "channels", "mallory", "mallet") as attack:
            time.sleep(SECONDS)
        after = Vitals.of(server.pid)
    status = json.loads(server.administer("status", "--json"))
    rows = json.loads(server.administer("channel", "list", "#flood*", "--json"))
    refused = status["refusals"]["channels_per_day"]
    report(
        f"{attack.rounds} rounds: {len(rows)} channels made, {refused} refused; memory {before.memory} → "
        f"{after.memory} KiB; a bystander: {probe.figures}"
    )
    assert len(rows) <= 2 * PER_DAY
    assert refused > 0
    assert after.memory - before.memory <= GROWTH
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
    dropped = server.administer("channel", "drop", "#flood*", "--yes")
    report(f"dropped: {dropped.strip() or 'all'}")
    assert json.loads(server.administer("channel", "list", "#flood*", "--json")) == []
