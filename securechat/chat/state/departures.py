"""Who was here until lately: the memory of WHOWAS, which ends with the process."""

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import Final

from securechat.chat.state.session import User
from securechat.irc.names import fold

REMEMBERED: Final = 1000
OF_ONE_NICK: Final = 20
"""Departures under one nick that are told."""


@dataclass(frozen=True, slots=True)
class Departure:
    """A user who went, or gave up a nick, at a time in milliseconds since the epoch."""

    nick: str
    account: str
    realname: str
    address: str
    at: int
    folded: str


class Departures:
    """The last thousand of them."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last: deque[Departure] = deque(maxlen=REMEMBERED)

    def add(self, user: User, address: str, at: int) -> None:
        """Remember a user, whose last session came from `address`, under the nick of now."""
        account, folded = user.account.name, fold(user.nick)
        self._last.append(Departure(user.nick, account, user.realname, address, at, folded))

    def of(self, nick: str) -> list[Departure]:
        """Return who had this nick lately, the latest first."""
        folded = fold(nick)
        return list(islice((one for one in reversed(self._last) if one.folded == folded), OF_ONE_NICK))
