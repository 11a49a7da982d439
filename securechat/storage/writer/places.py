"""Facts about markers, pins and metadata, as changes of rows.

Each sets a row whatever there was before: the message or channel of a pin or a marker may be gone meanwhile.
"""

from collections.abc import Mapping
from typing import assert_never

from sqlalchemy import Connection, Table, and_, delete, insert, or_

from securechat.chat.records import (
    MarkerMoved,
    MarkersForgotten,
    MessagePinned,
    MessageUnpinned,
    MetadataForgotten,
    MetadataSet,
    PersonalSet,
    PlaceRecord,
    Silenced,
)
from securechat.storage.schema import markers, metadata_values, personal, pins, silences

Value = int | str


def write(connection: Connection, record: PlaceRecord) -> None:
    """Execute what the record means."""
    match record:
        case MarkerMoved():
            key: dict[str, Value] = {"account": record.account, "target": record.target}
            _put(connection, markers, key, {"upto": record.upto})
        case MarkersForgotten():
            connection.execute(delete(markers).where(markers.c.account == record.account))
        case MessagePinned():
            key = {"channel": record.channel, "message": record.message}
            _put(connection, pins, key, {"account": record.by, "at": record.at})
        case MessageUnpinned():
            _put(connection, pins, {"channel": record.channel, "message": record.message}, None)
        case MetadataSet():
            key = {"target": record.target, "key": record.key}
            values = None if record.value is None else {"value": record.value}
            _put(connection, metadata_values, key, values)
        case PersonalSet():
            key = {"account": record.account, "target": record.target, "key": record.key}
            values = None if record.value is None else {"value": record.value}
            _put(connection, personal, key, values)
        case Silenced():
            key = {"account": record.account, "mask": record.mask}
            _put(connection, silences, key, None if record.since is None else {"since": record.since})
        case MetadataForgotten():
            connection.execute(delete(metadata_values).where(metadata_values.c.target == record.target))
            gone = or_(personal.c.target == record.target, personal.c.account == -record.target)
            connection.execute(delete(personal).where(gone))
        case _:
            assert_never(record)


def _put(
    connection: Connection, table: Table, key: Mapping[str, Value], values: Mapping[str, Value] | None
) -> None:
    """Let the row of this key have these values, or be gone."""
    connection.execute(delete(table).where(and_(*(table.c[name] == value for name, value in key.items()))))
    if values is not None:
        connection.execute(insert(table).values({**key, **values}))
