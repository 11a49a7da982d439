"""A flood by twenty hostile members is ended by one command, and all of it is in the audit log.

Figures mean something on a machine that does nothing else. FAULT_SECONDS is how long the flood lasts.
"""

import json
import os
import time
from collections.abc import Callable

import pytest

from securechat.chat.requests import Done, ListSessions
from securechat.server.control_client import ask
from tests.faults.conftest import Serve
from tests.faults.members import Members
from tests.faults.probe import Probe
from tests.system.server_process import ServerProcess

SECONDS = float(os.environ.get("FAULT_SECONDS", "10"))
HOSTILE = 20
SESSIONS = 2
"""Of each of them."""


def sessions_of(server: ServerProcess, names: list[str]) -> int:
    """Return how many sessions these accounts have."""
    answer = ask(server.data, ListSessions())
    assert isinstance(answer, Done)
    return sum(row["account"] in names for row in answer.rows)


@pytest.mark.timeout(300 + 4 * SECONDS)
def test_a_flood_is_ended_by_one_command(serve: Serve, report: Callable[[str], None]) -> None:
    """Their sessions are gone a second after it; what they try then costs the others nothing to speak of."""
    names = [f"mallory{number}" for number in range(HOSTILE)]
    server = serve(accounts=["alice", "bob", *names])
    with Members(server, SESSIONS * HOSTILE, ["talk"], *names) as members:
        arriving = time.monotonic() + 120
        while sessions_of(server, names) < HOSTILE:  # one after the other: each has a hash
            assert time.monotonic() < arriving
            time.sleep(0.5)
        with Probe(server, "chat", "alice", "bob", every=0.12) as during:
            time.sleep(SECONDS)
        before, began = sessions_of(server, names), time.monotonic()
        options = ("--reason", "a flood", "--for", "1d", "--json")
        rows = json.loads(server.administer("ban", "add", *names, *options))
        told = time.monotonic()
        while sessions_of(server, names):
            assert time.monotonic() < told + 5
        gone = time.monotonic()
        with Probe(server, "chat", "alice", "bob", every=0.12) as after:
            time.sleep(SECONDS)
        left = sessions_of(server, names)
    report(
        f"{before} sessions of {HOSTILE} members, {members.sent >> 10} KiB said; the command took "
        f"{told - began:.2f} s, the last one was gone {max(0.0, gone - told):.2f} s after it; "
        f"messages during the flood: {during.figures}; after it: {after.figures}"
    )
    assert before and sum(row["sessions"] for row in rows)
    assert (left, gone - told < 1) == (0, True)
    assert not during.figures.failures and not after.figures.failures
    assert after.figures.at(0.99) < 100
    entries = [json.loads(line) for line in server.administer("audit", "show", "--json").splitlines()]
    (entry,) = [entry for entry in entries if entry["action"] == "ban"]
    assert entry["target"].split(",") == names
    assert entry["detail"].endswith(": a flood")
