"""What each command costs the hub in a big chat, however it is written: no item more than 5 ms.

Figures mean something on a machine that does nothing else: of each line the best of several runs counts,
since whatever disturbs a run makes it longer. FAULT_LINES is the number of lines made by chance.
"""

import os
import random
import time
from collections.abc import Callable

import pytest

from securechat.irc.names import load_tables
from securechat.server.rota import SLICE
from tests.support.costly_lines import by_chance, costly
from tests.support.world import Cost, Crowd, World, called, nick, quiet

BAR: float = 0.005
LINES = int(os.environ.get("FAULT_LINES", "2000"))
SLOW = frozenset({"RENAME", "admin deluser", "drop"})
"""Each member of a channel is told something else, at once: these may take 30 ms where there are 1,000."""


def big(*, free: bool) -> World:
    """A world with a thousand people, whose hub has the patience of the real one."""
    load_tables()
    world = World(Crowd(free=free, accounts=400 if free else 1000))
    world.measure, world.patience = time.thread_time, SLICE
    world.fill()
    return world


def measured(world: World, line: str) -> Cost:
    """What a line of the account that does harm costs; if it cost it its connection, it comes again."""
    me = called(0)
    if world.peers[me].closed:
        world.go(me)
        world.log_in(me, 0)
        world.say(me, f"OPER {nick(0)} secret")
    with quiet():
        return world.say(me, line)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("free", [False, True], ids=["account", "free"])
def test_the_worst_lines(report: Callable[[str], None], free: bool) -> None:
    """Those that we know to be dear, as a table."""
    world = big(free=free)
    rows: list[tuple[float, str, Cost]] = []
    for name, lines in costly(world).items():
        for line in lines:
            runs = [measured(world, line) for _ in range(1 if name in SLOW else 3)]
            cost = min(runs, key=lambda cost: cost.worst)
            rows.append((cost.worst, name, cost))
    table = "\n".join(f"    {name:22} {cost}" for _, name, cost in sorted(rows, reverse=True)[:40])
    report(f"\n{table}")
    dear = [(name, str(cost)) for worst, name, cost in rows if worst > BAR and name not in SLOW]
    assert not dear


@pytest.mark.timeout(3600)
def test_lines_made_by_chance(report: Callable[[str], None]) -> None:
    """Commands with parts of other commands' lines; the same seed makes the same lines."""
    seed = int(os.environ.get("FAULT_SEED", "1"))
    world, chance = big(free=False), random.Random(seed)
    found: dict[str, tuple[float, str]] = {}
    for _ in range(LINES):
        line = by_chance(world, chance)
        command = line.split(" ")[0]
        cost = measured(world, line)
        if cost.worst > BAR:
            cost = min(cost, measured(world, line))
        found[command] = max(found.get(command, (0.0, "")), (cost.worst, line))
    worst = sorted(found.values(), reverse=True)
    report("\n" + "\n".join(f"    {took * 1000:6.2f} ms {line[:100]!r}" for took, line in worst[:25]))
    assert not [line for took, line in worst if took > BAR and "RENAME" not in line and "drop" not in line]


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("free", [False, True], ids=["account", "free"])
def test_coming_and_going(report: Callable[[str], None], free: bool) -> None:
    """Logins into 256 channels, and the end of everybody at once."""
    world = big(free=free)
    if free:
        _join_everywhere(world)
    with quiet():
        gone = [world.go(called(number)) for number in range(1, 100)]
        back = [world.log_in(called(number), number) for number in range(1, 100)]
        ends = [world.go(name) for name in list(world.peers)]
    for what, costs in (("100 go", gone), ("100 come again", back), (f"all {len(ends)} go", ends)):
        total = sum(cost.total for cost in costs)
        report(
            f"{what}: worst {max(cost.worst for cost in costs) * 1000:.2f} ms, {total * 1000:.0f} ms in all"
        )


def _join_everywhere(world: World) -> None:
    from tests.support.world import channel_name

    names = [channel_name(number) for number in range(world.crowd.own)]
    for name in world.peers:
        for start in range(0, len(names), 7):
            world.say(name, f"JOIN {','.join(names[start : start + 7])}")
