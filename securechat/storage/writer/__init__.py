"""Records to rows: what each fact changes in the tables. The transaction is the caller's.

Messages are held back until something needs them, so that a join between two messages does not split a run.
"""

from collections.abc import Sequence
from typing import assert_never

from sqlalchemy import Connection

from securechat.chat.records import (
    AccountRecord,
    AccountRemoved,
    Audited,
    AuthenticatorSet,
    BanRecord,
    ChannelRecord,
    DeviceRecord,
    DirectDelivered,
    DirectMissed,
    InvitationRecord,
    Joined,
    Kicked,
    MessageRedacted,
    MessageSent,
    Parted,
    PlaceRecord,
    Record,
    ReportRecord,
)
from securechat.storage import audit
from securechat.storage.search.index import SearchIndex
from securechat.storage.writer import (
    accounts,
    authenticators,
    bans,
    channels,
    devices,
    invitations,
    places,
    reports,
)
from securechat.storage.writer.events import event_of
from securechat.storage.writer.messages import MessageWriter

Single = (
    AccountRecord
    | Audited
    | AuthenticatorSet
    | BanRecord
    | ChannelRecord
    | DeviceRecord
    | DirectDelivered
    | DirectMissed
    | InvitationRecord
    | MessageRedacted
    | PlaceRecord
    | ReportRecord
)
MEMBERSHIPS = (Joined, Kicked, Parted)
MESSAGES_CHANGE = (AccountRemoved, DirectDelivered, DirectMissed, MessageRedacted)
"""These change messages or what belongs to them; nothing else looks at messages."""


def is_stored(record: Record) -> bool:
    """Return False for the memberships of a session that is a user of its own: they end with it."""
    return not (isinstance(record, MEMBERSHIPS) and record.user < 0)


class RecordWriter:
    """Writes records through one connection."""

    def __init__(self, connection: Connection, index: SearchIndex) -> None:
        self._connection = connection
        self._index = index
        self._messages = MessageWriter(connection)

    def write(self, records: Sequence[Record]) -> None:
        """Execute what the records mean, in an order that has the effect of theirs."""
        run: list[MessageSent] = []
        for record in records:
            if isinstance(record, MessageSent):
                run.append(record)
                continue
            if not is_stored(record):
                continue
            if run and isinstance(record, MESSAGES_CHANGE):
                self._messages.write_run(run)
                run = []
            self._write_one(record)
            event = event_of(record)
            if event is not None:
                run.append(event)
        if run:
            self._messages.write_run(run)

    def _write_one(self, record: Single) -> None:
        if isinstance(record, AccountRecord):
            accounts.write(self._connection, record)
        elif isinstance(record, ChannelRecord):
            channels.write(self._connection, record)
        elif isinstance(record, InvitationRecord):
            invitations.write(self._connection, record)
        elif isinstance(record, BanRecord):
            bans.write(self._connection, record)
        elif isinstance(record, ReportRecord):
            reports.write(self._connection, record)
        elif isinstance(record, DeviceRecord):
            devices.write(self._connection, record)
        elif isinstance(record, PlaceRecord):
            places.write(self._connection, record)
        elif isinstance(record, AuthenticatorSet):
            authenticators.write(self._connection, record)
        elif isinstance(record, Audited):
            audit.append(self._connection, record)
        elif isinstance(record, DirectDelivered):
            self._messages.direct_delivered(record)
        elif isinstance(record, DirectMissed):
            self._messages.direct_missed(record)
        elif isinstance(record, MessageRedacted):
            self._index.forget([record.original.id])
            self._messages.redacted(record)
        else:
            assert_never(record)
