"""Facts about channels, as changes of rows."""

from typing import Final, assert_never

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, update

from securechat.chat.records import (
    ChannelCreated,
    ChannelDropped,
    ChannelModesChanged,
    ChannelRecord,
    ChannelRenamed,
    EntryChanged,
    FounderSet,
    Joined,
    Kicked,
    Parted,
    RanksChanged,
    RetentionSet,
    TopicSet,
)
from securechat.irc.names import fold
from securechat.storage.errors import RecordMismatch
from securechat.storage.schema import channel_lists, channels, dropped_channels, markers, memberships, pins
from securechat.storage.writer.checks import expect_one

_HAVE_FOUNDER: Final = (
    update(channels).where(channels.c.id == bindparam("of")).values(founder=bindparam("by"))
)

# By its whole key: to look for a channel alone would read the markers of everybody.
_FORGET_MARKER: Final = delete(markers).where(
    markers.c.account == bindparam("by"), markers.c.target == bindparam("of")
)


def write(connection: Connection, record: ChannelRecord) -> None:
    """Execute what the record means."""
    match record:
        case ChannelCreated():
            _channel_created(connection, record)
        case ChannelDropped():
            _channel_dropped(connection, record)
        case ChannelRenamed():
            _channel_renamed(connection, record)
        case ChannelModesChanged():
            _modes_changed(connection, record)
        case Joined():
            _joined(connection, record)
        case Parted() | Kicked():
            _left(connection, record)
        case FounderSet():
            _founder_set(connection, record)
        case RetentionSet():
            _retention_set(connection, record)
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
            modes=msgspec.json.encode(record.modes).decode(),
        )
    )


def _channel_dropped(connection: Connection, record: ChannelDropped) -> None:
    for table in (memberships, pins, channel_lists, pins):
        connection.execute(delete(table).where(table.c.channel == record.channel))
    if record.read:
        of_each = [{"by": account, "of": record.channel} for account, _ in record.read]
        connection.execute(_FORGET_MARKER, of_each)
    gone = connection.execute(delete(channels).where(channels.c.id == record.channel))
    expect_one(gone, "channel", record.channel)
    connection.execute(
        insert(dropped_channels).values(id=record.channel, name=record.stored.name, at=record.at)
    )


def _channel_renamed(connection: Connection, record: ChannelRenamed) -> None:
    changed = connection.execute(
        update(channels)
        .where(channels.c.id == record.channel)
        .values(name=record.name, folded=fold(record.name))
    )
    expect_one(changed, "channel", record.channel)


def _modes_changed(connection: Connection, record: ChannelModesChanged) -> None:
    if record.flags is not None:
        modes = msgspec.json.encode(record.flags.modes).decode()
        changed = connection.execute(
            update(channels).where(channels.c.id == record.channel).values(modes=modes)
        )
        expect_one(changed, "channel", record.channel)
    for entry in record.entries:
        _entry_changed(connection, record.channel, entry)
    for change in record.ranks:
        if change.user > 0:  # a session that is a user of its own has no row
            _ranks_changed(connection, record.channel, change)


def _entry_changed(connection: Connection, channel: int, change: EntryChanged) -> None:
    if change.previous is not None:
        e = channel_lists.c
        gone = connection.execute(
            delete(channel_lists).where(e.channel == channel, e.kind == change.kind, e.mask == change.mask)
        )
        expect_one(gone, "list entry of channel", channel)
    if change.entry is not None:
        connection.execute(
            insert(channel_lists).values(
                channel=channel,
                kind=change.kind,
                mask=change.mask,
                **change.entry._asdict(),
            )
        )


def _ranks_changed(connection: Connection, channel: int, change: RanksChanged) -> None:
    m = memberships.c
    changed = connection.execute(
        update(memberships).where(m.channel == channel, m.account == change.user).values(ranks=change.ranks)
    )
    expect_one(changed, "member", change.user)


def _joined(connection: Connection, record: Joined) -> None:
    connection.execute(
        insert(memberships).values(
            channel=record.channel,
            account=record.user,
            joined=record.at,
            joined_id=record.id,
            ranks=record.ranks,
        )
    )


def _left(connection: Connection, record: Parted | Kicked) -> None:
    connection.execute(
        delete(memberships).where(
            memberships.c.channel == record.channel, memberships.c.account == record.user
        )
    )


def _founder_set(connection: Connection, record: FounderSet) -> None:
    """All in one: somebody who has flooded the server is the founder of very many."""
    changed = connection.execute(
        _HAVE_FOUNDER, [{"of": key, "by": record.founder} for key in record.channels]
    )
    if changed.rowcount != len(record.channels):
        some = ", ".join(map(str, record.channels[:10]))
        raise RecordMismatch(f"the database lacks channels whose founder a record changes: {some}")


def _retention_set(connection: Connection, record: RetentionSet) -> None:
    changed = connection.execute(
        update(channels).where(channels.c.id == record.channel).values(retention_days=record.days)
    )
    expect_one(changed, "channel", record.channel)


def _topic_set(connection: Connection, record: TopicSet) -> None:
    topic = record.topic
    changed = connection.execute(
        update(channels)
        .where(channels.c.id == record.channel)
        .values(topic=topic.text, topic_setter=topic.setter, topic_at=topic.at)
    )
    expect_one(changed, "channel", record.channel)
