"""What a statement must have changed."""

from sqlalchemy import CursorResult

from securechat.storage.errors import RecordMismatch


def expect_one(result: CursorResult[()], kind: str, key: int) -> None:
    """Raise `RecordMismatch` unless the statement changed one row."""
    if result.rowcount != 1:
        raise RecordMismatch(f"the database has no {kind} {key}, which a record changes")
