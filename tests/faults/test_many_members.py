"""Many members who each take no more than they may: what all of them make the server keep is bounded, too."""

import os
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Serve
from tests.faults.members import Members
from tests.faults.probe import Probe
from tests.faults.vitals import Vitals, reset_peak

SECONDS = float(os.environ.get("FAULT_SECONDS", "60"))
ACCOUNTS = 200
BOUND = 256 * 1024
"""KiB above the idle server."""


@pytest.mark.timeout(240 + 2 * SECONDS)
@pytest.mark.parametrize("kind", ["deaf pages", "multiline", "most tags"])
def test_many_members(serve: Serve, report: Callable[[str], None], kind: str) -> None:
    """Two hundred accounts with a session each take at most 256 MiB, and a bystander chats on."""
    accounts = [f"mallory{number}" for number in range(ACCOUNTS)]
    server = serve(accounts=["alice", "bob", *accounts])
    with Probe(server, "chat", "alice", "bob", every=0.1) as probe:
        base = Vitals.of(server.pid).memory
        reset_peak(server.pid)
        with Members(server, ACCOUNTS, [kind], *accounts) as members:
            time.sleep(SECONDS)
        peak = Vitals.of(server.pid).peak
    report(
        f"{members.sent >> 20} MiB sent, {members.closed} closed; memory {base >> 10} → {peak >> 10} MiB; "
        f"a bystander: {probe.figures}"
    )
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
    assert peak - base <= BOUND
