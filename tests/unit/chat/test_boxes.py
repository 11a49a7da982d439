"""What waits for somebody who is offline: counted by sender, a long message as several."""

from securechat.chat.records import MessageSent
from securechat.chat.state.boxes import Boxes


def message(sender: int, size: int) -> MessageSent:
    return MessageSent(1, 1, "PRIVMSG", sender, "alice", None, 9, "bob", "x" * size, {}, undelivered=True)


def test_a_long_message_counts_as_several() -> None:
    """So that a number bounds bytes, too."""
    boxes = Boxes({9: {1: 3}})
    boxes.add(message(1, 10), 9)
    boxes.add(message(2, 16_000), 9)
    assert (boxes.of(9, 1), boxes.of(9, 2), boxes.total(9)) == (4, 8, 12)
    assert (boxes.of(8, 1), boxes.total(8)) == (0, 0)


def test_what_was_refused_does_not_count() -> None:
    """Also when somebody has logged in meanwhile."""
    boxes = Boxes({})
    boxes.add(message(1, 10), 9)
    boxes.take_back(message(1, 10), 9)
    assert boxes.total(9) == 0
    boxes.add(message(1, 10), 9)
    boxes.empty(9)
    boxes.take_back(message(1, 10), 9)
    assert boxes.total(9) == 0
