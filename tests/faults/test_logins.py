"""How long a refusal takes says nothing about which accounts there are.

What is compared is tried in turns whose order is drawn, so that a machine with other work is slow for all
kinds alike. Besides what the client waits, the CPU time of the thread that hashes is compared.
"""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from typing import Self

import pytest

from securechat.chat.requests import AddAccount, AddInvitation, DisableAccount, Done, Request
from securechat.chat.rules.invitations import digest
from securechat.irc.sasl import chunks, encode_plain
from securechat.server.control_client import ask
from securechat.server.pools import NICENESS
from securechat.storage.passwords import Hasher
from tests.faults.conftest import Serve
from tests.system.person import Person, Wire
from tests.system.server_process import PASSWORD, ServerProcess, add_accounts

TRIES = int(os.environ.get("FAULT_TRIES", "500"))
WRONG = PASSWORD[:-1] + "?"
OPEN = {"auth.slots": 1, "limits.connections_per_source": 0, "limits.connections_window": 0}
CHEAP, NOW, DEAR = (2, 19456), (2, 24576), (3, 32768)
"""time_cost and memory_cost of former parameters, of today's, and of former ones that cost more."""

pytestmark = pytest.mark.timeout(120 + 4 * TRIES)

Report = Callable[[str], None]
Try = Callable[[int], tuple[float, float]]
"""Does the try of a number; returns the seconds that the client waited, and those of CPU that were hashed."""


def test_refusals_take_the_same_time(serve: Serve, report: Report) -> None:
    """The medians of a wrong password, an unknown name and a disabled account differ by less than 5 %."""
    server = serve({"auth.argon2.time_cost": 2, **OPEN}, accounts=names("wrong") + names("disabled"))
    disable(server, names("disabled"))
    compare(report, {kind: sasl(server, kind) for kind in ("wrong", "disabled", "unknown")})


def test_refusals_beside_hashes_of_former_parameters(serve: Serve, report: Report) -> None:
    """So do those of accounts whose hashes cost less and more than today's, since nobody logged in since."""
    server = serve({"auth.argon2.time_cost": NOW[0], "auth.argon2.memory_cost": NOW[1], **OPEN})
    server.stop()
    kinds = {"cheap": CHEAP, "current": NOW, "dear": DEAR, "disabled": CHEAP}
    for kind, cost in kinds.items():
        add_accounts(server.data, names(kind), phc=Hasher(*cost).hash(PASSWORD))
    server.start()
    disable(server, names("disabled"))
    compare(report, {kind: sasl(server, kind) for kind in (*kinds, "unknown")})


def test_refusals_after_the_file_was_changed(serve: Serve, report: Report) -> None:
    """The commands hash with what the file says now, the server goes on with what it said at its start."""
    server = serve({"auth.argon2.time_cost": NOW[0], "auth.argon2.memory_cost": NOW[1], **OPEN})
    server.configure(auth__argon2__time_cost=DEAR[0], auth__argon2__memory_cost=DEAR[1])
    assert "needs a restart" in server.administer("reload")
    for kind, cost in {"before": NOW, "after": DEAR}.items():
        phc = Hasher(*cost).hash(PASSWORD)
        for name in names(kind):
            do(server, AddAccount(name, phc))
    compare(report, {kind: sasl(server, kind) for kind in ("before", "after", "unknown")})


def test_neighbours_take_the_same_time(serve: Serve, report: Report) -> None:
    """The same for OPER, and for REGISTER of a name that is taken."""
    members = [f"member{number}" for number in range(TRIES)]
    settings = {"identity.registration": "invite", "auth.argon2.memory_cost": NOW[1], **OPEN}
    server = serve(settings, accounts=[*members, *names("wrong"), *names("disabled")])
    disable(server, names("disabled"))
    do(server, AddInvitation(digest("a code"), 1, 7))
    compare(report, {kind: oper(server, kind) for kind in ("wrong", "disabled", "unknown")})
    compare(report, {"taken": register(server, "wrong"), "free": register(server, "unknown")})


def names(kind: str) -> list[str]:
    """Return an account for each try: none is refused for having been guessed at too often."""
    return [f"{kind}{number}" for number in range(TRIES)]


