"""Before a certificate ends that is said: 21 and 7 days before, once a day, and not at each look."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from securechat.app.expiry import Expiry, state

ENDS = datetime(2031, 6, 1, 12, tzinfo=UTC)
DAY = 24 * 60 * 60.0


def days_of_warnings(caplog: pytest.LogCaptureFixture) -> list[tuple[str, int]]:
    """Return the level of each warning, and the days that it says are left."""
    return [(r.levelname, int(r.getMessage().split("ends in ")[1].split()[0])) for r in caplog.records]


def test_once_a_day_from_21_days_on(caplog: pytest.LogCaptureFixture) -> None:
    """Looked at each hour for a month; from 7 days on it is an error, from the end on that it is over."""
    expiry = Expiry()
    expiry.use(ENDS)
    for hour in range(24 * 31):
        expiry.look(ENDS - timedelta(days=30, seconds=1) + timedelta(hours=hour), hour * 3600.0, "renew it")
    *before, over = caplog.records
    caplog.records[:] = before
    assert days_of_warnings(caplog) == [
        *(("WARNING", days) for days in range(20, 6, -1)),
        *(("ERROR", days) for days in range(6, -1, -1)),
    ]
    assert over.levelno == logging.ERROR
    assert "in use expired (2031-06-01 12:00 UTC)" in over.getMessage()
    assert over.getMessage().endswith(": renew it")


def test_a_new_stage_is_said_at_once(caplog: pytest.LogCaptureFixture) -> None:
    """And a new certificate is a new beginning, but the same one after a reload is not."""
    expiry = Expiry()
    expiry.use(ENDS)
    expiry.look(ENDS - timedelta(days=7, hours=1), 0, "renew it")
    expiry.look(ENDS - timedelta(days=6, hours=23), 7200, "renew it")
    expiry.use(ENDS)
    expiry.look(ENDS - timedelta(days=6, hours=22), 10_800, "renew it")
    assert days_of_warnings(caplog) == [("WARNING", 7), ("ERROR", 6)]
    expiry.use(ENDS + timedelta(days=90))
    expiry.look(ENDS, 0, "renew it")
    assert len(caplog.records) == 2
    expiry.use(ENDS)
    expiry.look(ENDS - timedelta(days=6), 10_900, "renew it")
    assert len(caplog.records) == 3


def test_state() -> None:
    """For `status` and `certs show`."""
    for left, text in (
        (timedelta(days=21, seconds=1), "good"),
        (timedelta(days=21), "ends in 21 days"),
        (timedelta(days=1), "ends in 1 day"),
        (timedelta(0), "ends in 0 days"),
        (timedelta(seconds=-1), "expired"),
    ):
        assert state(ENDS, ENDS - left) == text
    expiry = Expiry()
    assert expiry.facts(ENDS) == {}
    expiry.use(ENDS)
    facts = {"certificate.ends": "2031-06-01T12:00:00+00:00", "certificate.state": "ends in 0 days"}
    assert expiry.facts(ENDS) == facts
