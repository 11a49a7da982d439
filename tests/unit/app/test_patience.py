"""How long a start waits for a database that is away."""

import logging

import pytest

from securechat.app.patience import while_away
from securechat.storage.errors import DatabaseAway, StorageError


class Away:
    """A database that answers from some moment on; each attempt says what is wrong until then."""

    def __init__(self, until: float) -> None:
        self.now = 0.0
        self._until = until

    def open(self) -> str:
        if self.now >= self._until:
            return "open"
        raise DatabaseAway("refused" if self.now < 5 else "starting up")

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_a_start_waits_for_a_database_that_is_started(caplog: pytest.LogCaptureFixture) -> None:
    """Each reason is told once, and at once."""
    away = Away(until=20)
    assert while_away(away.open, clock=lambda: away.now, sleep=away.sleep) == "open"
    assert caplog.messages == ["refused; trying again for 30 s", "starting up; trying again for 25 s"]
    assert {record.levelno for record in caplog.records} == {logging.WARNING}


def test_a_start_does_not_wait_for_ever() -> None:
    """The last error is raised after half a minute, longer than systemd counts quick failures."""
    away = Away(until=1000)
    with pytest.raises(DatabaseAway, match="starting up"):
        while_away(away.open, clock=lambda: away.now, sleep=away.sleep)
    assert 30 <= away.now <= 31


def test_a_start_does_not_wait_for_what_stays() -> None:
    """A wrong password is told at once."""
    away = Away(until=0)

    def fail() -> None:
        raise StorageError("wrong password")

    with pytest.raises(StorageError, match="wrong password"):
        while_away(fail, clock=lambda: away.now, sleep=away.sleep)
    assert away.now == 0.0
