"""Facts about bans from the server, as changes of rows."""

from typing import assert_never

from sqlalchemy import Connection, delete, insert

from securechat.chat.records import Ban, BanAdded, BanRecord, BanRemoved
from securechat.storage.schema import bans


def write(connection: Connection, record: BanRecord) -> None:
    """Execute what the record means."""
    match record:
        case BanAdded():
            if record.previous is not None:
                _remove(connection, record.previous)
            connection.execute(insert(bans).values(**record.ban._asdict()))
        case BanRemoved():
            _remove(connection, record.ban)
        case _:
            assert_never(record)


def _remove(connection: Connection, ban: Ban) -> None:
    connection.execute(delete(bans).where(bans.c.kind == ban.kind, bans.c.target == ban.target))
