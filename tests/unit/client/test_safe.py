"""What remote text may do to a terminal: nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.client.safe import REPLACEMENT, safe
from securechat.client.width import columns
from tests.unit.client.hostile import HOSTILE, is_harmless


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless(text: str) -> None:
    """No control, bidirectional or invisible character is left."""
    assert not is_harmless(text) or safe(text) != text
    assert is_harmless(safe(text))


@given(st.text() | st.text(alphabet="\x1b\x9b\x03\x04,0123456789ab[;]\u200d\u200c\u0301\u202e 👍é"))
def test_any_text_becomes_harmless_and_stays_as_it_is_then(text: str) -> None:
    """One line that can be printed anywhere; a second pass changes nothing."""
    made = safe(text)
    assert is_harmless(made)
    assert safe(made) == made
    made.encode()


@pytest.mark.parametrize(
    "text",
    [
        "plain ASCII ~!@#$%^&*()",
        "Grüße, señor, Žluťoučký",
        "Привет мир",
        "こんにちは 世界",
        "مرحبا بالعالم",
        "नमस्ते दुनिया",
        "می\u200cخواهم",
        "👍🏽 👩\u200d👩\u200d👧 🇪🇺 ❤\ufe0f 1\ufe0f\u20e3",
        "Tiếng Việt tổ hợp: e\u0302\u0301",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Every script, accents, and emoji with their joiners."""
    assert safe(text) == text


def test_formatting_codes_vanish_with_their_digits() -> None:
    """mIRC colours, hex colours and the rest leave the words."""
    assert safe("\x0304,08red\x03 \x02bold\x02 \x04ff0000hex\x04") == "red bold hex"
    assert safe("\x03123") == "3"


def test_controls_are_visible() -> None:
    """A person sees that there was something."""
    assert safe("\x1b[31m") == "\u241b[31m"
    assert safe("a\x9bb\x7f") == f"a{REPLACEMENT}b\u2421"


def test_every_blank_is_a_space() -> None:
    """Blanks that look like one another are the same, so that lines break at all of them."""
    assert safe("a\tb\u00a0c\u3000d\u2028e\nf") == "a b c d e f"


def test_characters_that_are_joined_stay_within_bounds() -> None:
    """Families, flags and orthographies with joiners are as they were; a chain without end is cut."""
    for text in ("👩‍👩‍👧‍👦", "👩🏽‍❤️‍💋‍👨🏿", "می‌خواهم", "क्‍ष", "🏳️‍🌈 🏳️‍🌈 🏳️‍🌈"):
        assert safe(text) == text
    chain = "👩" + "\u200d👩" * 40
    assert safe(chain).count("\u200d") == 10
    assert safe(chain).count("👩") == 41
    assert safe("é" + "\u0301\u200d" * 40).count("\u0301") == 6


def test_a_syllable_of_korean_is_as_wide_in_parts() -> None:
    """A consonant with its vowel and final take the room of one character."""
    assert sum(map(columns, "\u1112\u1161\u11ab")) == columns("\ud55c") == 2
