"""Records to rows: what each fact changes in the tables. The transaction is the caller's.

Runs of messages go in as one `executemany` of a statement that was compiled once (SQLAlchemy's own way
costs three times as much), everything else is rare enough for ordinary statements. Messages are held back
until something needs them, so that a join between two messages does not split a run.
"""

from collections.abc import Sequence
from typing import Final, assert_never

import msgspec
from sqlalchemy import Connection, CursorResult, Insert, bindparam, delete, insert, update

from securechat.chat.records import (
    AccountAdded,
    AccountDisabled,
    AccountEnabled,
    AccountRemoved,
    ChannelCreated,
    DirectDelivered,
    Joined,
    LoginRemembered,
    MessageSent,
    Parted,
    PasswordSet,
    Record,
    TopicSet,
)
from securechat.chat.registry import REMEMBERED_SOURCES
from securechat.irc.names import fold
from securechat.storage.errors import RecordMismatch
from securechat.storage.schema import accounts, channels, login_sources, memberships, messages, undelivered

Value = int | str | None
MessageRow = tuple[Value, ...]

_encode_tags: Final = msgspec.json.Encoder().encode


def is_stored(record: Record) -> bool:
    """Return False for the memberships of a session that is a user of its own: they end with it."""
    return not (isinstance(record, Joined | Parted) and record.user < 0)


def message_row(message: MessageSent) -> MessageRow:
    """Return the values of `messages`' columns in their order."""
    tags = message.tags
    return (
        message.id,
        message.at,
        message.command,
        message.sender,
        message.nick,
        message.channel,
        message.recipient,
        message.addressed,
        message.text,
        _encode_tags(dict(tags)).decode() if tags else None,
        message.nonce,
    )


class RecordWriter:
    """Writes records through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert_message = DriverInsert(connection, insert(messages), messages.c.keys())
        self._insert_undelivered = DriverInsert(connection, insert(undelivered), undelivered.c.keys())

    def write(self, records: Sequence[Record]) -> None:
        """Execute what the records mean, in an order that has the effect of theirs."""
        run: list[MessageSent] = []
        for record in records:
            if isinstance(record, MessageSent):
                run.append(record)
                continue
            # These two remove rows that belong to messages; nothing else looks at messages.
            if run and isinstance(record, DirectDelivered | AccountRemoved):
                self._messages(run)
                run = []
            self._record(record)
        if run:
            self._messages(run)

    def _messages(self, run: list[MessageSent]) -> None:
        self._insert_message.many([message_row(message) for message in run])
        waiting: list[MessageRow] = [(m.recipient, m.id) for m in run if m.undelivered]
        if waiting:
            self._insert_undelivered.many(waiting)

    def _record(self, record: "_Rare") -> None:
        match record:
            case AccountAdded():
                self._account_added(record)
            case AccountRemoved():
                self._account_removed(record)
            case PasswordSet():
                self._change_account(record.account, phc=record.phc)
            case AccountDisabled():
                self._change_account(record.account, disabled=True)
            case AccountEnabled():
                self._change_account(record.account, disabled=False)
            case LoginRemembered():
                self._login_remembered(record)
            case ChannelCreated():
                self._channel_created(record)
            case Joined():
                self._joined(record)
            case Parted():
                self._parted(record)
            case TopicSet():
                self._topic_set(record)
            case DirectDelivered():
                self._direct_delivered(record)
            case _:
                assert_never(record)

    def _account_added(self, record: AccountAdded) -> None:
        self._connection.execute(
            insert(accounts).values(
                id=record.account,
                name=record.name,
                folded=fold(record.name),
                phc=record.phc,
                role=record.role,
                disabled=False,
                created=record.at,
            )
        )

    def _account_removed(self, record: AccountRemoved) -> None:
        """Remove also from where it logged in and what waits for it: it never logs in again."""
        self._change_account(record.account, phc=None)
        self._connection.execute(delete(login_sources).where(login_sources.c.account == record.account))
        self._connection.execute(delete(undelivered).where(undelivered.c.account == record.account))

    def _change_account(self, account: int, **values: bool | Value) -> None:
        changed = self._connection.execute(update(accounts).where(accounts.c.id == account).values(values))
        _expect_one(changed, "account", account)

    def _login_remembered(self, record: LoginRemembered) -> None:
        self._change_account(record.account, last_login=record.at)
        others = [source for source, _ in record.previous if source != record.source]
        kept = others[-(REMEMBERED_SOURCES - 1) :]
        of_account = login_sources.c.account == record.account
        self._connection.execute(delete(login_sources).where(of_account, login_sources.c.source.not_in(kept)))
        self._connection.execute(
            insert(login_sources).values(account=record.account, source=record.source, at=record.at)
        )

    def _channel_created(self, record: ChannelCreated) -> None:
        self._connection.execute(
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

    def _joined(self, record: Joined) -> None:
        self._connection.execute(
            insert(memberships).values(channel=record.channel, account=record.user, joined=record.at)
        )

    def _parted(self, record: Parted) -> None:
        self._connection.execute(
            delete(memberships).where(
                memberships.c.channel == record.channel, memberships.c.account == record.user
            )
        )

    def _topic_set(self, record: TopicSet) -> None:
        topic = record.topic
        changed = self._connection.execute(
            update(channels)
            .where(channels.c.id == record.channel)
            .values(topic=topic.text, topic_setter=topic.setter, topic_at=topic.at)
        )
        _expect_one(changed, "channel", record.channel)

    def _direct_delivered(self, record: DirectDelivered) -> None:
        self._connection.execute(
            delete(undelivered).where(
                undelivered.c.account == record.account, undelivered.c.message <= record.upto
            )
        )


_Rare = (
    AccountAdded
    | AccountRemoved
    | PasswordSet
    | AccountDisabled
    | AccountEnabled
    | LoginRemembered
    | ChannelCreated
    | Joined
    | Parted
    | TopicSet
    | DirectDelivered
)


class DriverInsert:
    """An INSERT that was compiled for the connection's database once and goes straight to its driver."""

    def __init__(self, connection: Connection, statement: Insert, columns: Sequence[str]) -> None:
        compiled = statement.values({name: bindparam(name) for name in columns}).compile(
            dialect=connection.dialect
        )
        self._connection = connection
        self._sql = str(compiled)
        self._columns = list(columns)
        self._positional = connection.dialect.positional
        assert not self._positional or compiled.positiontup == self._columns

    def many(self, rows: list[MessageRow]) -> None:
        """Insert rows, whose values are in the order of the columns."""
        if self._positional:
            self._connection.exec_driver_sql(self._sql, rows)
        else:
            named = [dict(zip(self._columns, row, strict=True)) for row in rows]
            self._connection.exec_driver_sql(self._sql, named)


def _expect_one(result: CursorResult[()], kind: str, key: int) -> None:
    if result.rowcount != 1:
        raise RecordMismatch(f"the database has no {kind} {key}, which a record changes")
