"""What people do without saying anything, as events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Typing:
    """`sender` is writing something for `target`, or (not `active`) is not any more."""

    target: str
    sender: str
    active: bool


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """One has read a conversation up to this time, on whichever device; 0: nothing of it yet."""

    target: str
    time: int
