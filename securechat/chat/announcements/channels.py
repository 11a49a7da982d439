"""What people see of changes of channels."""

from typing import TYPE_CHECKING, assert_never

from securechat.chat.fanout import Fanout
from securechat.chat.line import Line
from securechat.chat.records import ChannelCreated, ChannelRecord, Joined, Parted, TopicSet
from securechat.chat.registry import Registry

if TYPE_CHECKING:
    from securechat.chat.context import Context


def announce(fanout: Fanout, registry: Registry, record: ChannelRecord, origin: "Context | None") -> None:
    """Show a record to the channel's members."""
    match record:
        case Joined():
            _joined(fanout, registry, record, origin)
        case Parted():
            _parted(fanout, registry, record, origin)
        case TopicSet():
            _topic(fanout, registry, record, origin)
        case ChannelCreated():
            pass  # its founder joins next
        case _:
            assert_never(record)


def _joined(fanout: Fanout, registry: Registry, record: Joined, origin: "Context | None") -> None:
    user = registry.users.get(record.user)
    if user is not None:
        channel = registry.channels[record.channel]
        line = Line(user.source, "JOIN", (channel.name,), None, record.at, record.id, user.account.name)
        fanout.broadcast(channel.audience, line, origin)


def _parted(fanout: Fanout, registry: Registry, record: Parted, origin: "Context | None") -> None:
    user = registry.users.get(record.user)
    if user is not None:
        channel = registry.channels[record.channel]
        text = record.reason or None
        line = Line(user.source, "PART", (channel.name,), text, record.at, record.id, user.account.name)
        fanout.broadcast(channel.audience, line, origin)


def _topic(fanout: Fanout, registry: Registry, record: TopicSet, origin: "Context | None") -> None:
    channel = registry.channels[record.channel]
    user = registry.user(record.topic.setter)
    source, account = (user.source, user.account.name) if user is not None else (registry.server_name, None)
    line = Line(source, "TOPIC", (channel.name,), record.topic.text, record.topic.at, record.id, account)
    fanout.broadcast(channel.audience, line, origin)
