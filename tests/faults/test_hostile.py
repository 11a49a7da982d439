"""Peers that mean harm: nothing crashes, and a bystander sees no error and hardly a delay."""

import os
import time
from collections.abc import Callable

import pytest

from tests.faults.attack import Attack
from tests.faults.conftest import Serve
from tests.faults.probe import Probe
from tests.faults.vitals import Vitals, reset_peak

SECONDS = float(os.environ.get("FAULT_SECONDS", "20"))

Report = Callable[[str], None]


@pytest.mark.timeout(120 + 2 * SECONDS)
@pytest.mark.parametrize("kind", ["key updates", "tiny records", "resets", "http", "ssh", "random"])
def test_a_bystander_notices_nothing(serve: Serve, report: Report, kind: str) -> None:
    """While a peer misbehaves, others chat without an error, and 99 of 100 messages need less than 100 ms."""
    server = serve({"limits.flood": True}, accounts=["alice", "bob", "mallory"])
    with (
        Probe(server, "chat", "alice", "bob", every=0.11) as probe,
        Attack(server, kind, "mallory") as attack,
    ):
        time.sleep(SECONDS)
    report(f"{attack.rounds} rounds; a bystander: {probe.figures}; memory {Vitals.of(server.pid).memory} KiB")
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 100


@pytest.mark.timeout(120 + 2 * SECONDS)
def test_guessing_passwords(serve: Serve, report: Report) -> None:
    """Two hundred guessers cost no more memory than the slots for hashing, and people chat on."""
    settings = {"auth.argon2.time_cost": 3, "auth.argon2.memory_cost": 65536, "auth.slots": 2}
    server = serve(settings, accounts=["alice", "bob"])
    with Probe(server, "chat", "alice", "bob") as probe:
        base = Vitals.of(server.pid).memory
        reset_peak(server.pid)
        with Attack(server, "passwords"):
            time.sleep(SECONDS)
            status = server.administer("status", "--json")
            peak = Vitals.of(server.pid).peak
    bound = (base + 2 * 65536) * 1.1
    report(f"a bystander: {probe.figures}; memory {base} → {peak} KiB, bound {bound:.0f}; {status.strip()}")
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
    assert peak <= bound
