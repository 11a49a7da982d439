"""Masks with * and ?."""

import pytest

from securechat.irc.masks import is_mask, matches


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
    assert matches(mask, text) is expected


def test_many_stars_take_no_more_than_the_product_of_the_lengths() -> None:
    """A mask that makes backtracking matchers run for years is answered at once."""
    assert not matches("*a" * 100 + "b", "a" * 400)


def test_only_wildcards_make_a_mask() -> None:
    """Brackets are letters of nicks elsewhere, not wildcards."""
    assert is_mask("a*") and is_mask("?") and not is_mask("[a]")
