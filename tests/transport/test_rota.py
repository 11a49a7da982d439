"""Whose item the hub handles next, on a clock that only the items move."""

from collections.abc import Sequence
from math import exp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.chat.items import Disconnected, Drained, Item, JobDone, Received, ShutDown, Tick
from securechat.chat.jobs import FindMessages, JobRefused
from securechat.chat.link import DESK
from securechat.irc.message import Message
from securechat.server.connection import Connection, Share
from securechat.server.inbox import Call, Inbox
from securechat.server.rota import SLICE, TURN, Rota


class Link(Connection):
    """A connection of which only its share matters."""

    def __init__(self, share: Share | None = None) -> None:
        self.share = share
        self.kept = 0
        self.spent = 0.0


class Turns:
    """A rota whose items take the seconds that `costs` says; `handled` is what happened."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.inbox = Inbox()
        self.rota = Rota(self.inbox, self._handle, lambda: self.now)
        self.costs: dict[int, float] = {}
        self.handled: list[Item | Call] = []
        self.lines = 100_000

    def put(self, link: Connection, cost: float, lines: int = 1) -> Received:
        """Let lines come that take some seconds together."""
        item = Received(link, [Message("X", (str(len(self.costs)),))] * lines)
        self.costs[id(item)] = cost
        self.inbox.put(item)
        return item

    def turn(self) -> Sequence[Item | Call]:
        """What one turn handles."""
        return self.rota.turn(self.inbox.take(0.0, 1_000_000), self.lines)

    def time_of(self, *links: Connection) -> float:
        """The seconds that were spent on connections."""
        return sum(
            self.costs[id(item)] for item in self.handled if isinstance(item, Received) and item.link in links
        )

    def _handle(self, item: Item | Call) -> None:
        self.handled.append(item)
        self.now += self.costs.get(id(item), 0.0)


@pytest.fixture
def turns() -> Turns:
    """A rota with nothing in it."""
    return Turns()


def test_what_fits_into_slices_is_handled_as_it_came(turns: Turns) -> None:
    """While nobody asks for more than a slice, one order holds for the items of all accounts."""
    alice, bob = Link(Share(1)), Link(Share(2))
    items: list[Item] = [turns.put(link, SLICE / 4) for link in (alice, bob, alice, bob, alice)]
    assert turns.turn() == items
    assert not turns.inbox


def test_who_has_had_a_slice_waits_for_the_next_turn(turns: Turns) -> None:
    """Others who came later are handled in this turn; the items that wait still count as waiting."""
    mallory, alice = Link(Share(1)), Link(Share(2))
    *first, last = [turns.put(mallory, SLICE / 2) for _ in range(3)]
    said = turns.put(alice, 0.0)
    assert turns.turn() == [*first, said]
    assert len(turns.rota) == len(turns.inbox) == 1
    assert turns.turn() == [last]
    assert not turns.rota


def test_the_sessions_of_an_account_have_one_slice(turns: Turns) -> None:
    """Twenty sessions of one account get no more time than the one of another."""
    share = Share(1)
    many, alice = [Link(share) for _ in range(20)], Link(Share(2))
    for _ in range(20):
        for link in (*many, alice):
            turns.put(link, SLICE / 2)
    while turns.time_of(alice) < SLICE * 9:
        turns.turn()
    assert turns.time_of(*many) <= SLICE * 10


def test_who_takes_longer_gives_it_back(turns: Turns) -> None:
    """Items that cannot be ended after a slice leave their account no more than its share."""
    mallory, alice = Link(Share(1)), Link(Share(2))
    for _ in range(10):
        turns.put(mallory, SLICE * 8)
    for _ in range(100):
        turns.put(alice, SLICE / 2)
    while turns.time_of(alice) < SLICE * 40:
        turns.turn()
    assert turns.time_of(mallory) <= SLICE * (40 + 8 + 1)


def test_what_follows_from_items_is_of_the_slice(turns: Turns) -> None:
    """Whoever makes the server write much has fewer turns: that is charged by the time which items took."""
    mallory, alice, bob = [Link(Share(number)) for number in range(3)]
    turns.put(mallory, SLICE * 0.9)
    turns.put(bob, SLICE * 0.1)
    turns.turn()
    turns.rota.charge(SLICE * 4)
    late = [turns.put(link, SLICE * 0.1) for link in (mallory, bob)]
    others = [turns.put(alice, SLICE * 1.1) for _ in range(6)]
    while turns.inbox:
        turns.turn()
    assert turns.handled[2:] == [late[1], *others[:3], late[0], *others[3:]]


def test_nobody_waits_for_nobody(turns: Turns) -> None:
    """While all who wait have had more than their slices, no turn passes with nothing done."""
    for number in range(1, 4):
        link = Link(Share(number))
        for _ in range(5):
            turns.put(link, SLICE * 3 * number)
    while turns.inbox:
        assert turns.turn()


def test_the_busy_are_known(turns: Turns) -> None:
    """How much of the hub's time an account has had lately, what it caused included; it is forgotten."""
    mallory, alice = Share(1), Share(2)
    for _ in range(20_000):
        turns.put(Link(mallory), SLICE * 0.5)
        turns.put(Link(alice), SLICE * 0.05)
        turns.turn()
        turns.rota.charge(SLICE * 0.45)
        turns.now += SLICE * 0.45
    assert mallory.busy(turns.now) == pytest.approx(10 / 11 * (1 - exp(-20_000 * SLICE / 60)), rel=0.01)
    assert mallory.busy(turns.now) / alice.busy(turns.now) == pytest.approx(10, rel=0.01)
    assert mallory.busy(turns.now + 60) < 0.3
    assert mallory.busy(turns.now + 600) < 0.001


