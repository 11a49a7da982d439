"""What `securechat top` shows, and that it fits."""

import pytest

from securechat.chat.requests import Row
from securechat.cli.host.top_picture import KINDS, ORDER_WORDS, ORDERS, Sample, clip, pad, picture, size
from securechat.client.width import columns
from tests.support.vitals import FakeVitals


def sample(at: float = 10.0, **changes: str | int) -> Sample:
    """What a server says."""
    total = {**FakeVitals().row(), "uptime": 93_784, "hub_silent_ms": 5, **changes}
    account: Row = {
        "kind": "account",
        "name": "mallory",
        "sessions": 2,
        "hub_permille": 871,
        "lines_per_minute": 630,
        "received_per_second": 2048,
        "queue": 5 << 20,
        "waiting": 100,
        "refused_per_minute": 90,
    }
    session: Row = {**account, "kind": "session", "serial": 17, "address": "2001:db8::1"}
    channel: Row = {"kind": "channel", "name": "#general", "messages_per_minute": 6, "messages": 12345}
    return Sample(
        at, total, {"account": [account] * 50, "session": [session] * 50, "channel": [channel] * 50}
    )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("room", [(80, 24), (200, 60), (40, 10), (1, 1)])
def test_a_picture_fits(kind: str, room: tuple[int, int]) -> None:
    """As many rows as there are, none wider than the terminal, and the keys in the last one."""
    lines = picture(sample(), sample(8.0), "", kind, "hub", room)
    assert len(lines) == room[1]
    assert all(sum(map(columns, line)) <= room[0] for line in lines)
    if room[0] >= 80:
        assert "q: quit" in lines[-1]


def test_who_costs_most_is_on_it() -> None:
    """With the numbers in units that people read, at 80 columns."""
    lines = picture(sample(messages=27), sample(8.0), "", "account", "hub", (80, 24))
    assert lines[0] == "securechat up 1 d 2 h 3 min, disk free 7: ready"
    assert any("10.0 messages/s" in line for line in lines)
    row = next(line for line in lines if line.startswith("mallory"))
    assert row.split() == ["mallory", "2", "87.1", "10.5", "2.0K", "0", "5.0M", "100", "1.5"]


def test_the_first_picture_knows_no_rates() -> None:
    """They are known from the second on."""
    assert any("- messages/s" in line for line in picture(sample(), None, "", "account", "hub", (80, 24)))


def test_a_server_that_does_not_answer_is_told_of() -> None:
    """Above what it said last, or alone."""
    problem = "the server gave no answer: timed out"
    assert picture(sample(), None, problem, "account", "hub", (80, 24))[0] == f"! {problem}"
    assert picture(None, None, problem, "account", "hub", (80, 24))[0] == f"! {problem}"


def test_a_stuck_hub_is_told_of() -> None:
    """In the first line."""
    lines = picture(sample(hub_silent_ms=12_000), None, "", "account", "hub", (80, 24))
    assert "the hub has done nothing for 12 s" in lines[0]


def test_names_do_nothing_to_the_terminal() -> None:
    """Whatever is in them; wide letters take their columns."""
    found = sample()
    found.rows["channel"][0]["name"] = "#\x1b[2J\x9b31m\u202e日本語"  # type: ignore[index]
    line = picture(found, None, "", "channel", "messages", (80, 24))[6]
    assert line.startswith("#") and not {"\x1b", "\x9b", "\u202e"} & set(line)
    assert sum(map(columns, line)) == 80


def test_text_is_cut_by_columns() -> None:
    """A letter that has no room is left out whole."""
    assert clip("日本語", 5) == "日本" and pad("日本語", 5) == "日本 "
    assert pad("a", 3) == "a  "


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (1023, "1023"), (1024, "1.0K"), (5 << 20, "5.0M"), (3 << 30, "3.0G"), (1 << 50, "1024.0T")],
)
def test_sizes_are_short(count: int, text: str) -> None:
    """Powers of 1,024."""
    assert size(count) == text


def test_every_order_has_a_key_and_a_word() -> None:
    """And the words are those of `--sort`."""
    assert sorted(ORDERS.values()) == sorted(ORDER_WORDS)
