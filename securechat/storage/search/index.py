"""Putting messages into the index, and taking them out; the transaction is the caller's."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import DatabaseError

from securechat.chat.words import segment
from securechat.storage.reading.visible import SPOKEN
from securechat.storage.schema import messages
from securechat.storage.search.tables import indexed_upto, message_words, search_state

SHORT: Final = 160
"""Characters of a message that counts for one: a message of 16,000 costs as much as a hundred such."""
_MERGED_PAGES: Final = 16


class Entry(NamedTuple):
    """What the index holds of a message."""

    id: int
    words: str
    place: str
    sender: str


class SearchIndex(ABC):
    """The index of one database, through the connection that writes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def advance(self, limit: int) -> int:
        """Index the next messages, as many as cost what `limit` short ones do; return what they count.

        A long one counts for several. Less than `limit` is that there are no more.
        """
        upto = indexed_upto(self._connection)
        m = messages.c
        of_rows = (
            select(m.id, m.command, m.channel, m.recipient, m.sender, m.text)
            .where(m.id > upto)
            .order_by(m.id)
            .limit(limit)
        )
        entries, costs = list[Entry](), 0
        with self._connection.execute(of_rows) as found:
            for row in found:
                upto = row.id
                if row.command in SPOKEN:
                    entries.append(_entry(row.id, row.channel, row.recipient, row.sender, row.text))
                costs += 1 + len(row.text) // SHORT
                if costs >= limit:
                    break
        if costs:
            self._add(entries)
            self._connection.execute(update(search_state).values(upto=upto))
        return costs

    def forget(self, keys: Sequence[int]) -> None:
        """Take messages out of the index that are about to be deleted or redacted."""
        entries = self._indexed(keys)
        if entries:
            self._remove(entries)

    @contextmanager
    def changing(self, keys: Sequence[int]) -> Iterator[None]:
        """Have messages in the index as they are after a change."""
        self.forget(keys)
        yield
        self._add(self._indexed(keys))

    def _indexed(self, keys: Sequence[int]) -> list[Entry]:
        """Return what is in the index of these messages, or is to be."""
        m = messages.c
        rows = select(m.id, m.channel, m.recipient, m.sender, m.text).where(
            m.id.in_(keys),
            m.id <= indexed_upto(self._connection),
            m.command.in_(SPOKEN),
            m.redacted.is_(None),
        )
        return [_entry(*row) for row in self._connection.execute(rows)]

    def tidy(self) -> bool:
        """Do a little of what keeps the index fast; return whether it did something."""
        return False

    @abstractmethod
    def _add(self, entries: list[Entry]) -> None:
        """Put messages into the index."""

    @abstractmethod
    def _remove(self, entries: list[Entry]) -> None:
        """Take out messages that are in the index exactly so."""


class SqliteIndex(SearchIndex):
    """The index as an FTS5 table.

    Each transaction adds a segment to it, and segments are to be merged. FTS5 would do so unasked, some
    hundred pages at once (measured: 20 to 40 ms), so that is off, and `tidy` merges a few pages.
    """

    def tidy(self) -> bool:
        """Merge some pages of segments."""
        before = self._changes()
        self._connection.exec_driver_sql(
            f"INSERT INTO message_words (message_words, rank) VALUES ('merge', {_MERGED_PAGES})"
        )
        # As FTS5's documentation has it: less than 2 is that there was nothing to merge.
        return self._changes() - before >= 2

    def _changes(self) -> int:
        return int(self._connection.exec_driver_sql("SELECT total_changes()").scalar_one())

    def _add(self, entries: list[Entry]) -> None:
        if entries:
            self._connection.exec_driver_sql(
                "INSERT INTO message_words (rowid, words, place, sender) VALUES (?, ?, ?, ?)", list(entries)
            )

    def _remove(self, entries: list[Entry]) -> None:
        try:
            self._connection.exec_driver_sql(
                "INSERT INTO message_words (message_words, rowid, words, place, sender) "
                "VALUES ('delete', ?, ?, ?, ?)",
                list(entries),
            )
        except DatabaseError as error:
            if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_CORRUPT_VTAB:
                raise
            # The index is not what it should be. It can be made anew; the messages are not concerned.
            self._connection.exec_driver_sql(
                "INSERT INTO message_words (message_words) VALUES ('delete-all')"
            )
            self._connection.execute(update(search_state).values(upto=-1))


class PostgresIndex(SearchIndex):
    """The index as a table of vectors."""

    def _add(self, entries: list[Entry]) -> None:
        if entries:
            self._connection.execute(
                text(
                    "INSERT INTO message_words (message, words) VALUES (:key, to_tsvector('simple', :words))"
                ),
                [{"key": entry.id, "words": entry.words} for entry in entries],
            )

    def _remove(self, entries: list[Entry]) -> None:
        keys = [entry.id for entry in entries]
        self._connection.execute(delete(message_words).where(message_words.c.message.in_(keys)))


def _entry(key: int, channel: int | None, recipient: int | None, sender: int, text: str) -> Entry:
    if channel is not None:
        place = f"c{channel}"
    elif recipient is not None:
        place = f"a{sender}" if recipient == sender else f"a{sender} a{recipient}"
    else:
        place = ""
    return Entry(key, " ".join(segment(text)), place, f"s{sender}")
