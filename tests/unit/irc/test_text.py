"""Cutting texts to the length of a line."""

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.irc.message import Message, encode
from securechat.irc.text import MAX_LINE, body_room, clip, loosened, split_text

FAMILY = "👨\u200d👩\u200d👧"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


@pytest.mark.parametrize(
    ("text", "limit", "pieces"),
    [
        ("", 10, []),
        ("fits as it is ", 14, ["fits as it is "]),
        ("one two three", 10, ["one two", "three"]),
        ("one two three", 7, ["one two", "three"]),
        ("one two three", 6, ["one", "two", "three"]),
        ("one   two", 4, ["one", "two"]),
        ("one   two", 6, ["one", "two"]),
        ("  one two", 6, ["  one", "two"]),
        ("         ", 4, []),
        ("     one", 4, ["one"]),
        ("  aaaaaaa", 5, ["  aaa", "aaaa"]),
        ("a" * 10, 4, ["aaaa", "aaaa", "aa"]),
        ("a bbbbbbb", 4, ["a", "bbbb", "bbb"]),
        ("ääääää", 5, ["ää", "ää", "ää"]),
        ("no\xa0break here", 9, ["no\xa0break", "here"]),
        ("tab\there", 6, ["tab\the", "re"]),
    ],
)
def test_split_text(text: str, limit: int, pieces: list[str]) -> None:
    """A text is cut after words, and inside them only when they are too long; blanks at cuts are dropped."""
    assert split_text(text, limit) == pieces


@pytest.mark.parametrize(
    "character",
    [
        "e\u0301",
        "a\u0323\u0302",
        "👍🏽",
        "❤\ufe0f",
        "1\ufe0f\u20e3",
        FAMILY,
        ENGLAND,
        "🇩🇪",
        "क्ष",
        "नि",
        "\u1112\u1161\u11ab",
        "\u1112\u1112\uac00",
        "\u1112\ud7b0",
        "ｶ\uff9e",
        "ی\u200c",
    ],
    ids=ascii,
)
def test_a_character_is_never_cut(character: str) -> None:
    """Marks, joiners, skin tones, flags, conjuncts and jamo stay with the character they belong to."""
    size = len(character.encode())
    for spare in range(size):
        assert split_text("x" + character * 5, 1 + size + spare)[0] == "x" + character
        assert set(split_text(character * 5, max(4, size + spare))) == {character}


def test_a_mark_keeps_its_blank() -> None:
    """A blank that carries a mark is a character and no place for a cut."""
    assert split_text("ab \u0301cd", 5) == ["ab \u0301", "cd"]


def test_a_character_longer_than_a_piece_is_cut() -> None:
    """A pile of marks cannot make a piece too long."""
    pieces = split_text("a" + "\u0301" * 20, 9)
    assert "".join(pieces) == "a" + "\u0301" * 20
    assert max(len(piece.encode()) for piece in pieces) <= 9


def test_the_limit_has_room_for_a_character() -> None:
    """A limit that cannot hold every character is an error, not an endless loop."""
    with pytest.raises(ValueError):
        split_text("a", 3)


@settings(deadline=None)
@given(
    text=st.text(alphabet="ab ä\u0301\u200d👍🏽🇩🇪क\u094d가\u1161") | st.text(st.characters(codec="utf-8")),
    limit=st.integers(4, 40),
)
def test_nothing_is_lost_but_blanks(text: str, limit: int) -> None:
    """Pieces are short enough, none is empty, and together they hold all but blanks, in order."""
    pieces = split_text(text, limit)
    assert all(0 < len(piece.encode()) <= limit for piece in pieces)
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")


@settings(deadline=None)
@given(words=st.lists(st.text("abä", min_size=1, max_size=5), min_size=1))
def test_words_stay_whole(words: list[str]) -> None:
    """Words that fit a piece are never cut."""
    pieces = split_text(" ".join(words), 10)
    assert [word for piece in pieces for word in piece.split(" ")] == words


def test_body_room_is_what_fits() -> None:
    """A text of just that many bytes makes a line of 512, also with names outside ASCII."""
    source, target = "jürgen!jürgen@chat.example.org", "#größe"
    text = "x " * 250
    line = encode(Message("PRIVMSG", (target, text[: body_room(source, "PRIVMSG", target)]), source))
    assert len(line) == MAX_LINE == 512
    assert body_room("x" * 600, "PRIVMSG", target) < 0


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("short", 5, "short"),
        ("longer", 5, "longe"),
        ("ab\u00e9", 3, "ab"),
        ("ab\u00e9", 4, "ab\u00e9"),
        ("ae\u0301", 3, "a"),
        ("\U0001f468\u200d\U0001f469", 8, ""),
        ("x", 0, ""),
    ],
)
def test_clip_keeps_whole_characters(text: str, limit: int, clipped: str) -> None:
    """What is too long loses its end, never half a character."""
    assert clip(text, limit) == clipped


MARKS = "a\u0300\u0315\u0345\u0f73\u0f81\uff9e\u0e38\u302a"


@given(st.text(MARKS, max_size=200))
@settings(max_examples=200)
def test_no_more_marks_than_people_read_follow_each_other(text: str) -> None:
    """Whatever marks they are: to bring thousands of them into their order takes long. The rest stays."""
    loose = loosened(text)
    classes = bytes(map(unicodedata.combining, unicodedata.normalize("NFKD", loose)))
    longest = max(map(len, re.findall(rb"[^\0]+", classes)), default=0)
    assert longest <= 2 * 30, "some marks are two"
    assert loose == text or len(loose) < len(text)
    assert loose.count("a") == text.count("a")


def test_few_marks_stay() -> None:
    """As many as 30 on one letter."""
    text = f"x{30 * chr(0x300)}y{31 * chr(0x315)}z"
    assert loosened(text) == f"x{30 * chr(0x300)}y{30 * chr(0x315)}z"
