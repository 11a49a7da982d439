"""What people see of changes of channels."""

from collections.abc import Iterator, Sequence
from typing import assert_never

from securechat.chat.line import Line, fits
from securechat.chat.lines import presence
from securechat.chat.lines.fanout import Fanout
from securechat.chat.lines.origin import Origin
from securechat.chat.records import (
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    ChannelRecord,
    ChannelRenamed,
    FounderSet,
    Joined,
    Kicked,
    Parted,
    RetentionSet,
    Shown,
    TopicSet,
    mode_params,
)
from securechat.chat.state.channel import Channel
from securechat.chat.state.registry import Registry
from securechat.chat.state.session import User
from securechat.irc import capabilities as cap
from securechat.irc.names import fold


def announce(fanout: Fanout, registry: Registry, record: ChannelRecord, origin: Origin | None) -> None:
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
            _dropped(fanout, registry, record, origin)
        case ChannelRenamed():
            _renamed(fanout, registry, record, origin)
        case ChannelCreated():
            pass  # its founder joins next
        case FounderSet() | RetentionSet():
            pass
        case _:
            assert_never(record)


def _joined(fanout: Fanout, registry: Registry, record: Joined, origin: Origin | None) -> None:
    user = registry.users.get(record.user)
    if user is None:
        return
    channel = registry.channels[record.channel]
    witnesses = registry.witnesses(channel, user.id)
    fanout.broadcast(witnesses, presence.joined(user, channel.name, record.at, record.id), origin)
    presence.show_away(fanout, witnesses, user, record.at)
    show_ranks(fanout, registry, channel, user, record.at)


def show_ranks(fanout: Fanout, registry: Registry, channel: Channel, user: User, at: int) -> None:
    """Tell the others the ranks of somebody who came; the one who came reads them in NAMES."""
    ranks = channel.ranks(user.id)
    if not ranks:
        return
    others = channel.audience.without(user.audience)
    if others.groups:
        shown = [Shown(True, rank, user.nick) for rank in ranks]
        for line in mode_lines(Line(registry.server_name, "MODE", (channel.name,), None, at), shown):
            fanout.broadcast(others, line)


def _parted(fanout: Fanout, registry: Registry, record: Parted, origin: Origin | None) -> None:
    user = registry.users.get(record.user)
    if user is not None:
        channel = registry.channels[record.channel]
        text = record.reason or None
        line = user.line("PART", (channel.name,), text, record.at, record.id)
        fanout.broadcast(registry.witnesses(channel, user.id), line, origin)


def _kicked(fanout: Fanout, registry: Registry, record: Kicked, origin: Origin | None) -> None:
    user = registry.users.get(record.user)
    nick = user.nick if user is not None else registry.accounts[record.user].name
    channel = registry.channels[record.channel]
    params = (channel.name, nick)
    line = _by(registry, record.by, "KICK", params, record.reason, record.at, record.id)
    fanout.broadcast(registry.witnesses(channel, record.user), line, origin)


def _topic(fanout: Fanout, registry: Registry, record: TopicSet, origin: Origin | None) -> None:
    channel, topic = registry.channels[record.channel], record.topic
    line = _by(registry, topic.setter, "TOPIC", (channel.name,), topic.text, topic.at, record.id)
    fanout.broadcast(channel.audience, line, origin)


def _modes(fanout: Fanout, registry: Registry, record: ChannelModesChanged, origin: Origin | None) -> None:
    channel = registry.channels[record.channel]
    line = _by(registry, record.by, "MODE", (channel.name,), None, record.at, record.id)
    for one in mode_lines(line, record.shown):
        fanout.broadcast(channel.audience, one, origin)


def _dropped(fanout: Fanout, registry: Registry, record: ChannelDropped, origin: Origin | None) -> None:
    """Everybody sees only themselves go: of n members going one by one there would be n² lines."""
    channel = registry.channels[record.channel]

    def gone(user: User) -> Line:
        return user.line("PART", (channel.name,), record.reason, record.at)

    members = registry.online(channel)
    doing = origin.session.user if origin is not None else None
    if doing in members:
        members.remove(doing)
        fanout.broadcast(doing.audience, gone(doing), origin)
    fanout.each(members, lambda user, _: [gone(user)])


def _renamed(fanout: Fanout, registry: Registry, record: ChannelRenamed, origin: Origin | None) -> None:
    doing = origin.session if origin is not None else None

    def renamed(user: User, caps: int) -> Iterator[Line]:
        return _rename_lines(registry, record, user, caps)

    fanout.each(registry.online(registry.channels[record.channel]), renamed, doing)
    if origin is not None and doing is not None and doing.user is not None:
        for line in renamed(doing.user, doing.caps):
            origin.reply(line)


def _rename_lines(registry: Registry, record: ChannelRenamed, user: User, caps: int) -> Iterator[Line]:
    """A RENAME. A client that does not know it leaves one channel and joins the other (IRCv3 channel-rename).

    The command sends the lines that follow a JOIN: they are long.
    """
    at = record.at
    if caps & cap.CHANNEL_RENAME:
        params = (record.previous, record.name)
        yield _by(registry, record.by, "RENAME", params, record.reason, at, record.id)
    elif fold(record.previous) != fold(record.name):
        yield user.line("PART", (record.previous,), record.reason or None, at)
        yield presence.joined(user, record.name, at)


def mode_lines(line: Line, shown: Sequence[Shown]) -> list[Line]:
    """Write changes of modes as one MODE line, or as several when they do not fit; the first has the id."""
    written = line._replace(params=(*line.params, *mode_params(shown)))
    if fits(written) or len(shown) == 1:
        return [written]
    half = len(shown) // 2
    return [*mode_lines(line, shown[:half]), *mode_lines(line._replace(id=None), shown[half:])]


def _by(
    registry: Registry,
    nick: str,
    command: str,
    params: tuple[str, ...],
    text: str | None,
    at: int,
    key: int,
) -> Line:
    """The line that shows what somebody did; it comes from the server when they are not online."""
    user = registry.user(nick)
    if user is None:
        return Line(registry.server_name, command, params, text, at, key)
    return user.line(command, params, text, at, key)
