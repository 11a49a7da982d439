"""What ends in the same second, and what administrators ask for, is done in pieces: counted in calls.

`tests/faults/test_hub_time.py` looks at the time.
"""

from tests.support.calls import Calls
from tests.support.ends import scenes
from tests.support.world import Crowd, World

SMALL = Crowd(accounts=12, channels=8, members=6, sessions=2, own=8, masks=20)
BIG = Crowd(accounts=48, channels=8, members=6, sessions=2, own=8, masks=80)
SLACK = 1000
"""Calls by which an item may differ, such as for looking once at all that might end."""


def worst(crowd: Crowd, many: int) -> dict[str, int]:
    """Return the calls of the worst item of each scene."""
    world, found = World(crowd), {}
    world.fill()
    for name, happens in scenes(world, many):
        with Calls() as calls:
            world.measure, world.patience = (lambda: float(calls.count)), 0.0
            found[name] = int(happens().worst)
        world.measure, world.patience = float, 1.0
    return found


def test_what_ends_at_once_ends_in_pieces() -> None:
    """Four times as much of everything: the worst item makes no more calls."""
    small, big = worst(SMALL, 200), worst(BIG, 800)
    grown = {name: (small[name], calls) for name, calls in big.items() if calls > small[name] + SLACK}
    assert not grown
