"""The channels of an export: new ones as they were, and one that nobody has used yet becomes what it was.

The latter is for `channels.autojoin`, which the first account makes. Every other channel that is here already
stays as it is; only what was said there is added.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, delete, exists, func, select, update

from securechat.chat.limits import PERSONAL_KEYS
from securechat.chat.reading import first_id_at
from securechat.chat.records import (
    ChannelCreated,
    ChannelModesChanged,
    EntryChanged,
    FlagsChanged,
    Joined,
    ListEntry,
    MessagePinned,
    MetadataSet,
    RetentionSet,
    Topic,
    TopicSet,
)
from securechat.chat.records.channels import SHARED_CHANNEL_MODES
from securechat.irc import msgid
from securechat.irc.names import fold
from securechat.irc.timestamp import parse
from securechat.storage.errors import BadExport
from securechat.storage.exchange.checking import Contents
from securechat.storage.exchange.form import Channel, Entry, Member
from securechat.storage.rows import decode_modes
from securechat.storage.schema import accounts, channels, dropped_channels, memberships, messages
from securechat.storage.writer import channels as channel_rows
from securechat.storage.writer import places

_NONE: Final = Topic("", "", 0)


class ChannelImporter:
    """Writes channels through one connection; `ids` are all channels by their folded names."""

    def __init__(self, connection: Connection, contents: Contents, people: Mapping[str, int]) -> None:
        self._connection = connection
        self._contents = contents
        self._people = people
        rows = connection.execute(select(channels.c.folded, channels.c.id))
        self.ids = {folded: key for folded, key in rows}
        self._filled: dict[int, Channel] = {}

    def add(self) -> int:
        """Write the channels and return how many; the accounts are there. Raises BadExport."""
        for folded, line in self._contents.channels.items():
            if folded not in self.ids:
                self.ids[folded] = self._create(line)
            elif not self._is_unused(self.ids[folded]):
                continue
            self._filled[self.ids[folded]] = line
        for channel, line in self._filled.items():  # all are there, one may lead to another
            self._fill(channel, line)
        for folded, name in self._contents.spoken_in.items():
            if folded not in self.ids:
                raise BadExport(f"the export names the channel {name!r} and does not describe it")
        return len(self._filled)

    def pin(self) -> None:
        """Pin what was pinned in these channels; the messages are there."""
        for channel, line in self._filled.items():
            for pin in line.pins:
                key = msgid.decode(pin.msgid)
                m = messages.c
                # A pin shows its message to everybody in the channel, so it has to be one of the channel.
                there = exists().where(
                    m.id == key, m.channel == channel, m.redacted.is_(None), m.rank.is_(None)
                )
                if self._connection.scalar(select(there)):
                    pinned = MessagePinned(channel, key, self._people[fold(pin.account)], parse(pin.at))
                    places.write(self._connection, pinned)

    def _create(self, line: Channel) -> int:
        highest = [
            self._connection.scalar(select(func.max(t.c.id))) or 0 for t in (channels, dropped_channels)
        ]
        created = ChannelCreated(max(highest) + 1, line.name, None, parse(line.created), {})
        channel_rows.write(self._connection, created)
        return created.channel

    def _is_unused(self, channel: int) -> bool:
        """Return whether a channel is as the server makes it, and nothing but joining has happened there."""
        c, m = channels.c, messages.c
        row = self._connection.execute(
            select(c.founder, c.topic, c.modes, c.retention_days).where(c.id == channel)
        ).one()
        if (row.founder, row.topic, row.retention_days) != (None, "", None):
            return False
        used = exists().where(m.channel == channel, m.command != "JOIN")
        return decode_modes(row.modes) == SHARED_CHANNEL_MODES and not self._connection.scalar(select(used))

    def _fill(self, channel: int, line: Channel) -> None:
        created = parse(line.created)
        founder = None if line.founder is None else self._people[fold(line.founder)]
        left = None if founder in self._removed() else founder
        values = {channels.c.founder: left, channels.c.created: created}
        self._connection.execute(update(channels).where(channels.c.id == channel).values(values))
        entries = {
            (kind, entry.mask): _listed(entry) for kind, listed in line.lists.items() for entry in listed
        }
        changes = tuple(EntryChanged(kind, mask, entry, None) for (kind, mask), entry in entries.items())
        flags = FlagsChanged(self._modes(line.modes), {})
        modes = ChannelModesChanged(0, channel, 0, "", (), flags, changes)
        channel_rows.write(self._connection, modes)
        channel_rows.write(self._connection, RetentionSet(channel, line.retention_days, None))
        if line.topic:
            at = parse(line.topic_at) if line.topic_at is not None else created
            topic = TopicSet(0, channel, Topic(line.topic, line.topic_setter, at), _NONE)
            channel_rows.write(self._connection, topic)
        for key, value in line.metadata.items():
            if key not in PERSONAL_KEYS:  # an operator of an older server set it for everybody
                places.write(self._connection, MetadataSet(channel, key, value, None, 0, created))
        self._fill_members(channel, line)

    def _modes(self, written: Mapping[str, str]) -> dict[str, str]:
        """Return the modes with the id of the channel that +f leads to; without it when there is none."""
        target = self.ids.get(fold(written.get("f", "")))
        others = {letter: argument for letter, argument in written.items() if letter != "f"}
        return others if target is None else {**others, "f": str(target)}

    def _fill_members(self, channel: int, line: Channel) -> None:
        """Add the members; who has joined here by itself already becomes what it was there."""
        m, gone = memberships.c, self._removed()
        members = {self._people[fold(member.account)]: member for member in line.members}
        for account, member in members.items():
            if account not in gone:
                self._connection.execute(
                    delete(memberships).where(m.channel == channel, m.account == account)
                )
                channel_rows.write(self._connection, _joined(account, channel, member))

    def _removed(self) -> set[int]:
        """Return the accounts that are no more than a name: they are in no channel, and found none."""
        a = accounts.c
        return set(self._connection.scalars(select(a.id).where(a.phc.is_(None))))


def _listed(entry: Entry) -> ListEntry:
    """Return an entry of a list; one that is over goes soon after the start."""
    until = parse(entry.expires) if entry.expires is not None else 0
    return ListEntry(entry.setter, parse(entry.at), entry.reason, until)


def _joined(account: int, channel: int, member: Member) -> Joined:
    """Return how somebody became a member; the msgid is missing in exports of before it was kept."""
    at = parse(member.joined)
    key = first_id_at(at) if member.msgid is None else msgid.decode(member.msgid)
    return Joined(key, account, channel, at, member.ranks)