def do(server: ServerProcess, request: Request) -> None:
    """Ask a running server for something that it does."""
    assert isinstance(ask(server.data, request), Done)


def disable(server: ServerProcess, accounts: Sequence[str]) -> None:
    """Disable accounts."""
    for name in accounts:
        do(server, DisableAccount(name))


def compare(report: Report, tries: Mapping[str, Try]) -> None:
    """Try each kind TRIES times; the medians must not differ by 5 %."""
    chance = Random(1)
    waited: dict[str, list[float]] = {kind: [] for kind in tries}
    worked: dict[str, list[float]] = {kind: [] for kind in tries}
    for number in range(TRIES):
        for kind in chance.sample(list(tries), len(tries)):
            seconds, cpu = tries[kind](number)
            waited[kind].append(seconds)
            worked[kind].append(cpu)
    spreads = []
    for what, all_tries in (("waited", waited), ("hashed", worked)):
        medians = {kind: median(times) * 1000 for kind, times in all_tries.items()}
        spreads.append(max(medians.values()) / min(medians.values()) - 1)
        figures = ", ".join(f"{kind} {value:.2f} ms" for kind, value in medians.items())
        report(f"{what}, medians of {TRIES}: {figures}; they differ by {spreads[-1] * 100:.2f} %")
    assert max(spreads) < 0.05


def hashing(pid: int) -> float:
    """Return the CPU seconds of the thread that hashes; it is the one that lets the others go first."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        if int((thread / "stat").read_text().rpartition(")")[2].split()[16]) >= NICENESS:
            return int((thread / "schedstat").read_text().split()[0]) / 1e9
    raise AssertionError("no thread of the server hashes")


def source(kind: str, number: int) -> str:
    """Return an address of this kind's own for a try, since a source has a budget."""
    return f"127.{10 + sum(kind.encode()) % 200}.{number // 250}.{number % 250 + 1}"


class Measured:
    """How long something takes, and how much of it the server hashes."""

    def __init__(self, server: ServerProcess) -> None:
        self.taken = (0.0, 0.0)
        self._pid = server.pid

    def __enter__(self) -> Self:
        self._cpu, self._began = hashing(self._pid), time.perf_counter()
        return self

    def __exit__(self, *_: object) -> None:
        seconds = time.perf_counter() - self._began
        self.taken = (seconds, hashing(self._pid) - self._cpu)


def sasl(server: ServerProcess, kind: str) -> Try:
    """Return a login with a wrong password."""

    def refused(number: int) -> tuple[float, float]:
        took = Measured(server)
        with Wire(server, source=source(kind, number)) as wire:
            wire.send("AUTHENTICATE PLAIN")
            wire.expect("AUTHENTICATE", "+")
            (chunk,) = chunks(encode_plain(f"{kind}{number}", WRONG))
            with took:
                wire.send(f"AUTHENTICATE {chunk}")
                refusal = wire.expect("904")
        assert refusal.params[-1].endswith("Wrong account name or password")
        return took.taken

    return refused


def oper(server: ServerProcess, kind: str) -> Try:
    """Return an OPER with a wrong password, each time by another member."""

    def refused(number: int) -> tuple[float, float]:
        took = Measured(server)
        with Person(server, f"member{number}", source=source(kind, number)) as member, took:
            member.send(f"OPER {kind}{number} {WRONG.replace(' ', '_')}")
            refusal = member.expect("464")
        assert refusal.params[-1].endswith("Wrong account name or password")
        return took.taken

    return refused


def register(server: ServerProcess, kind: str) -> Try:
    """Return a REGISTER, which says nothing of whether the name is free before there is a code."""

    def begun(number: int) -> tuple[float, float]:
        took = Measured(server)
        with Wire(server, source=source(kind, number)) as wire:
            wire.send("NICK somebody")
            with took:
                wire.send(f"REGISTER {kind}{number} * {WRONG.replace(' ', '_')}")
                wire.expect("REGISTER", "VERIFICATION_REQUIRED", f"{kind}{number}")
        return took.taken

    return begun
