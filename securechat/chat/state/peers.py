"""Who shares a channel with whom, for what everybody who knows somebody is told: QUIT, NICK, AWAY.

To put the members of 256 channels together takes milliseconds. Users who are in the same channels have the
same peers, so these are remembered until somebody comes to hear a channel, or leaves one and goes on: of many
who go at once each costs only itself. Sessions that have ended may be among the peers, which hear nothing
any more.
"""

from collections.abc import Callable, Iterable
from typing import Final

from securechat.chat.audience import Audience

_REMEMBERED: Final = 64


class Peers:
    """The audiences of sets of channels, by their ids."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[frozenset[int], Audience] = {}

    def of(self, channels: Iterable[int], find: Callable[[], Audience]) -> Audience:
        """Return the peers of who is in these channels: what `find` returns, if it was not asked before."""
        key = frozenset(channels)
        known = self._known.get(key)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self.forget()
            known = self._known[key] = find()
        return known

    def forget(self) -> None:
        """Somebody comes to hear a channel, or leaves one."""
        self._known.clear()
