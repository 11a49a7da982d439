"""Half an hour of coming, going and talking: memory, descriptors and threads stay what they are."""

import os
import random
import time
from collections.abc import Callable
from itertools import count
from statistics import linear_regression

import pytest

from tests.faults.conftest import Serve
from tests.faults.vitals import Vitals
from tests.system.crowd import Crowd, Member

MINUTES = float(os.environ.get("FAULT_MINUTES", "30"))
CLIENTS = int(os.environ.get("FAULT_CLIENTS", "500"))
WARM_UP = 0.3


@pytest.mark.timeout(MINUTES * 90 + 300)
def test_a_long_time(serve: Serve, report: Callable[[str], None]) -> None:
    """With clients that join, leave, talk, hang up and come again, nothing grows."""
    names = [f"person{number}" for number in range(CLIENTS)]
    server = serve(accounts=names)
    chance = random.Random(7)
    samples: list[tuple[float, Vitals]] = []
    with Crowd(server) as crowd:
        crowd.log_in(names, 300)
        _fill_caches(crowd, chance)
        began = time.monotonic()
        due = count(1)
        next_sample = began
        while (now := time.monotonic()) < began + 60 * MINUTES:
            _something_happens(crowd, chance)
            crowd.run(_it_is(now + 0.1), _ignore)
            if now >= next_sample:
                samples.append(((now - began) / 3600, Vitals.of(server.pid)))
                next_sample = began + 10 * next(due)
        crowd.sync([member for member in crowd.members if not member.over])
    kept = [sample for sample in samples if sample[0] * 60 >= WARM_UP * MINUTES]
    slope = linear_regression([hours for hours, _ in kept], [each.memory / 1024 for _, each in kept]).slope
    descriptors = [vitals.descriptors for _, vitals in kept]
    threads = {vitals.threads for _, vitals in kept}
    report(
        f"{MINUTES:g} min, {CLIENTS} clients: memory {kept[0][1].memory} → {kept[-1][1].memory} KiB, "
        f"{slope:.2f} MiB/h; descriptors {min(descriptors)} to {max(descriptors)}; threads {threads}"
    )
    assert slope < 1 or MINUTES < 20, "the slope of a shorter run says little"
    assert max(descriptors) - min(descriptors) <= 2
    assert len(threads) == 1


def _fill_caches(crowd: Crowd, chance: random.Random) -> None:
    """Let what a server may keep be there from the beginning, so that only what grows without end grows.

    Who is in which channel is state: half of all pairs, in the long run. SQLite keeps 2 MiB of pages for the
    writer and for each query thread, and these lose them at every change: one read has to fill them. Hence
    messages that lie one to a page, and enough of them in each conversation.
    """
    for room in range(20):
        for command, members in (
            (b"JOIN", crowd.members),
            (b"PART", chance.sample(crowd.members, len(crowd.members) // 2)),
        ):
            for member in members:
                crowd.send(member, b"%b #room%d\r\n" % (command, room))
            crowd.sync(crowd.members)
    writers = crowd.members[:40]
    for _ in range(750):
        for member in writers:
            crowd.send(member, b"PRIVMSG %b :%b\r\n" % (member.name.encode(), b"x" * 300))
        crowd.sync(writers)
    for member in writers:
        crowd.send(member, b"CHATHISTORY LATEST %b * 1000\r\n" % member.name.encode())
    crowd.sync(writers)


def _it_is(moment: float) -> Callable[[], bool]:
    return lambda: time.monotonic() >= moment


def _ignore(member: Member, line: bytes) -> None:
    pass


def _something_happens(crowd: Crowd, chance: random.Random) -> None:
    for member in chance.sample(crowd.members, 5):
        channel = b"#room%d" % chance.randrange(20)
        action = chance.choice(
            [b"JOIN %b\r\n", b"PART %b\r\n", b"PRIVMSG %b :hello there\r\n", b"NAMES %b\r\n"]
        )
        crowd.send(member, action % channel)
    for member in chance.sample(crowd.members, 2):
        crowd.send(member, b"PRIVMSG #general :%b\r\n" % (b"x" * chance.randrange(1, 300)))
    if chance.random() < 0.5:
        leaver = chance.choice(crowd.members)
        crowd.hang_up(leaver)
        crowd.log_in([leaver.name])
