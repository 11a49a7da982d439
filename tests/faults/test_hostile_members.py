"""Members who mean harm: what they make the server keep in memory is bounded, and a bystander chats on."""

import json
import os
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Serve
from tests.faults.members import KINDS, Members
from tests.faults.probe import Figures, Probe
from tests.faults.vitals import Vitals, reset_peak
from tests.system.server_process import ServerProcess

SECONDS = float(os.environ.get("FAULT_SECONDS", "60"))
SESSIONS, ACCOUNTS = 100, 5
BOUND = 256 * 1024
"""KiB above the idle server."""
RECOVERY = 60.0
"""Seconds until the server has to be as it was before."""
HELD = ("connections", "unauthenticated", "sessions", "inbox", "password_jobs_waiting")
"""What the server counts that has to be as it was; of what waits in memory only the nonces may be left."""
LEFT_OVER = 160 * 1024
"""KiB above the idle server that the allocator may keep for the next time: nobody uses them."""


@pytest.mark.timeout(300 + 2 * SECONDS)
@pytest.mark.parametrize("flood", [True, False], ids=["flood control", "no flood control"])
@pytest.mark.parametrize("kinds", [*[[kind] for kind in KINDS], list(KINDS)], ids=[*KINDS, "all"])
def test_hostile_members(serve: Serve, report: Callable[[str], None], kinds: list[str], flood: bool) -> None:
    """A hundred sessions of five accounts take at most 256 MiB, and a minute later nothing is left of it."""
    accounts = [f"mallory{number}" for number in range(ACCOUNTS)]
    server = serve({"limits.flood": flood}, accounts=["alice", "bob", *accounts])
    before = chat(server)
    base, idle = Vitals.of(server.pid), waiting(server)
    with Probe(server, "chat", "alice", "bob", every=0.1) as probe:
        reset_peak(server.pid)
        with Members(server, SESSIONS, kinds, *accounts) as members:
            time.sleep(SECONDS)
        peak = Vitals.of(server.pid).peak
    report(
        f"{members.sent >> 20} MiB sent, {members.closed} closed; memory {base.memory >> 10} → "
        f"{peak >> 10} MiB; a bystander: {probe.figures}"
    )
    seconds, left = recovered(server, base, idle)
    after = chat(server)
    report(f"as before {seconds:.0f} s later, memory {left.memory >> 10} MiB; chat {before}, then {after}")
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
    assert peak - base.memory <= BOUND
    assert not after.failures
    assert after.at(0.5) < 2 * before.at(0.5) + 5


def chat(server: ServerProcess) -> Figures:
    """How the chat is when nobody does harm."""
    with Probe(server, "chat", "alice", "bob", every=0.1) as probe:
        time.sleep(5)
    return probe.figures


def waiting(server: ServerProcess) -> dict[str, int]:
    """What the server says that it holds for its sessions."""
    command = server.command("status", "--json")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    state = json.loads(done.stdout)
    memory = {f"memory.{kind}": size for kind, size in state["memory"].items() if kind != "nonces"}
    return {key: state[key] for key in HELD} | memory


def recovered(server: ServerProcess, base: Vitals, idle: dict[str, int]) -> tuple[float, Vitals]:
    """Wait until the server is as it was; return how many seconds it took, and how it is then."""
    began = time.monotonic()
    while True:
        now, held = Vitals.of(server.pid), waiting(server)
        as_before = (
            held == idle
            and now.descriptors <= base.descriptors
            and now.threads == base.threads
            and now.memory - base.memory <= LEFT_OVER
        )
        seconds = time.monotonic() - began
        if as_before:
            return seconds, now
        assert seconds < RECOVERY, f"{base} {idle}, now {now} {held}"
        time.sleep(1)
