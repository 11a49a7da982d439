"""Many sessions in many channels that end at once: a bystander hardly notices."""

import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count

import pytest

from tests.faults.conftest import Serve
from tests.faults.crowd import Crowd
from tests.faults.probe import Probe
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess

SESSIONS = int(os.environ.get("FAULT_SESSIONS", "600"))
CHANNELS = int(os.environ.get("FAULT_CHANNELS", "256"))
ACCOUNTS = 30

BAR = 250
"""Milliseconds that the bystander's slowest message may need."""

_marks = count()


def _disconnect(_server: ServerProcess, _names: list[str]) -> None:
    """They go by themselves when the crowd ends."""


def _disable(server: ServerProcess, names: list[str]) -> None:
    for name in names:
        server.administer("disable", name)


def _kill(server: ServerProcess, names: list[str]) -> None:
    _as_operator(server, [f"KILL {name} :all" for name in names])


def _sajoin(server: ServerProcess, names: list[str]) -> None:
    """A channel in which everybody is hears each of the others come."""
    _as_operator(server, ["JOIN #together", *(f"SAJOIN {name} #together" for name in names)])


def _as_operator(server: ServerProcess, lines: list[str]) -> None:
    with Person(server, "root") as root:
        root.send(f"OPER root :{PASSWORD}")
        root.expect("381")
        for line in [*lines, f"PING mark{next(_marks)}"]:
            root.send(line)
        root.expect("PONG")


@pytest.mark.timeout(900)
@pytest.mark.parametrize("how", [_disconnect, _disable, _kill, _sajoin], ids=lambda how: how.__name__[1:])
def test_a_bystander(
    serve: Serve, report: Callable[[str], None], how: Callable[[ServerProcess, list[str]], None]
) -> None:
    """While they all end, or are moved, others chat on."""
    names = [f"crowd{number}" for number in range(ACCOUNTS)]
    settings = {"limits.flood": False, "limits.channels_per_account": 0, "limits.channels_per_day": 0}
    server = serve(settings, accounts=["alice", "bob", *names])
    server.administer("adduser", "root", "--admin", "--password-stdin", text=PASSWORD + "\n")
    with ExitStack() as crowd:
        crowd.enter_context(Crowd(server, SESSIONS // ACCOUNTS, CHANNELS, *names))
        with Probe(server, "chat", "alice", "bob", every=0.01) as probe:
            time.sleep(1)
            how(server, names)
            crowd.close()
            time.sleep(3)
    report(f"{SESSIONS} sessions in {CHANNELS} channels; a bystander: {probe.figures}")
    assert not probe.figures.failures
    assert probe.figures.at(1) < BAR
