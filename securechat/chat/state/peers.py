"""Who shares a channel with whom, for what everybody who knows somebody is told: QUIT, NICK, AWAY.

To put the members of 256 channels together takes milliseconds. Users who are in the same channels have the
same peers, so these are remembered until somebody comes to hear a channel, or leaves one and goes on: of many
who go at once each costs only itself. Sessions that have ended may be among the peers, which hear nothing
any more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from securechat.chat.audience import Audience, Listeners, together
from securechat.chat.state.channel import Channel
from securechat.chat.state.session import User

_REMEMBERED: Final = 64
_OFTEN: Final = 16
"""When people meet in so many channels on average, one finds sooner who meets than where everybody meets."""


class Peers:
    """The audiences of sets of channels, by their ids."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[frozenset[int], Audience] = {}

    def of(self, channels: frozenset[int], find: Callable[[], Audience]) -> Audience:
        """Return the peers of who is in these channels: what `find` returns, if it was not asked before."""
        known = self._known.get(channels)
        if known is None:
            if len(self._known) >= _REMEMBERED:
                self.forget()
            known = self._known[channels] = find()
        return known

    def forget(self) -> None:
        """Somebody comes to hear a channel, or leaves one."""
        self._known.clear()


def sharing(
    channels: frozenset[int],
    listeners: Sequence[Listeners],
    users: Mapping[int, User],
    memberships: Mapping[int, Mapping[int, None]],
) -> Audience:
    """Return everybody who is in one of these channels, which have these listeners.

    The members of 256 channels are put together in milliseconds, since they are the same people again and
    again. Then everybody who is online is asked: whoever shares many channels is found after a few.
    """
    if sum([one.size for one in listeners]) <= _OFTEN * len(users):
        return together(listeners, ())
    near = [user for user in users.values() if not channels.isdisjoint(memberships.get(user.id, ()))]
    return Audience.of((session.link, session.key) for user in near for session in user.sessions)


def witnesses(channel: Channel, user_id: int, users: Mapping[int, User]) -> Audience:
    """Everybody who sees a member come and go: in an auditorium not those without a rank."""
    if "u" not in channel.modes or channel.ranks(user_id):
        return channel.audience
    shown = [one for one, its in channel.members.items() if its.ranks or one == user_id]
    return together((), [users[one].audience for one in shown if one in users])
