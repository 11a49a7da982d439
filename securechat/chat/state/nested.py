"""Mappings of mappings, as the store gives them and as they are kept here."""

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def copied(values: Mapping[int, Mapping[K, V]]) -> dict[int, dict[K, V]]:
    """Return a copy that can be changed."""
    return {key: dict(inner) for key, inner in values.items()}
