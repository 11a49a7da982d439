"""How metadata looks, and who hears of it (https://ircv3.net/specs/extensions/metadata).

A *target* is a channel's id, or minus an account's. A session's subscriptions end with it.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from typing import NamedTuple

from securechat.chat.audience import Audience
from securechat.chat.line import Line
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session, User
from securechat.chat.state.visibility import metadata_of
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num


class Named(NamedTuple):
    """A target, and how those who are told of it call it: a channel's name or a nick."""

    target: int
    name: str


def line(registry: Registry, name: str, key: str, value: str | None, at: int) -> Line:
    """The line that tells a value, or without one that the key has no value any more.

    Both drafts have their form.
    """
    server = registry.server_name
    older = Line(server, "METADATA", (name, key, "*"), value, at, needs=cap.METADATA)
    if value is None:
        newer = Line(server, num.RPL_KEYNOTSET, ("*", name, key), "The key is not set", at)
    else:
        newer = Line(server, num.RPL_KEYVALUE, ("*", name, key, "*"), value, at)
    return newer._replace(needs=cap.METADATA_3, instead=older)


def said_of(
    registry: Registry, viewer: Session, named: Named, keys: Container[str], at: int
) -> Iterator[Line]:
    """What is said of a target under these keys, as a session's account sees it."""
    assert viewer.account is not None, "it has logged in"
    for key, value in sorted(metadata_of(registry, named.target, viewer.account.id).items()):
        if key in keys:
            yield line(registry, named.name, key, value, at)


def name_of(registry: Registry, target: int) -> str:
    """How a target that is there is called: a channel's name, or what people call an account."""
    return registry.channels[target].name if target > 0 else registry.called(-target)


def own(registry: Registry, viewer: Session, keys: Container[str], at: int) -> Iterator[Line]:
    """What a session's account keeps for itself under these keys, of everything."""
    assert viewer.account is not None, "it has logged in"
    for target, values in sorted(registry.personal.get(viewer.account.id, {}).items()):
        if not values:
            continue  # the target has gone while this is being shown
        name = name_of(registry, target)
        for key, value in sorted(values.items()):
            if key in keys:
                yield line(registry, name, key, value, at)


def subscribed(
    registry: Registry, session: Session, targets: Iterable[Named], at: int
) -> Iterator[Line | None]:
    """What is said of these targets under the keys that the session subscribed to."""
    for named in targets:
        yield from said_of(registry, session, named, session.subscriptions, at)
        yield None


def watched(
    registry: Registry, viewer: Session, nicks: Iterable[str], keys: Container[str], at: int
) -> Iterator[Line]:
    """What is said under these keys of those of the nicks who are online."""
    users = (registry.user(nick) for nick in nicks)
    for named in dict.fromkeys(Named(-user.account.id, user.nick) for user in users if user is not None):
        yield from said_of(registry, viewer, named, keys, at)


def heard_in(registry: Registry, channel: Channel, viewer: User) -> list[Named]:
    """A channel and those of its members who are online and whom the viewer may see, as targets."""
    seen = (user for user in registry.online(channel) if channel.shows(user.id, viewer.id))
    return [Named(channel.id, channel.name), *(Named(-user.account.id, user.nick) for user in seen)]


def sync_later(
    registry: Registry, session: Session, channel: Channel, at: int, silent: set[int] | None = None
) -> Iterator[Line | None]:
    """The hint that METADATA SYNC has something for the session, if there is.

    `silent` are targets of which it is known that nothing is said that the session wants to hear.
    """
    user, silent = session.user, set() if silent is None else silent
    if not session.subscriptions or user is None:
        return
    for named in heard_in(registry, channel, user):
        if named.target in silent:
            continue
        if next(said_of(registry, session, named, session.subscriptions, at), None) is not None:
            params = (user.nick, channel.name)
            later = Line(registry.server_name, num.RPL_METADATASYNCLATER, params, None, at)
            yield later._replace(needs=cap.METADATA_3, instead=later._replace(needs=cap.METADATA))
            return
        silent.add(named.target)
        yield None


def listeners(
    registry: Registry, target: int, key: str, without: Session | None
) -> Iterator[tuple[str, Audience]]:
    """The sessions that subscribed to the key, with how they call the target.

    Of a channel these are its members', of an account its own, those in a channel with it, and who watches.
    """

    def wants(session: Session) -> bool:
        return session is not without and key in session.subscriptions

    if target > 0:
        channel = registry.channels[target]
        yield channel.name, _sessions(registry.online(channel), wants)
        return
    users = registry.users_of(registry.accounts[-target])
    online = registry.users.values() if users else ()
    subscribers = {session for user in online for session in user.sessions if wants(session)}
    known: dict[frozenset[Session], Audience] = {}
    near: dict[Audience, set[Session]] = {}
    for user in users:
        peers = registry.peers(user)
        if peers not in near:
            near[peers] = {session for session in subscribers if session.link in peers.keys}
        told = frozenset(near[peers] | (subscribers & registry.monitors.watching(user.nick)))
        if told not in known:  # the users of an account mostly know the same people
            known[told] = audience_of(told)
        yield user.nick, known[told]


def _sessions(users: Iterable[User], wants: Callable[[Session], bool]) -> Audience:
    return audience_of(session for user in users for session in user.sessions if wants(session))


def audience_of(sessions: Iterable[Session]) -> Audience:
    """Return the audience of these sessions, each of which is there once."""
    return Audience.of((session.link, session.key) for session in sessions)
