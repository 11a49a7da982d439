"""Deadlines come up in their second."""

from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.server.wheel import TimerWheel


class Entry:
    """Something with a deadline."""

    def __init__(self) -> None:
        self.slot = -1


def test_an_entry_comes_up_once_after_its_time() -> None:
    """Never early, at most a second late, and once."""
    wheel: TimerWheel[Entry] = TimerWheel(100.5)
    entry = Entry()
    wheel.schedule(entry, 103.2)
    assert wheel.expired(103.9) == []
    assert wheel.expired(104.0) == [entry]
    assert wheel.expired(1000.0) == []
    assert entry.slot == -1


def test_an_entry_can_be_moved_and_removed() -> None:
    """The last word counts."""
    wheel: TimerWheel[Entry] = TimerWheel(0.0)
    moved, removed = Entry(), Entry()
    wheel.schedule(moved, 10.0)
    wheel.schedule(moved, 20.0)
    wheel.schedule(removed, 10.0)
    wheel.remove(removed)
    wheel.remove(removed)
    assert wheel.expired(15.0) == []
    assert wheel.expired(21.0) == [moved]


def test_hasten_moves_forward_only() -> None:
    """An earlier deadline moves the entry, a later one leaves it where it is."""
    wheel: TimerWheel[Entry] = TimerWheel(0.0)
    entry = Entry()
    wheel.hasten(entry, 20.0)
    wheel.hasten(entry, 90.0)
    wheel.hasten(entry, 10.0)
    assert wheel.expired(11.0) == [entry]


def test_hasten_across_the_end_of_the_wheel() -> None:
    """Which slot is earlier is a matter of time, not of its number."""
    wheel: TimerWheel[Entry] = TimerWheel(250.0)
    entry = Entry()
    wheel.schedule(entry, 255.5)  # slot 0 of the wheel's 256
    wheel.hasten(entry, 300.0)
    assert wheel.expired(256.0) == [entry]


def test_a_far_deadline_comes_up_early_to_be_scheduled_again() -> None:
    """What is further away than the wheel reaches comes up at its end."""
    wheel: TimerWheel[Entry] = TimerWheel(0.0)
    entry = Entry()
    wheel.schedule(entry, 10_000.0)
    assert wheel.expired(254.9) == []
    assert wheel.expired(255.0) == [entry]


def test_a_long_sleep_misses_nothing() -> None:
    """When time jumps (a suspended machine), everything that is due comes up at once."""
    wheel: TimerWheel[Entry] = TimerWheel(0.0)
    entries = [Entry() for _ in range(250)]
    for number, entry in enumerate(entries):
        wheel.schedule(entry, float(number))
    assert set(wheel.expired(100_000.0)) == set(entries)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 250), st.booleans()), max_size=30),
    st.lists(st.floats(0, 400), min_size=1, max_size=20),
)
def test_any_deadlines(deadlines: list[tuple[float, bool]], moments: list[float]) -> None:
    """Whenever it is looked at, what comes up is due, and what is due for a second has come up."""
    wheel: TimerWheel[Entry] = TimerWheel(0.0)
    when: dict[Entry, float] = {}
    for deadline, hasten in deadlines:
        entry = Entry()
        when[entry] = deadline
        (wheel.hasten if hasten else wheel.schedule)(entry, deadline)
    for now in sorted(moments):
        for entry in wheel.expired(now):
            assert when.pop(entry) <= now
        assert all(deadline > now - 1 for deadline in when.values())
