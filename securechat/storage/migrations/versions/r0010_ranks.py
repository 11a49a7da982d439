"""For which rank a message is, and what a redaction is itself: its id and its reason."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the columns, and the indexes that find the redactions of a place in their order."""
    op.add_column("messages", sa.Column("rank", sa.Text))
    op.add_column("messages", sa.Column("redacted_id", sa.BigInteger))
    op.add_column("messages", sa.Column("redacted_reason", sa.Text))
    where = sa.text("redacted_id IS NOT NULL")
    for name, columns in (
        ("messages_channel_redacted", ["channel", "redacted_id"]),
        ("messages_direct_redacted", ["recipient", "sender", "redacted_id"]),
    ):
        op.create_index(name, "messages", columns, sqlite_where=where, postgresql_where=where)
