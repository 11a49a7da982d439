"""Mappings of mappings, as the store gives them and as they are kept here."""

from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def copied(values: Mapping[int, Mapping[K, V]]) -> dict[int, dict[K, V]]:
    """Return a copy that can be changed."""
    return {key: dict(inner) for key, inner in values.items()}


def put(values: dict[K, V], key: K, value: V | None) -> None:
    """Set a value, or with None take it away, which has to be there."""
    if value is None:
        del values[key]
    else:
        values[key] = value


def put_inside(mappings: dict[int, dict[K, V]], outer: int, key: K, value: V | None) -> None:
    """Set a value of the mapping under `outer`, or with None take it away; its last one takes it along.

    So nothing is left of what is no more, and who looks through all of them meets only what is there.
    """
    values = mappings.setdefault(outer, {})
    put(values, key, value)
    if not values:
        del mappings[outer]