def test_who_is_new_comes_before_those_who_wait(turns: Turns) -> None:
    """However much others have waiting, an item of somebody else is the first of the next turn."""
    crowd = [Link(Share(number)) for number in range(10)]
    for link in crowd * 100:
        turns.put(link, SLICE)
    turns.turn()
    assert len(turns.rota) == len(turns.inbox) > 900
    said = turns.put(Link(Share(1000)), 0.0)
    assert turns.turn()[0] is said


def test_those_who_wait_are_not_kept_out(turns: Turns) -> None:
    """When new items fill every turn, those who wait have half of it, one after the other."""
    heavy = [Link(Share(number)) for number in range(1, 4)]
    for link in heavy * 3:
        turns.put(link, SLICE)
    turns.turn()
    for round_ in range(1, 3):
        for number in range(100):
            turns.put(Link(Share(1000 * round_ + number)), SLICE)
        handled = turns.turn()
        for link in heavy:
            assert [item.link for item in handled if isinstance(item, Received)].count(link) == 1


def test_those_who_wait_have_half_of_the_lines(turns: Turns) -> None:
    """When new lines, however cheap, fill every turn, those who wait have the other half."""
    mallory = Link(Share(1))
    turns.lines = 1000
    turns.put(mallory, SLICE)
    late = [turns.put(mallory, SLICE, 100) for _ in range(3)]
    turns.turn()
    for number, each in enumerate(late):
        for index in range(20):
            turns.put(Link(Share(100 * number + 100 + index)), 0.0, 100)
        assert each in turns.turn()


def test_those_who_wait_go_on_where_the_turn_was_over(turns: Turns) -> None:
    """More accounts than a turn has slices have theirs in the next turns, none of them twice before all."""
    crowd = [Link(Share(number)) for number in range(50)]
    for link in crowd:
        turns.put(link, SLICE * 2.5)  # what they owe has them wait
    while turns.inbox:
        turns.turn()
    turns.handled.clear()
    for link in crowd * 2:
        turns.put(link, SLICE)
    while turns.inbox:
        began = turns.now
        turns.turn()
        assert turns.now - began <= TURN + SLICE
    assert [item.link for item in turns.handled if isinstance(item, Received)] == crowd * 2


def test_what_a_turn_has_no_time_for_goes_back(turns: Turns) -> None:
    """It waits in the inbox, in its order."""
    crowd = [Link(Share(number)) for number in range(50)]
    items = [turns.put(link, SLICE) for link in crowd]
    while turns.inbox:
        began = turns.now
        turns.turn()
        assert turns.now - began <= TURN + SLICE
        assert not turns.rota
    assert turns.handled == items


