"""Rules of the word filter: what they are, what they find, and that nothing about them takes long."""

import sys
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.wordfilter import MAX_RULES, STARS, WordFilter, normal

FILTER = WordFilter(["refuse bad", "refuse *evil*", "refuse two words", "replace darn*", "report *scam"])


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("bad", "bad"),
        ("BAD.", "bad"),
        ("a_bad_day", "bad"),
        ("ＢＡＤ", "bad"),
        ("b\u200bad", "bad"),
        ("b\x0304ad", "bad"),
        ("badly", None),
        ("devilish", "*evil*"),
        ("two...words", "two words"),
        ("two\nwords", "two words"),
        ("two other words", None),
        ("", None),
        ("!!!", None),
    ],
)
def test_what_is_refused(text: str, refused: str | None) -> None:
    """Words as they are read: case, signs between words and what nobody sees do not count."""
    assert FILTER.judge(text).refused == refused


def test_what_is_replaced_and_reported() -> None:
    """The other words stay as they were written."""
    verdict = FILTER.judge("Oh DARNED, a  Mega-scam: [darn]")
    assert verdict == (None, f"Oh {STARS}, a  Mega-scam: [{STARS}]", "*scam")
    assert FILTER.judge("da\x02rn").refused == "darn*"  # it cannot be replaced in there


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        ("bad", "begins with refuse"),
        ("Refuse bad", "begins with refuse"),
        ("refuse", "letters and digits"),
        ("refuse ", "letters and digits"),
        ("refuse **", "letters and digits"),
        ("refuse a*b", "letters and digits"),
        ("refuse !!!", "letters and digits"),
        ("replace two words", "single words"),
        ("refuse " + "x" * 65, "at most 64"),
    ],
)
def test_what_is_no_rule(rule: str, problem: str) -> None:
    """The error says what is wrong."""
    with pytest.raises(ValueError, match=problem):
        WordFilter([rule])


@given(st.text(), st.text())
def test_a_word_is_found_wherever_it_stands(before: str, after: str) -> None:
    """Whatever stands around it."""
    assert WordFilter(["refuse badword"]).judge(f"{before} badword {after}").refused == "badword"


@given(st.text())
def test_the_form_of_a_text_is_its_own_form(text: str) -> None:
    """It begins and ends with a blank and has no two of them."""
    form = normal(text)
    assert form.startswith(" ") and form.endswith(" ")
    assert "  " not in form.strip(" ") or not form.strip(" ")


def test_a_text_does_not_grow_without_end() -> None:
    """One letter that stands for eighteen makes no long text of a short one."""
    assert len(normal("\ufdfa" * 5000)) < 5 * 5000
    assert WordFilter([f"refuse word{number}" for number in range(MAX_RULES)]).judge("\ufdfa" * 5000)


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        (["refuse harmless"], "ab" * 4000),
        ([f"refuse *{'ab' * 30}{number:02d}*" for number in range(MAX_RULES)], "ab" * 4000),
        ([f"report *{'a' * 60}{number:02d}*" for number in range(MAX_RULES)], "a" * 8000),
        (["replace a"], "a " * 4000),
    ],
)
def test_each_character_is_looked_at_once(rules: list[str], text: str) -> None:
    """Whatever the rules are, and however nearly they fit everywhere: so nobody can stall the server."""
    words = WordFilter(rules)
    looks = 0

    def note(_frame: FrameType, event: str, called: object) -> None:
        nonlocal looks
        looks += event == "c_call" and getattr(called, "__qualname__", "") == "dict.get"

    sys.setprofile(note)
    words.judge(text)
    sys.setprofile(None)
    assert looks == len(normal(text)) + 2, "one for each character, and two of what was found"


def test_a_text_of_marks_is_short() -> None:
    """Thousands of combining marks would take long to be brought into their order."""
    assert len(normal("a" + "\u0345\u0315\u0300" * 2700)) < 100


def test_what_was_judged_before_is_known() -> None:
    """Also when something else was judged meanwhile."""
    text = " ".join(["so", "bad"])
    verdict = FILTER.judge(text)
    FILTER.judge("something else")
    FILTER.know(text, verdict)
    assert FILTER.judge(text) is verdict
