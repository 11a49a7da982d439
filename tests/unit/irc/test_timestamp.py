"""Points in time on the wire."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.irc import timestamp

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST, LAST = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999


@settings(deadline=None)
@given(ms=st.integers(FIRST, LAST))
def test_a_point_in_time_comes_back(ms: int) -> None:
    """What is written reads as the same point in time, here and for the standard library."""
    text = timestamp.format_ms(ms)
    assert len(text) == 24
    assert timestamp.parse(text) == ms
    assert datetime.fromisoformat(text) == EPOCH + timedelta(milliseconds=ms)


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_795_347_900_123, "2026-11-22T11:45:00.123Z"),
        (FIRST, "0001-01-01T00:00:00.000Z"),
        (LAST, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_format(ms: int, text: str) -> None:
    """Year, month, day, hour, minute and second have all their digits, and milliseconds have three."""
    assert timestamp.format_ms(ms) == text


def test_leap_second() -> None:
    """A leap second, as in the example of `server-time`, reads as the second after it."""
    assert timestamp.parse("2012-06-30T23:59:60.419Z") == timestamp.parse("2012-07-01T00:00:00.419Z")


@pytest.mark.parametrize("ms", [FIRST - 1, LAST + 1, 10**30])
def test_format_refuses_other_years(ms: int) -> None:
    """A year that has no four digits cannot be written."""
    with pytest.raises(ValueError):
        timestamp.format_ms(ms)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-11-22T11:45:00Z",
        "2026-11-22T11:45:00.12Z",
        "2026-11-22T11:45:00.1234Z",
        "2026-11-22T11:45:00.123",
        "2026-11-22T11:45:00.123z",
        "2026-11-22T11:45:00.123+00:00",
        "2026-11-22 11:45:00.123Z",
        "2026-11-22T11:45:00.123Z\n",
        " 2026-11-22T11:45:00.123Z",
        "2026-11-22T11:45:00,123Z",
        "٢٠٢٦-11-22T11:45:00.123Z",
        "2026-13-22T11:45:00.123Z",
        "2026-02-29T11:45:00.123Z",
        "2026-11-22T24:00:00.123Z",
        "2026-11-22T11:60:00.123Z",
        "2026-11-22T11:45:61.123Z",
        "0000-11-22T11:45:00.123Z",
    ],
)
def test_parse_refuses(text: str) -> None:
    """Other forms, other digits and what no calendar or clock shows are refused."""
    with pytest.raises(ValueError):
        timestamp.parse(text)
