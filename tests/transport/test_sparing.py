"""What a peer can repeat does not fill the log."""

import logging

import pytest

from securechat.server.sparing import Sparing

log = logging.getLogger("securechat.test")


def test_a_second_has_so_many_lines(caplog: pytest.LogCaptureFixture) -> None:
    """The others are counted, and told when the second is over, at the latest with the next line."""
    caplog.set_level(logging.INFO)
    sparing = Sparing(log, most=2)
    for number in range(5):
        sparing.write(logging.INFO, 0.5, "line %d", number)
    sparing.settle(1.0)
    assert (caplog.messages, sparing.left_out) == (["line 0", "line 1"], 3)
    sparing.settle(1.5)
    assert (caplog.messages[2:], sparing.left_out) == (["and 3 more like the last one"], 0)
    for number in range(5, 9):
        sparing.write(logging.INFO, 1.6, "line %d", number)
    sparing.write(logging.INFO, 9.0, "line 9")
    assert caplog.messages[3:] == ["line 5", "line 6", "and 2 more like the last one", "line 9"]
