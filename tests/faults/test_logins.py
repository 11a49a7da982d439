"""How long a refusal takes says nothing about which accounts there are."""

import os
import time
from collections.abc import Callable
from statistics import median

import pytest

from securechat.irc.sasl import chunks, encode_plain
from tests.faults.conftest import Serve
from tests.system.person import Wire
from tests.system.server_process import PASSWORD, ServerProcess

TRIES = int(os.environ.get("FAULT_TRIES", "500"))


@pytest.mark.timeout(120 + TRIES)
def test_refusals_take_the_same_time(serve: Serve, report: Callable[[str], None]) -> None:
    """The medians of a wrong password, an unknown name and a disabled account differ by less than 5 %."""
    kinds = ["wrong", "other", "nobody"]
    server = serve(
        {"auth.argon2.time_cost": 2, "auth.slots": 1},
        accounts=[f"{kind}{number}" for kind in kinds[:2] for number in range(TRIES)],
    )
    _disable(server, [f"other{number}" for number in range(TRIES)])
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    for number in range(TRIES):
        for turn in range(3):
            kind = kinds[(number + turn) % 3]  # what comes first has no advantage
            source = f"127.{10 + turn}.{number // 250}.{number % 250 + 1}"
            seconds[kind].append(_refusal(server, source, f"{kind}{number}", PASSWORD[:-1] + "?"))
    medians = {kind: median(times) * 1000 for kind, times in seconds.items()}
    spread = max(medians.values()) / min(medians.values()) - 1
    named = {"wrong": "wrong password", "other": "disabled", "nobody": "unknown"}
    figures = ", ".join(f"{named[kind]} {value:.3f} ms" for kind, value in medians.items())
    report(f"medians of {TRIES}: {figures}; they differ by {spread * 100:.2f} %")
    assert spread < 0.05


def _disable(server: ServerProcess, names: list[str]) -> None:
    from securechat.chat.requests import DisableAccount, Done
    from securechat.server.control_client import ask

    for name in names:
        assert isinstance(ask(server.data, DisableAccount(name)), Done)


def _refusal(server: ServerProcess, source: str, account: str, password: str) -> float:
    with Wire(server, source=source) as wire:
        wire.send("AUTHENTICATE PLAIN")
        wire.expect("AUTHENTICATE", "+")
        (chunk,) = chunks(encode_plain(account, password))
        began = time.perf_counter()
        wire.send(f"AUTHENTICATE {chunk}")
        refusal = wire.expect("904")
        took = time.perf_counter() - began
    assert refusal.params[-1].endswith("Wrong account name or password")
    return took
