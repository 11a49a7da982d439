"""kill -9 under load: nothing that was confirmed is lost, doubled or out of order."""

import os
import time
from collections.abc import Callable

import pytest

from tests.faults.conftest import Serve
from tests.system.confirmed import Load
from tests.system.crowd import Crowd

KILLS = int(os.environ.get("FAULT_KILLS", "200"))


@pytest.mark.timeout(20 * KILLS + 60)
def test_kill_9_under_load(serve: Serve, report: Callable[[str], None]) -> None:
    """However often the server is killed, every echo that arrived stands for one stored message, in order."""
    load = Load(["anna", "boris", "clara", "david"])
    server = serve(accounts=load.accounts)
    slowest, began = 0.0, time.monotonic()
    for kill in range(1, KILLS + 1):
        with Crowd(server) as crowd:
            load.log_in(crowd)
            slowest = max(slowest, time.monotonic() - began)
            load.begin(window=32)
            # At a different moment of the turn each time: in the middle of whatever it does then.
            crowd.run(load.has_confirmed(len(load.confirmed) + 50 + 7 * kill % 331), load.on_line)
            server.kill()
            crowd.drain(load.on_line)
        began = time.monotonic()
        server.start()
    with Crowd(server) as crowd:
        load.log_in(crowd)
        crowd.run(load.is_read, load.on_line)
    server.stop()
    rows = load.check(server.database)
    report(
        f"{KILLS} kills, {load.sent} sent, {len(load.confirmed)} confirmed, {rows} stored: 0 lost, 0 double, "
        f"0 out of order, live and in history; integrity ok; "
        f"all logged in again at most {slowest:.2f} s after the start"
    )
    assert slowest < 3.0
    server.start()
