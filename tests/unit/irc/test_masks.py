"""Masks with * and ?."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.irc.masks import compile_mask, compile_masks, is_mask


@pytest.mark.parametrize(
    ("mask", "text", "expected"),
    [
        ("*", "", True),
        ("*", "anything", True),
        ("", "", True),
        ("", "a", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("*a*b*c", "xxaxxbxxc", True),
        ("*a*b*c", "xxaxxbxx", False),
        ("a*a", "a", False),
        ("[ab]", "a", False),
        ("[ab]", "[ab]", True),
        ("*.example.org", "chat.example.org", True),
        ("ab*", "ab", True),
        ("*ab", "aab", True),
    ],
)
def test_a_mask_stands_for_the_whole_text(mask: str, text: str, expected: bool) -> None:
    """`*` is any characters, `?` is one, everything else is itself."""
    assert (compile_mask(mask).fullmatch(text) is not None) is expected


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_masks_mean_what_they_mean_elsewhere(mask: str, text: str) -> None:
    """The atomic groups leave nothing out: a matcher that goes back and forth agrees."""
    assert (compile_mask(mask).fullmatch(text) is not None) == fnmatchcase(text, mask)


def test_several_masks_are_one_pattern() -> None:
    """What one of them stands for is found; without a mask nothing is."""
    pattern = compile_masks(["ba", "c*"])
    assert pattern is not None
    assert [bool(pattern.fullmatch(text)) for text in ("ba", "cd", "bab")] == [True, True, False]
    assert compile_masks([]) is None


def test_many_stars_take_no_more_than_the_product_of_the_lengths() -> None:
    """A mask that makes backtracking matchers run for years is answered at once."""
    assert compile_mask("*a" * 100 + "b").fullmatch("a" * 400) is None
    assert compile_mask("*a" * 90 + "*b").fullmatch("a" * 200) is None


def test_only_wildcards_make_a_mask() -> None:
    """Brackets are letters of nicks elsewhere, not wildcards."""
    assert is_mask("a*") and is_mask("?") and not is_mask("[a]")
