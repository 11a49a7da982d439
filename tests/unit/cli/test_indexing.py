"""The index of the search is filled in steps, while there is something to do."""

from securechat.chat.ports import StoreFull
from securechat.cli.indexing import STEP, Indexing


class Store:
    """Has so many messages to index, or no room."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.full = False
        self.steps = 0

    def index(self, limit: int) -> int:
        self.steps += 1
        if self.full:
            raise StoreFull("no room")
        done = min(limit, self.left)
        self.left -= done
        return done


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_it_goes_on_until_a_step_is_not_full() -> None:
    """Then the next look is some seconds later."""
    store, clock = Store(2 * STEP + 7), Clock()
    indexing = Indexing(store, mono=clock)
    assert [indexing(), indexing(), indexing(), indexing()] == [True, True, False, False]
    assert (store.left, store.steps) == (0, 3)
    store.left = 5
    clock.now += 9.9
    assert not indexing() and store.left == 5
    clock.now += 0.2
    assert not indexing() and store.left == 0


def test_a_full_disk_is_no_reason_to_fail() -> None:
    """It is tried again later."""
    store, clock = Store(STEP), Clock()
    store.full = True
    indexing = Indexing(store, mono=clock)
    assert [indexing(), indexing()] == [False, False]
    store.full = False
    clock.now += 11
    assert indexing() and store.left == 0
