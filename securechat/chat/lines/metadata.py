"""How metadata looks, and who hears of it (https://ircv3.net/specs/extensions/metadata).

A *target* is a channel's id, or minus an account's. What a session wants to hear of ends with it.
"""

from collections.abc import Callable, Container, Iterable, Iterator

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session, User
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num


def name_of(registry: Registry, target: int) -> str:
    """How a target is called: a channel's name, or somebody's nick."""
    if target > 0:
        return registry.channels[target].name
    user = registry.users.get(-target)
    return user.nick if user is not None else registry.accounts[-target].name


def line(registry: Registry, target: int, key: str, value: str | None, at: int) -> Line:
    """The line that tells a value; without one, that there is none any more."""
    params = (name_of(registry, target), key, "*")
    return Line(registry.server_name, "METADATA", params, value, at, needs=cap.METADATA)


def subscribed(registry: Registry, session: Session, targets: Iterable[int], at: int) -> Iterator[Line]:
    """What is said of these targets under the keys that the session subscribed to."""
    for target in targets:
        for key, value in sorted(registry.metadata.get(target, {}).items()):
            if key in session.subscriptions:
                yield line(registry, target, key, value, at)


def watched(registry: Registry, nicks: Iterable[str], keys: Container[str], at: int) -> Iterator[Line]:
    """What is said under these keys of those of the nicks who are online."""
    users = (registry.user(nick) for nick in nicks)
    for target in dict.fromkeys(-user.account.id for user in users if user is not None):
        for key, value in sorted(registry.metadata.get(target, {}).items()):
            if key in keys:
                yield line(registry, target, key, value, at)


def heard_in(registry: Registry, channel: Channel, viewer: User) -> list[int]:
    """A channel and those of its members who are online and whom the viewer may see, as targets."""
    seen = (user for user in registry.online(channel) if channel.shows(user.id, viewer.id))
    return [channel.id, *dict.fromkeys(-user.account.id for user in seen)]


def sync_later(registry: Registry, session: Session, channel: Channel, at: int) -> Iterator[Line]:
    """The hint that METADATA SYNC has something for the session, if there is."""
    user = session.user
    if not session.subscriptions or user is None:
        return
    if next(subscribed(registry, session, heard_in(registry, channel, user), at), None) is not None:
        params = (user.nick, channel.name)
        yield Line(registry.server_name, num.RPL_METADATASYNCLATER, params, None, at, needs=cap.METADATA)


def listeners(registry: Registry, target: int, key: str, without: Session | None) -> Audience:
    """The sessions in a common channel that subscribed to the key, and an account's own."""

    def wants(session: Session) -> bool:
        return session is not without and key in session.subscriptions

    found: dict[Session, None] = {}
    if target > 0:
        _add(found, registry.online(registry.channels[target]), wants)
    else:
        for user in {
            session.user for session in registry.sessions_of(registry.accounts[-target]) if session.user
        }:
            _add(found, [user], wants)
            for channel in registry.channels_of(user.id):
                _add(found, [u for u in registry.online(channel) if channel.shows(user.id, u.id)], wants)
    return Audience.of((session.link, session.key) for session in found)


def _add(found: dict[Session, None], users: Iterable[User], wants: Callable[[Session], bool]) -> None:
    found.update(dict.fromkeys(session for user in users for session in user.sessions if wants(session)))
