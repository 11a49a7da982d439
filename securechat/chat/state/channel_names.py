"""All channels: by their names, in the order of these, and which of them are hidden."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from operator import attrgetter
from typing import Final

from securechat.chat.state.channel import Channel
from securechat.chat.state.names import Names
from securechat.irc.names import fold

_FOLDED: Final = attrgetter("folded")


class ChannelNames:
    """The channels that there are, for whoever looks for one by its name, or for all of them.

    `hidden` are the ids of those that nobody outside may learn of (`Channel.hidden`).
    """

    __slots__ = ("_in_order", "_names", "_sorted", "hidden")

    def __init__(self) -> None:
        self._names = Names[Channel]()
        self._in_order: list[Channel] = []
        self._sorted = False
        self.hidden: set[int] = set()

    def of(self, name: str) -> Channel | None:
        """Return the channel of this name."""
        return self._names.exact.get(fold(name))

    def like(self, name: str) -> Channel | None:
        """Return the channel whose name looks like this one."""
        return self._names.like(name)

    def all(self) -> Sequence[Channel]:
        """Return all channels that there are now, in the order of their names."""
        return tuple(self._ordered())

    def add(self, channel: Channel) -> None:
        """There is a channel, or it has another name."""
        self._names.add(channel.name, channel)
        if self._sorted:
            insort(self._in_order, channel, key=_FOLDED)
        else:
            self._in_order.append(channel)
        self.look(channel)

    def remove(self, channel: Channel) -> None:
        """A channel is no more, or is about to get another name."""
        self._names.remove(channel.name, channel)
        channels = self._ordered()
        del channels[bisect_left(channels, channel.folded, key=_FOLDED)]
        self.hidden.discard(channel.id)

    def look(self, channel: Channel) -> None:
        """See whether a channel is hidden now."""
        if channel.hidden:
            self.hidden.add(channel.id)
        else:
            self.hidden.discard(channel.id)

    def _ordered(self) -> list[Channel]:
        """Return the channels in order: sorted once, since a start brings thousands."""
        if not self._sorted:
            self._in_order.sort(key=_FOLDED)
            self._sorted = True
        return self._in_order
