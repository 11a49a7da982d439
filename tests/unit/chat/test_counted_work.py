"""What one item costs does not grow with the number of people and channels: counted in calls, not in time.

The core is told after each step that others have waited long enough, so an item is as short as it can be.
`tests/faults/test_hub_time.py` looks at the time.
"""

from typing import Final

from tests.support.calls import Calls
from tests.support.costly_lines import costly
from tests.support.world import Crowd, World, called

SMALL: Final = Crowd(accounts=20, channels=40, members=10, sessions=2, own=20, masks=10)
BIG: Final = Crowd(accounts=80, channels=160, members=40, sessions=2, own=80, masks=10)
OF_ONE_PERSON: Final = frozenset(
    {
        *(
            "CHATHISTORY TARGETS",
            "JOIN new",
            "KILL",
            "METADATA SUB",
            "NICK",
            "SAJOIN",
            "SAJOIN self",
            "SEARCH",
        ),
        *("MONITOR L", "MONITOR S", "WHOIS", "label WHOIS", "WHOIS self"),
        *("admin disable", "admin must-change", "admin rename"),
    }
)
"""What grows with the channels that a person is in, and the nicks that one watches: both have limits."""
OF_EVERYBODY: Final = frozenset(
    {
        "METADATA SYNC",
        "RENAME",
        "admin channels",
        "admin deluser",
        "admin users",
        "drop",
        "drop many",
    }
)
"""What is counted or told at once, for each member of a channel or by operators."""
SLACK: Final = 300
"""Calls by which an item may differ for other reasons, such as longer lists of what is there."""


def worst(crowd: Crowd) -> dict[str, int]:
    """Return for each group of costly lines the calls of its worst item."""
    world = World(crowd)
    world.fill()
    found = {}
    for name, lines in costly(world).items():
        me = called(0)
        if world.peers[me].closed:
            world.go(me)
            world.log_in(me, 0)
        with Calls() as calls:
            world.measure, world.patience = (lambda: float(calls.count)), 0.0
            found[name] = int(max(world.say(me, line).worst for line in lines))
        world.measure, world.patience = float, 1.0
    return found


def test_no_command_costs_more_where_there_is_more() -> None:
    """Four times as many people and channels: the worst item of each command makes no more calls."""
    small, big = worst(SMALL), worst(BIG)
    grown = {name: (small[name], calls) for name, calls in big.items() if calls > small[name] + SLACK}
    assert grown.keys() <= OF_ONE_PERSON | OF_EVERYBODY, grown
    assert all(after < 5 * before + SLACK for before, after in grown.values()), grown
