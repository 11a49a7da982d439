"""Who sees whom."""

from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import INVISIBLE, User


def first_shared(registry: Registry, one: User, other: User) -> Channel | None:
    """Return the channel in which `one` sees `other` that `other` joined first, None when there is none."""
    mine = registry.memberships.get(one.id, {})
    for channel_id in registry.memberships.get(other.id, ()):
        if channel_id in mine and (channel := registry.channels[channel_id]).shows(other.id, one.id):
            return channel
    return None


def is_listed(registry: Registry, viewer: User, user: User) -> bool:
    """Return whether a list shows the user to the viewer.

    "Visible users are users who either aren't invisible or have a common channel with the requesting client."
    """
    return INVISIBLE not in user.modes or viewer is user or first_shared(registry, viewer, user) is not None


def metadata_of(registry: Registry, target: int, viewer: int) -> dict[str, str]:
    """Return the metadata of a target as an account sees it: what is said of it, and what is its own."""
    return {**registry.metadata.get(target, {}), **registry.personal.get(viewer, {}).get(target, {})}
