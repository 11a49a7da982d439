"""Facts about messages, as changes of rows.

Runs of messages go in as one `executemany` of a statement that was compiled once (SQLAlchemy's own way
costs three times as much), everything else is rare enough for ordinary statements.
"""

from collections.abc import Sequence
from itertools import chain
from typing import Final

import msgspec
from sqlalchemy import Connection, Insert, bindparam, delete, insert, select, update
from sqlalchemy.engine.interfaces import DBAPIConnection

from securechat.chat.reading import MS_SHIFT
from securechat.chat.records import DirectDelivered, DirectMissed, MessageRedacted, MessageSent, Record
from securechat.storage.schema import astray, messages, undelivered

Value = int | str | None
MessageRow = tuple[Value, ...]

REDACTED: Final = tuple(column.name for column in messages.c if column.name.startswith("redacted"))
_LATER: Final = (*REDACTED, "imported")
COLUMNS: Final = tuple(column.name for column in messages.c if column.name not in _LATER)
"""What a new message has: nothing is redacted when it is sent, and only an import says that it was one."""
PLAIN: Final = ("id", "at", "command", "sender", "nick", "channel", "addressed", "text")
"""What most messages have, which are said in a channel without more: SQLite's driver takes as long for five
times None as for all of these.
"""

TOGETHER: Final = 8
"""Rows that SQLite inserts by one statement, where there are so many: in 0.65 of the time."""

_encode_tags: Final = msgspec.json.Encoder().encode


def message_row(message: MessageSent) -> MessageRow:
    """Return the values of `COLUMNS` in their order."""
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
        message.refers,
        message.rank,
    )


def astray_row(message: MessageSent) -> MessageRow:
    """Return the row of `astray` for a message whose id does not say its time."""
    place = message.channel if message.channel is not None else -(message.recipient or 0)
    return message.id, place, message.at


def is_one_row(record: Record) -> bool:
    """Return whether all that a record changes is one row that it adds, by one statement."""
    return type(record) is MessageSent and not record.undelivered and record.id >> MS_SHIFT == record.at


class MessageWriter:
    """Writes messages through one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert_message = DriverInsert(connection, insert(messages), COLUMNS)
        self._insert_plain = DriverInsert(connection, insert(messages), PLAIN)
        self._insert_astray = DriverInsert(connection, insert(astray), astray.c.keys())
        self._insert_undelivered = DriverInsert(connection, insert(undelivered), undelivered.c.keys())

    def write_run(self, run: list[MessageSent]) -> None:
        """Insert messages."""
        plain: list[MessageRow] = []
        others: list[MessageSent] = []
        lost: list[MessageRow] = []
        for message in run:
            # Taken apart at once: to ask for each value by its name takes twice as long.
            key, at, command, sender, nick, channel, recipient, addressed, text, tags, nonce = message[:11]
            more = tags or recipient is not None or nonce is not None
            if more or message.refers is not None or message.rank is not None:
                others.append(message)
            else:
                plain.append((key, at, command, sender, nick, channel, addressed, text))
            if key >> MS_SHIFT != at:
                lost.append(astray_row(message))
        self._insert_plain.many(plain)
        if others:
            self._insert_message.many([message_row(message) for message in others])
            self._insert_undelivered.many([(m.recipient, m.id) for m in others if m.undelivered])
        self._insert_astray.many(lost)

    def redacted(self, record: MessageRedacted) -> None:
        """Erase a message; the retention may have deleted it meanwhile."""
        self._connection.execute(
            update(messages)
            .where(messages.c.id == record.original.id)
            .values(
                text="",
                tags=None,
                redacted=record.at,
                redacted_by=record.by,
                redacted_id=record.id,
                redacted_reason=record.reason,
            )
        )

    def direct_delivered(self, record: DirectDelivered) -> None:
        """Forget what waited."""
        w, m = undelivered.c, messages.c
        delivered = delete(undelivered).where(w.account == record.account, w.message <= record.upto)
        if record.senders is not None:
            since = [] if record.since is None else [m.at > record.since]
            sent = select(m.id).where(m.id == w.message, m.sender.in_(record.senders), *since)
            delivered = delivered.where(sent.exists())
        self._connection.execute(delivered)

    def direct_missed(self, record: DirectMissed) -> None:
        """Let wait what is not waiting already."""
        waiting = select(undelivered.c.message).where(undelivered.c.account == record.account)
        missed = select(messages.c.recipient, messages.c.id).where(
            messages.c.recipient == record.account,
            messages.c.id > record.after,
            messages.c.sender != record.account,
            messages.c.id.not_in(waiting),
        )
        self._connection.execute(insert(undelivered).from_select(["account", "message"], missed))


def driver_of(connection: Connection) -> DBAPIConnection:
    """Return the driver's own connection."""
    driver = connection.connection.dbapi_connection
    assert driver is not None
    return driver


class DriverInsert:
    """An INSERT that was compiled for the connection's database once and goes straight to its driver."""

    def __init__(self, connection: Connection, statement: Insert, columns: Sequence[str]) -> None:
        # An error ends the transaction, so a statement of many rows need not be undone alone: for that SQLite
        # would copy every page that it changes.
        statement = statement.prefix_with("OR FAIL", dialect="sqlite")
        compiled = statement.values({name: bindparam(name) for name in columns}).compile(
            dialect=connection.dialect
        )
        self._driver = driver_of(connection)
        self._sql = str(compiled)
        self._columns = list(columns)
        self._positional = connection.dialect.positional
        row = f", ({', '.join('?' * len(columns))})"
        self._sql_together = self._sql + row * (TOGETHER - 1)
        assert not self._positional or compiled.positiontup == self._columns

    def many(self, rows: list[MessageRow]) -> None:
        """Insert rows, if there are any; their values are in the order of the columns.

        Raises the driver's own errors.
        """
        if self._positional and len(rows) >= TOGETHER:
            rows = self._insert_together(rows)
        given = rows if self._positional else [dict(zip(self._columns, row, strict=True)) for row in rows]
        # No cursor is kept, not even in the frame of an error: SQLite would not close before it is gone.
        if len(given) == 1:  # psycopg sends many as a pipeline, which loses why a connection ended
            self._driver.cursor().execute(self._sql, given[0])
        elif given:
            self._driver.cursor().executemany(self._sql, given)

    def _insert_together(self, rows: list[MessageRow]) -> list[MessageRow]:
        """Insert as many rows as can be inserted by `TOGETHER`; return the rest."""
        end = len(rows) // TOGETHER * TOGETHER
        joined = [tuple(chain.from_iterable(rows[at : at + TOGETHER])) for at in range(0, end, TOGETHER)]
        self._driver.cursor().executemany(self._sql_together, joined)
        return rows[end:]
