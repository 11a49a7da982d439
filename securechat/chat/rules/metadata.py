"""What people and channels say of themselves, for programs (https://ircv3.net/specs/extensions/metadata).

A *target* is a channel's id, or minus an account's. What a session wants to hear of ends with it.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from securechat.chat.audience import Audience
from securechat.chat.limits import METADATA_BYTES, METADATA_KEYS, METADATA_SUBS
from securechat.chat.line import Line
from securechat.chat.records import MetadataSet
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import Session
from securechat.chat.state.user import User
from securechat.chat.turn.context import Context
from securechat.irc import capabilities as cap
from securechat.irc import numerics as num

if TYPE_CHECKING:
    from securechat.chat.core import Core

VALUE: Final = f"max-subs={METADATA_SUBS},max-keys={METADATA_KEYS},max-value-bytes={METADATA_BYTES}"


def name_of(registry: Registry, target: int) -> str:
    """How a target is called: a channel's name, or somebody's nick."""
    if target > 0:
        return registry.channels[target].name
    user = registry.users.get(-target)
    return user.nick if user is not None else registry.accounts[-target].name


def batch(ctx: Context, kind: str, params: tuple[str, ...], lines: Iterable[Line]) -> Line:
    """A short batch as one reply, or just its lines for a session that does not know batches."""
    parts, at = tuple(lines), ctx.core.now.wall
    ctx.session.batches += 1
    opening = (f"+{ctx.session.batches}", kind, *params)
    instead = Line("", "", at=at, parts=parts) if parts else None
    server = ctx.settings.server_name
    return Line(server, "BATCH", opening, None, at, needs=cap.BATCH, instead=instead, parts=parts)


def own(ctx: Context) -> Iterator[Line]:
    """What is said of the session's own account, for the welcome; nothing without the capability."""
    if ctx.session.has(cap.METADATA):
        target, at = -ctx.user.account.id, ctx.core.now.wall
        values = sorted(ctx.registry.metadata.get(target, {}).items())
        lines = [line(ctx.registry, target, key, value, at) for key, value in values]
        yield batch(ctx, "metadata", (ctx.nick,), lines)


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
        for user in {session.user for session in registry.accounts[-target].sessions if session.user}:
            _add(found, [user], wants)
            for channel in registry.channels_of(user.id):
                _add(found, [u for u in registry.online(channel) if channel.shows(user.id, u.id)], wants)
    return Audience.of((session.link, session.key) for session in found)


def tell_watchers(core: "Core", user: User) -> None:
    """Tell those who watch somebody who has come online what they subscribed to."""

    def subscribed_to(key: str) -> Callable[[Session], bool]:
        return lambda session: key in session.subscriptions

    target = -user.account.id
    for key, value in sorted(core.registry.metadata.get(target, {}).items()):
        watchers = core.monitors.watchers(user.nick, subscribed_to(key))
        core.fanout.broadcast(watchers, line(core.registry, target, key, value, core.now.wall))


def forget(core: "Core", target: int, by: int, origin: Context | None) -> None:
    """Take everything away that is said of a target, which is about to go."""
    for key, value in sorted(core.registry.metadata.get(target, {}).items()):
        core.enter(MetadataSet(target, key, None, value, by, core.now.wall), origin)


def _add(found: dict[Session, None], users: Iterable[User], wants: Callable[[Session], bool]) -> None:
    found.update(dict.fromkeys(session for user in users for session in user.sessions if wants(session)))
