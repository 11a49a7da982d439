"""Breaking a line of a message that has no room."""

import pytest

from securechat.chat.lines.broken import broken


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("one two", "one two"),
        ("", ""),
        ("one two three four", "one two\nthree four"),
        ("onetwothreefour", "onetwothre\n\refour"),
        ("ééééééé", "ééééé\n\réé"),
        (" " * 20, " " * 20),
    ],
)
def test_no_word_is_lost(line: str, shown: str) -> None:
    """A line is broken between words; what goes on in the middle of one is marked as such."""
    assert broken(line, 10) == shown


def test_an_action_is_one_in_each_line() -> None:
    """Each line of a broken ACTION is an ACTION within the room, what was put before it inside."""
    shown = broken("\x01ACTION waves and smiles\x01", 20, "[t] ")
    assert shown == "\x01ACTION [t] waves\x01\n\x01ACTION and smiles\x01"
    assert broken("\x01ACTION \x01", 20) == "\x01ACTION \x01"
    assert max(len(line) for line in shown.split("\n")) <= 20
