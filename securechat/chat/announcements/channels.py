"""What people see of changes of channels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, assert_never

from securechat.chat import presence
from securechat.chat.channel import Channel
from securechat.chat.fanout import Fanout
from securechat.chat.line import MAX_BODY, Line, body
from securechat.chat.records import (
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    ChannelRecord,
    ChannelRenamed,
    Joined,
    Kicked,
    Parted,
    Shown,
    TopicSet,
    mode_params,
)
from securechat.chat.registry import Registry
from securechat.chat.user import User

if TYPE_CHECKING:
    from securechat.chat.context import Context


def announce(fanout: Fanout, registry: Registry, record: ChannelRecord, origin: "Context | None") -> None:
    """Show a record to the channel's members."""
    match record:
        case Joined():
            _joined(fanout, registry, record, origin)
        case Parted():
            _parted(fanout, registry, record, origin)
        case Kicked():
            _kicked(fanout, registry, record, origin)
        case TopicSet():
            _topic(fanout, registry, record, origin)
        case ChannelModesChanged():
            _modes(fanout, registry, record, origin)
        case ChannelDropped():
            _dropped(fanout, registry, record)
        case ChannelRenamed():
            pass
        case ChannelCreated():
            pass  # its founder joins next
        case _:
            assert_never(record)


def _joined(fanout: Fanout, registry: Registry, record: Joined, origin: "Context | None") -> None:
    user = registry.users.get(record.user)
    if user is None:
        return
    channel = registry.channels[record.channel]
    fanout.broadcast(channel.audience, presence.joined(user, channel.name, record.at, record.id), origin)
    presence.show_away(fanout, channel.audience, user, record.at)
    show_ranks(fanout, registry, channel, user, record.at)


def show_ranks(fanout: Fanout, registry: Registry, channel: Channel, user: User, at: int) -> None:
    """Tell the others the ranks of somebody who came; the one who came reads them in NAMES."""
    ranks = channel.ranks(user.id)
    others = channel.audience.without(user.audience)
    if ranks and others.groups:
        shown = [Shown(True, rank, user.nick) for rank in ranks]
        for line in mode_lines(registry.server_name, None, channel.name, shown, at):
            fanout.broadcast(others, line)


def _parted(fanout: Fanout, registry: Registry, record: Parted, origin: "Context | None") -> None:
    user = registry.users.get(record.user)
    if user is not None:
        channel = registry.channels[record.channel]
        text = record.reason or None
        line = user.line("PART", (channel.name,), text, record.at, record.id)
        fanout.broadcast(channel.audience, line, origin)


def _kicked(fanout: Fanout, registry: Registry, record: Kicked, origin: "Context | None") -> None:
    user = registry.users.get(record.user)
    nick = user.nick if user is not None else registry.accounts[record.user].name
    channel = registry.channels[record.channel]
    source, account = _by(registry, record.by)
    line = Line(source, "KICK", (channel.name, nick), record.reason, record.at, record.id, account)
    fanout.broadcast(channel.audience, line, origin)


def _topic(fanout: Fanout, registry: Registry, record: TopicSet, origin: "Context | None") -> None:
    channel = registry.channels[record.channel]
    source, account = _by(registry, record.topic.setter)
    line = Line(source, "TOPIC", (channel.name,), record.topic.text, record.topic.at, record.id, account)
    fanout.broadcast(channel.audience, line, origin)


def _modes(fanout: Fanout, registry: Registry, record: ChannelModesChanged, origin: "Context | None") -> None:
    channel = registry.channels[record.channel]
    source, account = _by(registry, record.by)
    for line in mode_lines(source, account, channel.name, record.shown, record.at, record.id):
        fanout.broadcast(channel.audience, line, origin)


def _dropped(fanout: Fanout, registry: Registry, record: ChannelDropped) -> None:
    """Everybody sees only themselves go: of n members going one by one there would be n² lines."""
    channel = registry.channels[record.channel]
    for user in registry.online(channel):
        line = Line(user.source, "PART", (channel.name,), record.reason, record.at, None, user.account.name)
        fanout.broadcast(user.audience, line)


def mode_lines(
    source: str, account: str | None, name: str, shown: Sequence[Shown], at: int, key: int | None = None
) -> list[Line]:
    """Write changes of modes as one MODE line, or as several when they do not fit; the first has the id."""
    line = Line(source, "MODE", (name, *mode_params(shown)), None, at, key, account)
    if len(body(line)) <= MAX_BODY or len(shown) == 1:
        return [line]
    half = len(shown) // 2
    first = mode_lines(source, account, name, shown[:half], at, key)
    return [*first, *mode_lines(source, account, name, shown[half:], at)]


def _by(registry: Registry, nick: str) -> tuple[str, str | None]:
    """Return the source and the account of who did something; the server when they are not online."""
    user = registry.user(nick)
    return (user.source, user.account.name) if user is not None else (registry.server_name, None)
