"""What makes the plain client pleasant: Tab, the history of what was entered, colours and the bell."""

import stat
from pathlib import Path

import pytest

from securechat.client.events import Event, Joined, Left, Message, Names, Quit, Topic
from securechat.client.kept.choices import Choices
from securechat.client.kept.input_history import InputHistory
from securechat.client.plain.aim import Aim
from securechat.client.plain.completing import completions
from securechat.client.plain.console import Tone
from securechat.client.plain.lately import Lately
from securechat.client.plain.tones import comes_or_goes, tone_of
from securechat.client.width import wrap


@pytest.mark.parametrize(
    ("left", "found"),
    [
        ("bo", ["bob: ", "Bobby: "]),
        ("hello BO", ["bob ", "Bobby "]),
        ("/jo", ["/join "]),
        ("/", ["/join ", "/part "]),
        ("//jo", []),
        ("see #g", ["#general "]),
        ("#", ["#general ", "#ops "]),
        ("al", []),
        ("hi ", []),
        ("", []),
    ],
)
def test_what_tab_makes_of_a_word(left: str, found: list[str]) -> None:
    """People without oneself, channels that one is in, commands at the beginning."""
    lately, aim = Lately(), Aim()
    lately.nick = "alice"
    lately.take_note(Names("#general", ("alice", "bob", "Bobby")))
    for channel in ("#general", "#ops"):
        aim.take_note(Joined(channel, "alice", own=True))
    assert list(completions(left, ["part", "join"], lately, aim)) == found


def test_what_was_entered_is_kept(tmp_path: Path) -> None:
    """Across starts, of several lines too, for this user alone; what may be secret is not."""
    path = tmp_path / "state" / "input_history"
    history = InputHistory(path)
    assert history.load() == []
    for text in ("one", "two\nlines", "", "/msg securechat password old new", "/join #c key", "\x1b ünï"):
        history.add(text)
    assert InputHistory(path).load() == ["one", "two\nlines", "\x1b ünï"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_long_history_is_cut_and_a_damaged_one_begins_anew(tmp_path: Path) -> None:
    history = InputHistory(tmp_path / "input_history")
    for number in range(1200):
        history.add(f"line {number}")
    assert history.load()[0] == "line 700"
    assert len((tmp_path / "input_history").read_text().splitlines()) == 500
    (tmp_path / "input_history").write_text("no JSON\n")
    assert history.load() == []


def said(text: str, target: str = "#general", *, own: bool = False, past: bool = False) -> Message:
    return Message("bob", target, text, 0, "m1", own=own, past=past)


@pytest.mark.parametrize(
    ("event", "tone"),
    [
        (said("hey Alice, look"), Tone.CALL),
        (said("alice: look"), Tone.CALL),
        (said("just to you", "alice"), Tone.CALL),
        (said("malice and alice2 and alice-b"), Tone.SPOKEN),
        (said("alice", past=True), Tone.SPOKEN),
        (said("alice", own=True), Tone.SPOKEN),
        (Topic("#general", "alice"), Tone.ASIDE),
    ],
)
def test_who_is_called(event: Event, tone: Tone) -> None:
    """By a word that is the name, or by something that is said to nobody else; not by what is past."""
    assert tone_of(event, "alice") is tone


def test_who_comes_and_goes() -> None:
    """Being put out, and what oneself does, is something else."""
    assert comes_or_goes(Joined("#c", "bob", own=False))
    assert comes_or_goes(Left("#c", "bob", "", own=False))
    assert comes_or_goes(Quit("bob", "", ("#c",)))
    assert not comes_or_goes(Left("#c", "bob", "", own=False, by="carol"))
    assert not comes_or_goes(Joined("#c", "alice", own=True))


def test_choices_are_kept(tmp_path: Path) -> None:
    """All is on unless it was set to off."""
    path = tmp_path / "state" / "plain.json"
    choices = Choices(path)
    assert choices.on("joins")
    choices.set("joins", False)
    assert not Choices(path).on("joins")
    Choices(path).set("joins", True)
    assert Choices(path).on("joins")
    path.write_text('{"joins": 1')
    assert Choices(path).on("joins")


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("one two three four", ["one two", "      three", "      four"]),
        ("see https://a.test/longer and on", ["see https://a.test/longer and on"]),
        ("       x", ["       x"]),
        ("a" * 12, ["a" * 12]),
        ("a" * 24 + " bc", ["a" * 24, "      bc"]),
    ],
)
def test_a_word_that_is_wider_than_the_line_begins_where_it_is(line: str, rows: list[str]) -> None:
    """It leaves no row nearly empty, and stays whole: the terminal breaks it, and the text goes on there."""
    assert wrap(line, 12).split("\n") == rows
