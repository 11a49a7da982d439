"""What messages take in memory, for whatever keeps many of them: short strings and tags are most of it."""

from sys import getsizeof
from typing import Final

from securechat.chat.records import MessageSent

_BARE: Final = 600
"""Bytes of a message without its strings: its fields, its numbers, and its place in a collection."""
_TAG: Final = 80
"""Of a tag without its two strings: its place in the table."""


def weight_of(message: MessageSent) -> int:
    """Return how many bytes a message takes in memory, about."""
    weight = _BARE + getsizeof(message.text) + getsizeof(message.addressed) + getsizeof(message.nonce)
    for name, value in message.tags.items():
        weight += _TAG + getsizeof(name) + getsizeof(value)
    return weight
