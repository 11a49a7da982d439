"""The channels that one is in, and who is there: as the server tells it line by line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from securechat.irc.names import fold


@dataclass(slots=True)
class Channel:
    """One channel. `members` are nicks by their folded form.

    `restored` is true between a reconnection's JOIN and its NAMES: nobody needs to be told again.
    """

    name: str
    topic: str = ""
    members: dict[str, str] = field(default_factory=dict)
    restored: bool = False

    @property
    def nicks(self) -> tuple[str, ...]:
        """The members' nicks, sorted."""
        return tuple(nick for _, nick in sorted(self.members.items()))


class Roster:
    """Channels by their folded name."""

    def __init__(self) -> None:
        self._channels: dict[str, Channel] = {}
        self._arriving: dict[str, list[str]] = {}

    def __iter__(self) -> Iterator[Channel]:
        return iter(list(self._channels.values()))

    def get(self, name: str) -> Channel | None:
        """Return the channel of this name, if one is in it."""
        return self._channels.get(fold(name))

    def enter(self, name: str) -> Channel:
        """One is in this channel from now on; what was known of it is forgotten."""
        channel = self._channels[fold(name)] = Channel(name)
        return channel

    def leave(self, name: str) -> None:
        """One is not in this channel any more."""
        self._channels.pop(fold(name), None)

    def rename_channel(self, old: str, new: str) -> None:
        """A channel that one is in has another name."""
        channel = self._channels.pop(fold(old), None)
        if channel is not None:
            channel.name = new
            self._channels[fold(new)] = channel

    def add(self, channel: str, nick: str) -> None:
        """Somebody is in a channel from now on."""
        found = self.get(channel)
        if found is not None:
            found.members[fold(nick)] = nick

    def remove(self, channel: str, nick: str) -> None:
        """Somebody has left a channel: also one whose names are still coming."""
        found = self.get(channel)
        if found is not None:
            found.members.pop(fold(nick), None)
            self._not_arriving(channel, nick)

    def remove_everywhere(self, nick: str) -> tuple[str, ...]:
        """Somebody has left the chat; return the channels that they were in."""
        for name in self._arriving:
            self._not_arriving(name, nick)
        return tuple(channel.name for channel in self if channel.members.pop(fold(nick), None) is not None)

    def _not_arriving(self, channel: str, nick: str) -> None:
        arriving = self._arriving.get(fold(channel), [])
        arriving[:] = [name for name in arriving if fold(name) != fold(nick)]

    def rename(self, old: str, new: str) -> None:
        """Somebody has another nick."""
        for channel in self:
            if channel.members.pop(fold(old), None) is not None:
                channel.members[fold(new)] = new

    def listed(self, channel: str, nicks: Iterable[str]) -> None:
        """A line of NAMES names these."""
        self._arriving.setdefault(fold(channel), []).extend(nicks)

    def list_complete(self, channel: str) -> tuple[str, ...]:
        """NAMES is complete; return who is in the channel, sorted, whether or not one is in it oneself."""
        members = {fold(nick): nick for nick in self._arriving.pop(fold(channel), [])}
        found = self.get(channel)
        if found is not None:
            found.members = members
        return tuple(nick for _, nick in sorted(members.items()))

    def expect_restoration(self) -> None:
        """A new connection is there: the server is going to tell of every channel again."""
        self._arriving.clear()
        for channel in self:
            channel.restored = True
