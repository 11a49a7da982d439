"""The core takes whatever the grammar of costly lines makes; `tests/faults/test_hub_time.py` times it."""

import random

import pytest

from tests.support.grammar import Grammar, brim, mend
from tests.support.world import Crowd, World, called

CROWD = Crowd(accounts=24, channels=16, members=5, sessions=2, own=8, masks=5)


@pytest.mark.parametrize("free", [False, True], ids=["account", "free"])
def test_the_core_takes_any_line(free: bool) -> None:
    """In a chat whose lists are full, lines of every command are answered, and people chat on."""
    world = World(CROWD._replace(free=free))
    world.fill()
    brim(world)
    chance = random.Random(1)
    grammar = Grammar(world, chance)
    for number in range(400):
        name = called(chance.choice([0, 0, 3]))
        if name in world.peers and not world.peers[name].closed:
            world.say(name, *grammar.lines())
        if number % 40 == 0:
            mend(world)
    mend(world)
    assert world.say(called(0), "PING still").bytes
