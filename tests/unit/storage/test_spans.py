"""Sets of numbers as texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.storage.spans import decode_spans, encode_spans, spans


@given(st.sets(st.integers(min_value=1, max_value=200)))
def test_what_is_written_is_read(numbers: set[int]) -> None:
    """Whatever the numbers are."""
    assert decode_spans(encode_spans(numbers)) == numbers


def test_runs_are_short() -> None:
    """A run is its ends."""
    assert encode_spans([7, 1, 2, 3, 9, 10]) == "1-3 7 9-10"
    assert spans([]) == [] and encode_spans([]) == ""


@pytest.mark.parametrize("text", ["x", "1-x", "--", "1,2"])
def test_anything_else_is_refused(text: str) -> None:
    """It does not come from a server of ours."""
    with pytest.raises(ValueError, match="invalid literal"):
        decode_spans(text)
