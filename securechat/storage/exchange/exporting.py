"""Rows to the lines of an export, in one transaction of the caller's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, or_, select

from securechat.chat.requests import Value
from securechat.irc import msgid
from securechat.irc.names import fold
from securechat.irc.timestamp import format_ms
from securechat.storage.errors import StorageError
from securechat.storage.exchange.exporting_channels import ChannelLines
from securechat.storage.exchange.form import (
    FORMAT,
    VERSION,
    Account,
    Channel,
    End,
    Event,
    Header,
    Line,
    Message,
    Said,
)
from securechat.storage.reading.silences import read_silences
from securechat.storage.reading.visible import SAID
from securechat.storage.schema import (
    accounts,
    channels,
    dropped_channels,
    former_names,
    login_sources,
    markers,
    memberships,
    messages,
    metadata_values,
    personal,
    pins,
    positions,
    reports,
)

_decode_strings: Final = msgspec.json.Decoder(dict[str, str]).decode
_ROWS: Final = 1000


@dataclass(frozen=True, slots=True)
class Selection:
    """What is exported: everything, or a channel, or an account with all that it sent and was sent."""

    channel: str = ""
    account: str = ""

    @property
    def described(self) -> dict[str, str]:
        """For the header."""
        if self.channel:
            return {"channel": self.channel}
        return {"account": self.account} if self.account else {"all": ""}


class Exporter:
    """Reads the lines of one selection. Raises StorageError when there is no such channel or account."""

    def __init__(self, connection: Connection, selection: Selection) -> None:
        self._connection = connection
        self._selection = selection
        self._names = self._pairs(accounts)
        self._channels = self._pairs(dropped_channels)
        self._dropped = frozenset(self._channels)
        self._channels |= self._pairs(channels)
        self._channel = self._find(channels, selection.channel)
        self._account = self._find(accounts, selection.account)
        self.total = self._count()

    def lines(self, server: str, now_ms: int) -> Iterator[Line]:
        """Return every line, from the header to the end."""
        counts = {Account: 0, Channel: 0, Message: 0, Event: 0}
        yield Header(FORMAT, VERSION, server, format_ms(now_ms), self._selection.described)
        for line in self._content():
            counts[type(line)] += 1
            yield line
        yield End(counts[Account], counts[Channel], counts[Message], counts[Event])

    def _content(self) -> Iterator[Account | Channel | Said]:
        yield from self._accounts()
        yield from self._channel_lines()
        yield from self._said()

    # Who

    def _accounts(self) -> Iterator[Account]:
        """Return the accounts; of one channel or account those whom its lines name."""
        named = None if self._is_all else self._named()
        silences = read_silences(self._connection)
        for row in self._connection.execute(select(accounts).order_by(accounts.c.id)):
            if named is None or row.id in named:
                masks = silences.get(row.id, {}) if self._is_all or row.id == self._account else {}
                line = self._account_line(row, {mask: format_ms(since) for mask, since in masks.items()})
                whole = self._is_all or row.id == self._account
                yield msgspec.structs.replace(line, former=self._former(row.id) if whole else [])

    def _former(self, account: int) -> list[str]:
        f = former_names.c
        query = select(f.name).where(f.account == account).order_by(f.at, f.folded)
        return list(self._connection.scalars(query))

    def _account_line(self, row: Row[*tuple[object, ...]], silences: dict[str, str]) -> Account:
        line = Account(row.name, row.role, format_ms(row.created), row.phc is None, row.disabled, silences)
        if row.id != self._account:
            return line
        seen = None if row.last_login is None else format_ms(row.last_login)
        return msgspec.structs.replace(
            line, last_login=seen, networks=self._networks(row.id), rows=self._rows_of(row.id)
        )

    def _networks(self, account: int) -> dict[str, str]:
        s = login_sources.c
        rows = self._connection.execute(select(s.source, s.at).where(s.account == account).order_by(s.at))
        return {source: format_ms(at) for source, at in rows}

    def _rows_of(self, account: int) -> dict[str, list[dict[str, Value]]]:
        """Return what tables hold about an account that have no lines of their own here."""
        owners = {
            markers: markers.c.account == account,
            metadata_values: metadata_values.c.target == -account,
            personal: personal.c.account == account,
            pins: pins.c.account == account,
            positions: positions.c.account == account,
            reports: reports.c.reporter == account,
        }
        found = {}
        for table, condition in owners.items():
            rows = self._connection.execute(select(table).where(condition)).mappings()
            found[table.name] = [dict(row) for row in rows]
        return {name: rows for name, rows in found.items() if rows}

    def _named(self) -> set[int]:
        """Return the accounts that the selected lines name."""
        m = messages.c
        named: set[int | None] = {self._account}
        for column in (m.sender, m.recipient, m.redacted_by):
            named.update(self._connection.scalars(select(column).where(*self._where()).distinct()))
        removed = select(m.text).where(m.command == "KICK", *self._where())
        named.update(int(text.partition(" ")[0]) for text in self._connection.scalars(removed))
        if self._channel is not None:
            for table in (memberships, pins):
                of_channel = table.c.channel == self._channel
                named.update(self._connection.scalars(select(table.c.account).where(of_channel)))
            named.add(
                self._connection.scalar(select(channels.c.founder).where(channels.c.id == self._channel))
            )
        return {account for account in named if account}

    # Where

    def _channel_lines(self) -> Iterator[Channel]:
        described = ChannelLines(self._connection, self._names)
        known = None if self._account is None else self._places()
        for row in self._connection.execute(select(channels).order_by(channels.c.id)):
            if self._account is not None:
                line = described.of_account(row, self._account)
                if line.members or row.id in (known or ()):
                    yield line
            elif self._is_all or row.id == self._channel:
                yield described.whole(row)
        if self._is_all:
            yield from (Channel(self._channels[key], dropped=True) for key in sorted(self._dropped))

    def _places(self) -> set[int | None]:
        """Return the channels that the selected lines name."""
        return set(self._connection.scalars(select(messages.c.channel).where(*self._where()).distinct()))

    # What

    def _said(self) -> Iterator[Said]:
        in_order = select(messages).where(*self._where()).order_by(messages.c.id)
        with self._connection.execute(in_order.execution_options(yield_per=_ROWS)) as rows:
            for row in rows:
                yield self._message_line(row) if row.command in SAID else self._event_line(row)

    def _message_line(self, row: Row[*tuple[object, ...]]) -> Message:
        return Message(
            msgid=msgid.encode(row.id),
            time=format_ms(row.at),
            command=row.command,
            sender=self._names[row.sender],
            nick=row.nick,
            target=row.addressed,
            channel=None if row.channel is None else self._channels[row.channel],
            recipient=self._name(row.recipient),
            text=row.text,
            tags={} if row.tags is None else _decode_strings(row.tags),
            refers=None if row.refers is None else msgid.encode(row.refers),
            redacted=None if row.redacted is None else format_ms(row.redacted),
            redacted_by=self._name(row.redacted_by),
            rank=row.rank,
            redacted_msgid=None if row.redacted_id is None else msgid.encode(row.redacted_id),
            redacted_reason=row.redacted_reason,
            dropped=row.channel in self._dropped,
            imported=None if row.imported is None else format_ms(row.imported),
        )

    def _event_line(self, row: Row[*tuple[object, ...]]) -> Event:
        account, text = row.sender, row.text
        if row.command == "KICK":
            removed, _, text = text.partition(" ")
            account = int(removed)
        return Event(
            msgid=msgid.encode(row.id),
            time=format_ms(row.at),
            command=row.command,
            channel=self._channels[row.channel],
            account=self._names[account] if account else None,
            nick=row.nick,
            text=text,
            dropped=row.channel in self._dropped,
            imported=None if row.imported is None else format_ms(row.imported),
        )

    def _where(self) -> Sequence[ColumnElement[bool]]:
        m = messages.c
        if self._channel is not None:
            return (m.channel == self._channel,)
        if self._account is not None:
            kicked = and_(m.command == "KICK", m.text.startswith(f"{self._account} "))
            return (or_(m.sender == self._account, m.recipient == self._account, kicked),)
        return ()

    # Names

    @property
    def _is_all(self) -> bool:
        return self._channel is None and self._account is None

    def _name(self, account: int | None) -> str | None:
        return None if account is None else self._names.get(account)

    def _find(self, table: Table, name: str) -> int | None:
        if not name:
            return None
        found = self._connection.scalar(select(table.c.id).where(table.c.folded == fold(name)))
        if found is None:
            raise StorageError(f"there is no {table.name.removesuffix('s')} {name!r}")
        return int(found)

    def _count(self) -> int:
        return self._connection.scalar(select(func.count()).select_from(messages).where(*self._where())) or 0

    def _pairs(self, table: Table) -> dict[int, str]:
        return {key: name for key, name in self._connection.execute(select(table.c.id, table.c.name))}
