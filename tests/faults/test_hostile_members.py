"""Members who mean harm: what they make the server keep in memory is bounded, and a bystander chats on."""

import os
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Serve
from tests.faults.members import KINDS, Members
from tests.faults.probe import Probe
from tests.faults.vitals import Vitals, reset_peak

SECONDS = float(os.environ.get("FAULT_SECONDS", "60"))
SESSIONS, ACCOUNTS = 100, 5
BOUND = 256 * 1024
"""KiB above the idle server."""


@pytest.mark.timeout(180 + 2 * SECONDS)
@pytest.mark.parametrize("flood", [True, False], ids=["flood control", "no flood control"])
@pytest.mark.parametrize("kinds", [*[[kind] for kind in KINDS], list(KINDS)], ids=[*KINDS, "all"])
def test_hostile_members(serve: Serve, report: Callable[[str], None], kinds: list[str], flood: bool) -> None:
    """A hundred sessions of five accounts take at most 256 MiB, whatever they send."""
    accounts = [f"mallory{number}" for number in range(ACCOUNTS)]
    server = serve({"limits.flood": flood}, accounts=["alice", "bob", *accounts])
    with Probe(server, "chat", "alice", "bob", every=0.1) as probe:
        base = Vitals.of(server.pid).memory
        reset_peak(server.pid)
        with Members(server, SESSIONS, kinds, *accounts) as members:
            time.sleep(SECONDS)
        peak = Vitals.of(server.pid).peak
    report(
        f"{members.sent >> 20} MiB sent, {members.closed} closed; memory {base >> 10} → {peak >> 10} MiB; "
        f"a bystander: {probe.figures}"
    )
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
    assert peak - base <= BOUND
