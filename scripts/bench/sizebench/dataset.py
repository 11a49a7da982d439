"""Writes the large chat into a data directory, by the store itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from sqlalchemy import Table, insert

from securechat.chat.records import Record
from securechat.storage import schema
from securechat.storage.sqlite import open_store
from securechat.storage.store import SqlStore

from . import people
from .people import Rows, Sizes, in_pieces
from .talk import Talk

PIECE = 50_000
"""Records and rows of one transaction."""
_INDEXED = 20_000
_MERGED_PAGES = 4096

Progress = Callable[[str], None]


def make(directory: Path, sizes: Sizes, progress: Progress) -> None:
    """Write everything, and index it for the search."""
    store = open_store(directory)
    try:
        for part in (people.accounts, people.channels, people.joins, people.moderation):
            _commit(store, part(sizes), progress, part.__name__)
        for table, rows in _tables(sizes):
            _insert(store, table, rows, progress)
        _commit(store, Talk(sizes).records(), progress, "messages and redactions")
        _commit(store, people.last_joins(sizes), progress, "last joins")
        _index(store, progress)
    finally:
        store.close()


def _tables(sizes: Sizes) -> Iterator[tuple[Table, Rows]]:
    """What is not said one by one: there is too much of it."""
    yield schema.markers, people.markers(sizes)
    yield schema.personal, people.personal(sizes)
    yield schema.metadata_values, people.metadata(sizes)
    yield schema.silences, people.silences(sizes)
    yield schema.channel_lists, people.masks(sizes)


def _commit(store: SqlStore, records: Iterable[Record], progress: Progress, what: str) -> None:
    stream, done = iter(records), 0
    while piece := list(islice(stream, PIECE)):
        store.commit(piece)
        done += len(piece)
        if len(piece) < PIECE or done % (4 * PIECE) == 0:
            progress(f"{done:,} {what} written")


def _insert(store: SqlStore, table: Table, rows: Rows, progress: Progress) -> None:
    done = 0
    for piece in in_pieces(rows, PIECE):
        with store.transaction() as connection:
            connection.execute(insert(table), piece)
        done += len(piece)
    progress(f"{done:,} {table.name} written")


def _index(store: SqlStore, progress: Progress) -> None:
    """Index all messages, in larger steps than a server takes, which has others wait."""
    done = 0
    while looked := store.index(_INDEXED):
        done += looked
        if done % (10 * _INDEXED) < looked:
            _merge(store)
            progress(f"{done:,} messages indexed")
    _merge(store)


def _merge(store: SqlStore) -> None:
    """Do what the server does page by page (`SqlStore.tidy`) until nothing is left of it."""
    changes, before = 2, 0
    while changes - before >= 2:
        with store.transaction() as connection:
            before = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
            merge = f"INSERT INTO message_words (message_words, rank) VALUES ('merge', {_MERGED_PAGES})"
            connection.exec_driver_sql(merge)
            changes = connection.exec_driver_sql("SELECT total_changes()").scalar_one()
