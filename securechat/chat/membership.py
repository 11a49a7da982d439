"""What a member is in a channel: since when, and with which ranks."""

from collections.abc import Iterable
from typing import Final, NamedTuple

RANKS: Final = "qaohv"
"""Founder, admin, operator, half-operator, voice: the highest first, as ISUPPORT PREFIX states them."""
SYMBOLS: Final = "~&@%+"


class Membership(NamedTuple):
    """`joined` is in milliseconds since the epoch; `ranks` are letters of `RANKS`, in that order.

    `joined_id` is the id of the JOIN. It alone says what came before: the clock may have been wrong.
    """

    joined: int
    joined_id: int
    ranks: str = ""


def ordered(ranks: Iterable[str]) -> str:
    """Return ranks as a membership holds them: each once, the highest first."""
    held = set(ranks)
    return "".join([rank for rank in RANKS if rank in held])


def symbols(ranks: str, *, multi: bool = False) -> str:
    """Return how ranks are shown before a nick: the highest one's symbol, or all with `multi`."""
    shown = ranks if multi else ranks[:1]
    return "".join([SYMBOLS[RANKS.index(rank)] for rank in shown])


def symbol_of(rank: str) -> str:
    """Return the symbol of a rank."""
    return SYMBOLS[RANKS.index(rank)]


def is_at_least(ranks: str, rank: str) -> bool:
    """Return whether somebody with these ranks stands as high as `rank`, or higher."""
    return bool(ranks) and RANKS.index(ranks[0]) <= RANKS.index(rank)
