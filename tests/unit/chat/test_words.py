"""Texts as words: what is one word, in all scripts, and what a search for words finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.words import MAX_TERMS, Term, holds, segment, terms


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, World!", ["hello", "world"]),
        ("snake_case foo-bar 3.14", ["snake", "case", "foo", "bar", "3", "14"]),
        ("\x01ACTION waves\x01", ["waves"]),
        ("\x0304,12red\x03 \x02bo\x02ld \x04ff0000x\x0f", ["red", "bold", "x"]),
        ("two\nlines, one that go\n\res on", ["two", "lines", "one", "that", "goes", "on"]),
        ("Привет, МИР", ["привет", "мир"]),
        ("Straße STRASSE", ["strasse", "strasse"]),
        ("ｆｕｌｌ ﬁne", ["full", "fine"]),
        ("cafe\u0301", ["café"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("東京都", ["東京", "京都", "都"]),
        ("東", ["東"]),
        ("abc東京def", ["abc", "東京", "京", "def"]),
        ("한국어", ["한국", "국어", "어"]),
        (":-) !", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words(text: str, tokens: list[str]) -> None:
    """Case, width and composition do not count; unspaced scripts become pairs."""
    assert segment(text) == tokens


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("hello world", (Term(("hello",)), Term(("world",)))),
        ('"hello world" x', (Term(("hello", "world")), Term(("x",)))),
        ('"never closed', (Term(("never", "closed")),)),
        ("foo-bar", (Term(("foo", "bar")),)),
        ("deploy*", (Term(("deploy",), prefix=True),)),
        ('"deploy*"', (Term(("deploy",)),)),
        ("東", (Term(("東",), prefix=True),)),
        ("東京", (Term(("東京",)),)),
        ("東京都", (Term(("東京", "京都")),)),
        ("東京abc", (Term(("東京", "京", "abc")),)),
        (':-) * ""', ()),
    ],
)
def test_what_is_asked_for_is_read_as_words_and_phrases(wanted: str, found: tuple[Term, ...]) -> None:
    """Blanks separate terms, quotes hold a phrase together, a star is any ending."""
    assert terms(wanted) == found


def test_a_search_has_a_bounded_number_of_terms() -> None:
    """What is more is not looked for."""
    assert len(terms("word " * 100)) == MAX_TERMS


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("Hello brave new world", "world hello", True),
        ("Hello brave new world", '"brave new"', True),
        ("Hello brave new world", '"new brave"', False),
        ("Hello brave new world", "wor", False),
        ("Hello brave new world", "wor*", True),
        ("関東大震災", "東", True),
        ("関東", "東", True),
        ("東京", "東", True),
        ("関東大震災", "関東", True),
        ("関東大震災", "東大", True),
        ("関東大震災", "関大", False),
        ("我在北京工作", "北京", True),
        ("大東京abc", "東京abc", True),
    ],
)
def test_a_text_holds_what_was_asked_for(text: str, wanted: str, found: bool) -> None:
    """All terms, in any order; the words of a phrase one after the other."""
    assert holds(segment(text), terms(wanted)) is found


_CHARS = st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("ab 東京都ёЖ\x02\x03"))


@given(st.text(_CHARS, max_size=30))
def test_every_text_is_found_by_itself(text: str) -> None:
    """Whatever was said, searching for exactly it, as a phrase, finds it."""
    wanted = terms(f'"{text.replace(chr(34), " ")}"')
    assert all(holds(segment(text), [term]) for term in wanted)
    assert bool(wanted) == bool(segment(text)) or '"' in text


@given(st.text(_CHARS, max_size=30))
def test_tokens_hold_no_blanks_and_no_quotes(text: str) -> None:
    """They go into queries between quotes, and into the index between blanks."""
    for token in segment(text):
        assert token and not set(token) & set("\"'\\ *()\0\t\n")
        assert not token.isascii() or token.islower() or token.isdigit()


def test_a_text_of_marks_has_few_tokens() -> None:
    """Thousands of combining marks would take long to be brought into their order."""
    assert sum(map(len, segment("a" + "\u0345\u0315\u0300" * 2700))) < 100
