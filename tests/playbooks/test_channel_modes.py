"""ISUPPORT says the truth: each mode that it names can be set, shown and taken away."""

import re
from pathlib import Path

import pytest

from securechat.chat.lines.isupport import tokens
from securechat.chat.membership import RANKS
from securechat.chat.modes import MODES
from securechat.chat.settings import Settings
from tests.playbooks.runner import Playbook

ARGUMENT = {"b": "x!*@*", "e": "x!*@*", "I": "x!*@*", "k": "key", "W": "5", "f": "#other", "l": "3"}


class Room(Playbook):
    """A playbook without a file: alice founded #dev and #other, bob is in #dev."""

    def __init__(self) -> None:
        super().__init__(Path("modes"))

    def begin(self) -> None:
        self._do_accounts("alice bob")
        self._do_login("alice bob")
        self.said("alice", "JOIN #dev,#other")
        self.said("bob", "JOIN #dev")

    def said(self, who: str, line: str) -> list[str]:
        """Return what somebody gets for a line."""
        self.links[who].lines.clear()
        self._send(who, line.encode())
        return list(self.links[who].lines)


def advertised(name: str) -> str:
    """Return the value of an ISUPPORT token."""
    every = tokens(Settings("chat.test", "TestNet", "1.0"))
    return next(token.partition("=")[2] for token in every if token.startswith(f"{name}="))


def test_the_table_is_what_is_advertised() -> None:
    """CHANMODES and PREFIX hold each mode of the tables once."""
    letters = advertised("CHANMODES").replace(",", "") + re.sub(r"[^a-z]", "", advertised("PREFIX"))
    assert sorted(letters) == sorted([*MODES, *RANKS])


@pytest.mark.parametrize("letter", [*advertised("CHANMODES").replace(",", ""), *RANKS])
def test_every_mode_can_be_set_and_taken_away(letter: str) -> None:
    """MODE shows the change, 324 shows the mode, and without it both are as before."""
    room = Room()
    with room.store:
        room.begin()
        for start in room.said("alice", "MODE #dev -nt"):
            assert start.endswith("MODE #dev -nt")
        argument = ARGUMENT.get(letter, "bob" if letter in RANKS else "")
        added, taken = f"MODE #dev +{letter} {argument}".rstrip(), f"MODE #dev -{letter} {argument}".rstrip()
        assert [line.partition(" ")[2] for line in room.said("alice", added)] == [added]
        listed = letter in "beI" or letter in RANKS
        shown = room.said("alice", "MODE #dev")[0].split(" ")[4:]
        assert shown == (["+"] if listed else [f"+{letter}", *([argument] if argument else [])])
        ended = room.said("alice", taken)
        assert len(ended) == 1 and f" MODE #dev -{letter}" in ended[0]
        assert room.said("alice", "MODE #dev")[0].split(" ")[4:] == ["+"]


def test_nothing_else_is_a_mode() -> None:
    """Every other letter is answered with 472."""
    room = Room()
    with room.store:
        room.begin()
        for letter in "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if letter not in MODES and letter not in RANKS:
                assert " 472 " in room.said("alice", f"MODE #dev +{letter}")[0]
