"""Whether a server lives and is ready: from the row that `status` has."""

import pytest

from securechat.app.health import ALIVE, CODES, STUCK_MS, reasons

WELL: dict[str, str | int | bool | None] = {
    "state": "running",
    "hub_silent_ms": 900,
    "store_problem": None,
    "readers": 2,
    "readers_working": 2,
    "readers_problem": None,
    "disk_low": False,
    "certificate.state": "ends in 3 days",
    "connections": 9,
    "connections_most": 10,
}


def test_a_server_that_is_well_is_ready() -> None:
    """A certificate that ends soon is no reason against it."""
    assert reasons(WELL) == []


def test_an_older_server_says_less() -> None:
    """What it does not say is no reason."""
    assert reasons({"connections": 1}) == []


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"hub_silent_ms": STUCK_MS}, "stuck", "done nothing for 10 s"),
        ({"state": "starting", "hub_silent_ms": None}, "state", "starting"),
        ({"state": "stopping"}, "state", "stopping"),
        ({"store_problem": "disk I/O error"}, "store", "disk I/O error"),
        ({"readers_working": 1, "readers_problem": "away"}, "readers", "1 of 2 readers"),
        ({"disk_low": True}, "disk", "storage.reserve"),
        ({"certificate.state": "expired"}, "certificate", "expired"),
        ({"certificate.state": "not valid yet"}, "certificate", "not valid yet"),
        ({"connections": 10}, "places", "limits.connections"),
    ],
)
def test_each_reason_says_what_is_wrong(change: dict[str, str | int | bool], code: str, words: str) -> None:
    """By a code for programs and a text for people; only a hub that is stuck is dead."""
    (reason,) = reasons({**WELL, **change})
    assert reason.code == code and words in reason.text
    assert (code in ALIVE) == (code == "stuck")
    assert code in CODES
