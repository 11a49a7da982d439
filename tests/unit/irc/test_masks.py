"""Masks with * and ?."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.irc.masks import Mask, is_mask


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
    assert Mask(mask).matches(text) is expected


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=10))
def test_masks_mean_what_they_mean_elsewhere(mask: str, text: str) -> None:
    """Reading once leaves nothing out: a matcher that goes back and forth agrees."""
    assert Mask(mask).matches(text) == fnmatchcase(text, mask)


class Counted(str):
    """A text that counts how often it is looked at."""

    looks = 0

    def __iter__(self) -> Iterator[str]:
        for char in super().__iter__():
            Counted.looks += 1
            yield char


@pytest.mark.parametrize("mask", ["*a" * 240, "*a" * 90 + "*b", "*?" * 150 + "b", "*" * 480, "*?a" * 60])
def test_a_text_is_read_once_whatever_the_mask(mask: str) -> None:
    """A mask that makes other matchers run for milliseconds, or for years, costs what any other one does."""
    Counted.looks = 0
    Mask(mask).matches(Counted("a" * 400))
    assert Counted.looks <= 400


def test_only_wildcards_make_a_mask() -> None:
    """Brackets are letters of nicks elsewhere, not wildcards."""
    assert is_mask("a*") and is_mask("?") and not is_mask("[a]")
