"""The hub's time: whoever asks for all of it has a share, and a bystander of another account does not notice.

Figures mean something on a machine that does nothing else. FAULT_SECONDS is how long each run lasts.
"""

import os
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Serve
from tests.faults.members import HASTY, SESSIONS_OF_ACCOUNT, Members
from tests.faults.probe import Probe

SECONDS = float(os.environ.get("FAULT_SECONDS", "15"))
BAR = {0: 50, 1: 100, 5: 150}
"""Milliseconds for 99 of 100 signs of life and messages, by the number of accounts that do harm."""


@pytest.mark.timeout(120 + 2 * SECONDS)
@pytest.mark.parametrize("flood", [True, False], ids=["flood control", "no flood control"])
@pytest.mark.parametrize("hostile", list(BAR))
@pytest.mark.parametrize("kind", HASTY)
def test_a_bystander(
    serve: Serve, report: Callable[[str], None], kind: str, hostile: int, flood: bool
) -> None:
    """Accounts whose every session sends as fast as it can take no more than their share."""
    accounts = [f"mallory{number}" for number in range(hostile)]
    server = serve({"limits.flood": flood}, accounts=["alice", "bob", "carol", *accounts])
    with (
        Members(server, SESSIONS_OF_ACCOUNT * hostile, [kind], *accounts),
        Probe(server, "ping", "carol", every=0.12) as signs,
        Probe(server, "chat", "alice", "bob", every=0.12) as chat,
    ):
        time.sleep(SECONDS)
    report(f"signs of life: {signs.figures}; messages: {chat.figures}")
    assert not signs.figures.failures
    assert not chat.figures.failures
    assert max(signs.figures.at(0.99), chat.figures.at(0.99)) < BAR[hostile]
