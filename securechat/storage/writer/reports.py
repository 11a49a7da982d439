"""Facts about reports, as changes of rows."""

from typing import assert_never

from sqlalchemy import Connection, delete, insert

from securechat.chat.records import ReportDropped, ReportKept, ReportRecord
from securechat.storage.schema import reports


def write(connection: Connection, record: ReportRecord) -> None:
    """Execute what the record means."""
    match record:
        case ReportKept():
            if record.previous is not None:
                connection.execute(delete(reports).where(reports.c.id == record.previous.id))
            connection.execute(insert(reports).values(**record.report._asdict()))
        case ReportDropped():
            connection.execute(delete(reports).where(reports.c.id == record.report.id))
        case _:
            assert_never(record)
