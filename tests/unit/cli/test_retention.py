"""Deleting old messages: in steps, and only what is old enough."""

import pytest

from securechat.chat.ports import StoreFull
from securechat.cli.retention import Retention

DAY = 24 * 60 * 60 * 1000
NOW = 1_800_000_000.0


class Store:
    """Messages by the time when they were sent (ms)."""

    def __init__(self, *times: int) -> None:
        self.times = sorted(times)
        self.steps: list[int] = []
        self.full = False

    def prune(self, before_ms: int, limit: int) -> int:
        """Delete the oldest ones."""
        if self.full:
            raise StoreFull("no room")
        old = [at for at in self.times if at < before_ms][:limit]
        self.times = self.times[len(old) :]
        self.steps.append(len(old))
        return len(old)


class Clock:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def ms(days: float) -> int:
    """Return the time of so many days ago."""
    return int(NOW * 1000) - int(days * DAY)


def test_zero_days_keep_everything() -> None:
    """The store is not even asked."""
    store = Store(ms(10_000))
    Retention(store, lambda: 0, wall=lambda: NOW, mono=Clock())()
    assert (store.times, store.steps) == ([ms(10_000)], [])


def test_what_is_older_goes() -> None:
    """A message is kept until it is as old as the setting says."""
    store = Store(ms(7.001), ms(7), ms(6.999), ms(0))
    Retention(store, lambda: 7, wall=lambda: NOW, mono=Clock())()
    assert store.times == [ms(7), ms(6.999), ms(0)]


def test_many_go_in_steps_one_each_time() -> None:
    """A step is small, the next comes with the next call, and with nothing left there is a minute's rest."""
    store = Store(*range(1200))
    clock = Clock()
    retention = Retention(store, lambda: 1, wall=lambda: NOW, mono=clock)
    for _ in range(5):
        retention()
        clock.seconds += 1
    assert store.steps == [500, 500, 200]
    clock.seconds = 2 + 59.9
    retention()
    assert len(store.steps) == 3
    clock.seconds = 2 + 60
    retention()
    assert store.steps[3:] == [0]


def test_the_setting_may_change() -> None:
    """A reload is in force at the next call."""
    store = Store(ms(3))
    days = [0]
    retention = Retention(store, lambda: days[0], wall=lambda: NOW, mono=Clock())
    retention()
    days[0] = 2
    retention()
    assert store.times == []


def test_a_full_store_is_no_reason_to_stop(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and tried again after a minute."""
    store = Store(ms(3))
    clock = Clock()
    store.full = True
    retention = Retention(store, lambda: 2, wall=lambda: NOW, mono=clock)
    retention()
    assert "could not be deleted: no room" in caplog.text
    store.full = False
    retention()
    assert store.times == [ms(3)]
    clock.seconds = 60
    retention()
    assert store.times == []
