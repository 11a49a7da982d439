"""Facts about channels, as changes of rows."""

from typing import assert_never

from sqlalchemy import Connection, delete, insert, update

from securechat.chat.records import ChannelCreated, ChannelRecord, Joined, Parted, TopicSet
from securechat.irc.names import fold
from securechat.storage.schema import channels, memberships
from securechat.storage.writer.checks import expect_one


def write(connection: Connection, record: ChannelRecord) -> None:
    """Execute what the record means."""
    match record:
        case ChannelCreated():
            _channel_created(connection, record)
        case Joined():
            _joined(connection, record)
        case Parted():
            _parted(connection, record)
        case TopicSet():
            _topic_set(connection, record)
        case _:
            assert_never(record)


def _channel_created(connection: Connection, record: ChannelCreated) -> None:
    connection.execute(
        insert(channels).values(
            id=record.channel,
            name=record.name,
            folded=fold(record.name),
            founder=record.founder,
            created=record.at,
            topic="",
            topic_setter="",
            topic_at=0,
        )
    )


def _joined(connection: Connection, record: Joined) -> None:
    connection.execute(
        insert(memberships).values(channel=record.channel, account=record.user, joined=record.at)
    )


def _parted(connection: Connection, record: Parted) -> None:
    connection.execute(
        delete(memberships).where(
            memberships.c.channel == record.channel, memberships.c.account == record.user
        )
    )


def _topic_set(connection: Connection, record: TopicSet) -> None:
    topic = record.topic
    changed = connection.execute(
        update(channels)
        .where(channels.c.id == record.channel)
        .values(topic=topic.text, topic_setter=topic.setter, topic_at=topic.at)
    )
    expect_one(changed, "channel", record.channel)
