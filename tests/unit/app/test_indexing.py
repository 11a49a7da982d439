"""The index of the search is filled in steps, while there is something to do."""

from securechat.app.indexing import STEP, Indexing
from securechat.chat.ports import StoreFull


class Store:
    """Has so many messages to index, or no room."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.full = False
        self.steps = 0
        self.untidy = 0

    def index(self, limit: int) -> int:
        self.steps += 1
        if self.full:
            raise StoreFull("no room")
        done = min(limit, self.left)
        self.left -= done
        self.untidy += 2 if done else 0
        return done

    def tidy(self) -> bool:
        if self.full:
            raise StoreFull("no room")
        self.untidy = max(self.untidy - 1, 0)
        return self.untidy > 0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def until_done(indexing: Indexing) -> int:
    """Call it as the hub does, and return how often."""
    calls = 1
    while indexing():
        calls += 1
    return calls


def test_it_goes_on_until_a_step_is_not_full() -> None:
    """The index is tidied between the steps; then the next look is some seconds later."""
    store, clock = Store(2 * STEP + 7), Clock()
    indexing = Indexing(store, mono=clock)
    until_done(indexing)
    assert (store.left, store.steps, store.untidy) == (0, 3, 0)
    store.left = 5
    clock.now += 9.9
    assert until_done(indexing) == 1 and store.left == 5
    clock.now += 0.2
    until_done(indexing)
    assert (store.left, store.untidy) == (0, 0)


def test_a_full_disk_is_no_reason_to_fail() -> None:
    """It is tried again later."""
    store, clock = Store(STEP), Clock()
    store.full = True
    indexing = Indexing(store, mono=clock)
    assert [indexing(), indexing()] == [False, False]
    store.full = False
    clock.now += 11
    until_done(indexing)
    assert store.left == 0


def test_it_is_not_written_while_the_disk_is_short_of_room() -> None:
    """What was said is searched without it meanwhile."""
    store, clock, short = Store(2 * STEP), Clock(), [True]
    indexing = Indexing(store, mono=clock, short=lambda: short[0])
    assert until_done(indexing) == 1
    assert store.steps == 0
    short[0] = False
    until_done(indexing)
    assert store.left == 0
