"""Channels as lines of an export: what they are, who is in them, and what is kept beside their messages."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, Row, select

from securechat.irc import msgid
from securechat.irc.timestamp import format_ms
from securechat.storage.exchange.form import Channel, Entry, Member, Pin
from securechat.storage.rows import decode_modes
from securechat.storage.schema import channel_lists, channels, memberships, messages, metadata_values, pins


class ChannelLines:
    """Makes lines of rows of `channels`; `names` are those of the accounts."""

    def __init__(self, connection: Connection, names: Mapping[int, str]) -> None:
        self._connection = connection
        self._names = names

    def whole(self, row: Row[*tuple[object, ...]]) -> Channel:
        """Return everything about a channel."""
        return Channel(
            name=row.name,
            created=format_ms(row.created),
            founder=self._names.get(row.founder),
            topic=row.topic,
            topic_setter=row.topic_setter,
            topic_at=format_ms(row.topic_at) if row.topic else None,
            modes=self._modes(row.modes),
            members=self._members(row.id),
            lists=self._lists(row.id),
            pins=self._pins(row.id),
            metadata=self._metadata(row.id),
            retention_days=row.retention_days,
        )

    def of_account(self, row: Row[*tuple[object, ...]], account: int) -> Channel:
        """Return what of a channel is an account's: not who else is there, nor what others have set.

        Of a channel that it is not in any more there is only the name, for what it has said there.
        """
        name, line = self._names[account], self.whole(row)
        own = [member for member in line.members if member.account == name]
        if not own:
            return Channel(line.name, line.created)
        founder = name if line.founder == name else None
        return msgspec.structs.replace(
            line, founder=founder, members=own, lists={}, pins=[], metadata={}, retention_days=None
        )

    def _modes(self, written: str) -> dict[str, str]:
        """Return the modes with the name of the channel that +f leads to, if that is there."""
        modes = decode_modes(written)
        if "f" not in modes:
            return modes
        target = select(channels.c.name).where(channels.c.id == int(modes.pop("f")))
        name = self._connection.scalar(target)
        return modes if name is None else {**modes, "f": name}

    def _members(self, channel: int) -> list[Member]:
        m = memberships.c
        rows = self._connection.execute(
            select(m.account, m.joined, m.ranks, m.joined_id)
            .where(m.channel == channel)
            .order_by(m.joined_id, m.account)
        )
        return [
            Member(self._names[account], format_ms(joined), ranks, msgid.encode(key))
            for account, joined, ranks, key in rows
        ]

    def _lists(self, channel: int) -> dict[str, list[Entry]]:
        e = channel_lists.c
        in_order = select(e.kind, e.mask, e.setter, e.at, e.reason, e.expires).where(e.channel == channel)
        lists: dict[str, list[Entry]] = {}
        rows = self._connection.execute(in_order.order_by(e.kind, e.at, e.mask))
        for kind, mask, setter, at, reason, expires in rows:
            until = format_ms(expires) if expires else None
            lists.setdefault(kind, []).append(Entry(mask, setter, format_ms(at), reason, until))
        return lists

    def _pins(self, channel: int) -> list[Pin]:
        """Return the pins whose messages are there still."""
        p = pins.c
        there = select(p.message, p.account, p.at).join(messages, messages.c.id == p.message)
        alive = there.where(p.channel == channel, messages.c.redacted.is_(None)).order_by(p.message)
        rows = self._connection.execute(alive)
        return [Pin(msgid.encode(key), self._names[account], format_ms(at)) for key, account, at in rows]

    def _metadata(self, channel: int) -> dict[str, str]:
        v = metadata_values.c
        rows = self._connection.execute(select(v.key, v.value).where(v.target == channel).order_by(v.key))
        return {key: value for key, value in rows}
