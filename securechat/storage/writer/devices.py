"""Facts about devices, as changes of rows."""

from typing import assert_never

from sqlalchemy import Connection, delete, insert, update

from securechat.chat.records import DeviceAdded, DeviceRecord, DeviceRenewed, DeviceRevoked, DeviceUsed
from securechat.storage.schema import devices


def write(connection: Connection, record: DeviceRecord) -> None:
    """Execute what the record means."""
    this = devices.c.key == record.key
    match record:
        case DeviceAdded():
            connection.execute(insert(devices).values(key=record.key, **record.device._asdict()))
        case DeviceUsed():
            connection.execute(update(devices).where(this).values(used=record.at))
        case DeviceRenewed():
            connection.execute(update(devices).where(this).values(expires=record.expires))
        case DeviceRevoked():
            connection.execute(delete(devices).where(this))
        case _:
            assert_never(record)
