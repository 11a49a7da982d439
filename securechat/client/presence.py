"""What people do without saying anything, as events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Typing:
    """`sender` is writing something for `target`, or (not `active`) is not any more."""

    target: str
    sender: str
    active: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the answer to WHO, for the request `asked`.

    `channel` is one that both are in, "*" for none; `ranks` are the signs of their ranks there, such as "@".
    """

    nick: str
    account: str
    channel: str
    ranks: str
    name: str
    away: bool
    operator: bool
    bot: bool
    asked: str = ""


@dataclass(frozen=True, slots=True)
class AwayChanged:
    """Somebody is away, with this text, or is back (`text` is "")."""

    nick: str
    text: str


@dataclass(frozen=True, slots=True)
class ReadUpTo:
    """One has read a conversation up to this time, on whichever device; 0: nothing of it yet."""

    target: str
    time: int
    asked: str = ""
