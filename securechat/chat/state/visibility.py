"""Who sees whom."""

from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import INVISIBLE, User


def shared(registry: Registry, one: User, other: User) -> list[Channel]:
    """Return the channels in which `one` sees `other`, in the order in which `other` joined."""
    mine = registry.memberships.get(one.id, {})
    theirs = registry.channels_of(other.id)
    return [channel for channel in theirs if channel.id in mine and channel.shows(other.id, one.id)]


def is_listed(registry: Registry, viewer: User, user: User) -> bool:
    """Return whether a list shows the user to the viewer.

    "Visible users are users who either aren't invisible or have a common channel with the requesting client."
    """
    return INVISIBLE not in user.modes or viewer is user or bool(shared(registry, viewer, user))
