"""Members of a channel who stop reading: the others do not notice, and memory is bounded."""

import os
import time
from collections.abc import Callable
from threading import Event, Thread

import pytest

from tests.faults.conftest import Serve
from tests.faults.probe import Probe
from tests.faults.vitals import Vitals, reset_peak
from tests.system.crowd import Crowd

MEMBERS, DEAF = 200, 50
SECONDS = float(os.environ.get("FAULT_READERS_SECONDS", "60"))
SENDQ = 1 << 20


@pytest.mark.timeout(240 + 2 * SECONDS)
def test_a_quarter_stops_reading(serve: Serve, report: Callable[[str], None]) -> None:
    """At 100 messages a second, 50 of 200 members who read nothing are closed, and cost only their SendQ."""
    names = [f"member{number}" for number in range(MEMBERS - 2)]
    server = serve({"limits.sendq": SENDQ}, accounts=[*names, "alice", "bob"])
    with Crowd(server) as crowd:
        deaf = crowd.log_in(names[:DEAF], receive_buffer=4096)
        members = crowd.log_in(names[DEAF:])
        crowd.sync(crowd.members)
        for member in deaf:
            crowd.deafen(member)
        base = Vitals.of(server.pid).memory
        reset_peak(server.pid)
        enough = Event()
        reader = Thread(target=lambda: crowd.run(enough.is_set, lambda member, line: None, 2 * SECONDS + 60))
        reader.start()
        try:
            with Probe(server, "chat", "alice", "bob", every=0.01, size=400) as probe:
                time.sleep(SECONDS)
        finally:
            enough.set()
            reader.join()
        peak = Vitals.of(server.pid).peak
        over = [member for member in members if member.over]
    closed = server.log_text().count("SendQ exceeded") + server.log_text().count("Write timeout")
    bound = base + DEAF * SENDQ // 1024 * 1.1
    report(
        f"{closed} of {DEAF} closed, {len(over)} others; {probe.figures}; "
        f"memory {base} → {peak} KiB, bound {bound:.0f}"
    )
    assert closed == DEAF
    assert not over
    assert not probe.figures.failures
    assert probe.figures.at(0.99) < 250
    assert peak <= bound
