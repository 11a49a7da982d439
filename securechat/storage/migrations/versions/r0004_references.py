"""What a message refers to, and that it was redacted."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns, and the index that finds a message's edits and reactions."""
    for name in ("refers", "redacted", "redacted_by"):
        op.add_column("messages", sa.Column(name, sa.BigInteger))
    where = sa.text("refers IS NOT NULL")
    op.create_index(
        "messages_refers", "messages", ["refers", "id"], sqlite_where=where, postgresql_where=where
    )