def test_a_turn_has_so_many_lines(turns: Turns) -> None:
    """New ones and such as waited: their answers have to fit into a SendQ."""
    turns.lines = 1000
    new = [turns.put(Link(Share(number)), 0.0, 400) for number in range(5)]
    assert turns.turn() == new[:3]
    assert turns.turn() == new[3:]
    mallory = Link(Share(1))
    items = [turns.put(mallory, SLICE, 400), *[turns.put(mallory, SLICE / 1000, 400) for _ in range(5)]]
    assert turns.turn() == items[:1]
    assert turns.turn() == items[1:4]
    assert turns.turn() == items[4:]


def test_strangers_have_one_slice(turns: Turns) -> None:
    """Everybody without a login waits in one line, and an account does not wait in it."""
    strangers, alice = [Link() for _ in range(5)], Link(Share(1))
    items = [turns.put(link, SLICE) for link in strangers]
    said = turns.put(alice, 0.0)
    assert turns.turn() == [items[0], said]
    assert [list(turns.turn()) for _ in range(4)] == [[item] for item in items[1:]]


def test_a_login_does_not_overtake(turns: Turns) -> None:
    """What a session said before its login is handled before what it says after it."""
    stranger, alice = Link(), Link()
    turns.put(stranger, SLICE)
    before = [turns.put(alice, 0.0), turns.put(alice, SLICE * 2)]
    turns.turn()
    alice.share = Share(1)
    after = turns.put(alice, 0.0)
    while turns.inbox:
        turns.turn()
    assert turns.handled[1:] == [*before, after]
    assert alice.kept == 0


def test_what_comes_from_nobody_does_not_wait(turns: Turns) -> None:
    """A tick, a call and the result of the server's own job are handled in their places."""
    mallory = Link(Share(1))
    turns.put(mallory, SLICE)
    late = turns.put(mallory, 0.0)
    called: list[Item | Call] = [Tick(), lambda: None, JobDone(FindMessages(DESK, 1), JobRefused())]
    for item in called:
        turns.inbox.put(item)
    assert turns.turn()[1:] == called
    assert turns.turn() == [late]


def test_results_and_ends_wait_with_the_lines(turns: Turns) -> None:
    """Whatever comes from a session that waits keeps its place behind the lines."""
    mallory = Link(Share(1))
    turns.put(mallory, SLICE)
    rest: list[Item] = [
        Drained(mallory),
        JobDone(FindMessages(mallory, 1), JobRefused()),
        Disconnected(mallory, "x"),
    ]
    turns.inbox.extend(rest)
    assert len(turns.turn()) == 1
    assert turns.turn() == rest


def test_the_end_comes_last(turns: Turns) -> None:
    """When the server stops, what came before is handled first, also where it has to wait."""
    mallory = Link(Share(1))
    items = [turns.put(mallory, SLICE) for _ in range(3)]
    turns.inbox.put(ShutDown("x"))
    while turns.inbox:
        turns.turn()
    assert turns.handled == [*items, ShutDown("x")]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from([0.0, SLICE / 3, SLICE, SLICE * 3, TURN])), max_size=60
    ),
    st.integers(1, 10),
)
def test_every_item_is_handled_once_in_the_order_of_its_session(
    coming: list[tuple[int, float]], at_once: int
) -> None:
    """Whatever comes and whatever it costs, also while sessions log in."""
    turns = Turns()
    first = Share(1)
    links = [Link(first), Link(first), Link(Share(2)), Link(Share(3)), Link(), Link()]
    put: dict[int, list[Item]] = {number: [] for number in range(len(links))}
    for index, (number, cost) in enumerate(coming):
        put[number].append(turns.put(links[number], cost))
        if index % at_once == 0:
            turns.turn()
        if index == 30:
            links[4].share = Share(4)
    while turns.inbox:
        turns.turn()
    for number, link in enumerate(links):
        done = [item for item in turns.handled if isinstance(item, Received) and item.link is link]
        assert list(map(id, done)) == list(map(id, put[number]))
        assert link.kept == 0
