"""Keys of messages as msgids."""

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from securechat.irc import msgid

keys = st.integers(0, 2**64 - 1)


@settings(deadline=None)
@given(key=keys)
def test_a_msgid_is_base32hex(key: int) -> None:
    """A msgid is the key's eight bytes in base32hex, lower case, unpadded, and gives the key back."""
    text = msgid.encode(key)
    assert text == base64.b32hexencode(key.to_bytes(8, "big")).decode().rstrip("=").lower()
    assert len(text) == 13 and msgid.decode(text) == key


@settings(deadline=None)
@given(one=keys, other=keys)
def test_msgids_sort_as_keys_do(one: int, other: int) -> None:
    """The order of msgids is the order of the messages."""
    assert (msgid.encode(one) < msgid.encode(other)) == (one < other)


@pytest.mark.parametrize("key", [-1, 2**64])
def test_keys_have_64_bits(key: int) -> None:
    """A key that does not fit is an error and not another key's msgid."""
    with pytest.raises(ValueError):
        msgid.encode(key)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "0" * 12, "0" * 14, "0x00000000000", "0" * 13 + "\n"),
        *("-" + "0" * 12, "+" + "0" * 12, " " + "0" * 12, "0" * 11 + "_0"),
        *("0" * 12 + last for last in "1wU\u0660"),
    ],
)
def test_only_msgids_are_decoded(text: str) -> None:
    """Other lengths, alphabets, upper case and an impossible last digit are refused."""
    with pytest.raises(ValueError):
        msgid.decode(text)
