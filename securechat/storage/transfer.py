"""All rows of one database into another that is empty, whatever each of them is.

Both have the same schema, this program's newest unless tables are given. The rows of a table go in the order
of their keys and tables after those that they refer to. The caller's transactions make it one state that is
read, and all or nothing that is written.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection, Table, func, insert, select

from securechat.storage.errors import StorageError
from securechat.storage.schema import metadata

_ROWS: Final = 1000

Progress = Callable[[str, int, int], None]
"""Called with a table's name, how many rows of it have been copied, and how many there are."""


def count_rows(connection: Connection, tables: Sequence[Table] | None = None) -> Mapping[str, int]:
    """Return how many rows each table has."""
    wanted = metadata.sorted_tables if tables is None else tables
    return {table.name: _count(connection, table) for table in wanted}


def copy_rows(
    source: Connection, target: Connection, progress: Progress, tables: Sequence[Table] | None = None
) -> Mapping[str, int]:
    """Copy everything and count it again; return how many rows each table has.

    `tables` are those of another schema than the newest, each after those that it refers to. Raises
    StorageError when the target is not empty, or does not hold in the end what the source does.
    """
    wanted = metadata.sorted_tables if tables is None else tables
    filled = [name for name, rows in count_rows(target, wanted).items() if rows]
    if filled:
        raise StorageError(f"the target is not empty: it has rows in {', '.join(sorted(filled))}")
    for table in wanted:
        _copy_table(source, target, table, progress)
    expected, found = count_rows(source, wanted), count_rows(target, wanted)
    if expected != found:
        raise StorageError(f"the copy is not complete: {dict(found)} instead of {dict(expected)} rows")
    return found


def _copy_table(source: Connection, target: Connection, table: Table, progress: Progress) -> None:
    total, done = _count(source, table), 0
    # A cursor of the database's own: a table of messages does not fit into memory.
    in_order = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_ROWS)
    with source.execute(in_order) as result:
        for rows in result.mappings().partitions():
            target.execute(insert(table), [dict(row) for row in rows])
            done += len(rows)
            progress(table.name, done, total)


def _count(connection: Connection, table: Table) -> int:
    return connection.scalar(select(func.count()).select_from(table)) or 0
