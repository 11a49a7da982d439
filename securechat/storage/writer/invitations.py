"""Facts about invitations, as changes of rows."""

from typing import assert_never

from sqlalchemy import Connection, delete, insert, update

from securechat.chat.records import InvitationAdded, InvitationRecord, InvitationRevoked, InvitationUsed
from securechat.storage.schema import invitations


def write(connection: Connection, record: InvitationRecord) -> None:
    """Execute what the record means."""
    this = invitations.c.code == record.code
    match record:
        case InvitationAdded():
            uses, expires, created = record.invitation
            connection.execute(
                insert(invitations).values(code=record.code, uses=uses, expires=expires, created=created)
            )
        case InvitationUsed() if record.previous.uses > 1:
            connection.execute(update(invitations).where(this).values(uses=record.previous.uses - 1))
        case InvitationUsed() | InvitationRevoked():
            connection.execute(delete(invitations).where(this))
        case _:
            assert_never(record)
