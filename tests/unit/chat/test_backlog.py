"""What waits for a session: in which order, and what it costs when nothing does."""

import sys

from securechat.chat.state.backlog import Backlog, Step
from securechat.irc.message import Message


def taken(backlog: Backlog) -> list[object]:
    """Everything that waits, in the order in which it is handled."""
    return [backlog.lines.pop() for _ in range(len(backlog.lines))]


def test_lines_come_in_their_order_and_steps_before_them() -> None:
    backlog = Backlog()
    one, two, three = Message("ONE"), Message("TWO"), Message("THREE")
    first, second, third = Step(), Step(), Step()
    backlog.add([one, two])
    backlog.put_first([second, third])
    backlog.add([three])
    backlog.put_first([first])
    assert taken(backlog) == [first, second, third, one, two, three]


def test_an_empty_backlog_is_small_also_after_a_burst() -> None:
    backlog = Backlog()
    backlog.add([Message("PING")] * 256)
    taken(backlog)
    assert sys.getsizeof(backlog) + sys.getsizeof(backlog.lines) < 200
