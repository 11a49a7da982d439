"""Facts about markers, pins and metadata, as changes of rows.

Each sets a row whatever there was before: the message or channel of a pin or a marker may be gone meanwhile.
"""

from collections.abc import Mapping
from typing import Final, assert_never

from sqlalchemy import Connection, Table, and_, bindparam, delete, insert

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

# By its whole key: to look for a target alone would read what everybody keeps.
_FORGET_PERSONAL: Final = delete(personal).where(
    personal.c.account == bindparam("by"),
    personal.c.target == bindparam("of"),
    personal.c.key == bindparam("called"),
)


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
            if record.personal:
                of_each = [
                    {"by": one.account, "of": one.target, "called": one.key} for one in record.personal
                ]
                connection.execute(_FORGET_PERSONAL, of_each)
        case _:
            assert_never(record)


def _put(
    connection: Connection, table: Table, key: Mapping[str, Value], values: Mapping[str, Value] | None
) -> None:
    """Let the row of this key have these values, or be gone."""
    connection.execute(delete(table).where(and_(*(table.c[name] == value for name, value in key.items()))))
    if values is not None:
        connection.execute(insert(table).values({**key, **values}))
