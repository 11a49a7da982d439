"""What messages take in memory, for whatever keeps many of them: short strings and tags are most of it."""

from collections.abc import Mapping
from sys import getsizeof
from typing import Final

from securechat.chat.records import MessageSent

_BARE: Final = 600
"""Bytes of a message without its strings: its fields, its numbers, and its place in a collection."""
_TAG: Final = 80
"""Of a tag without its two strings: its place in the table."""
TARGET: Final = 800
"""Of a place where something was said, and of the line that says so."""


def weight_of(message: MessageSent) -> int:
    """Return how many bytes a message takes in memory, about."""
    weight = _BARE + getsizeof(message.text) + getsizeof(message.addressed) + getsizeof(message.nonce)
    return weight + weight_of_tags(message.tags)


def weight_of_tags(tags: Mapping[str, str]) -> int:
    """Return how many bytes tags take in memory, about."""
    weight = 0
    for name, value in tags.items():
        weight += _TAG + getsizeof(name) + getsizeof(value)
    return weight
