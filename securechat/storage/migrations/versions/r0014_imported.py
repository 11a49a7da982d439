"""Which messages came from an export; and what they refer to refers backwards, within its conversation."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

# What no client could have sent, and an import took: an edit of itself, or of what was said elsewhere.
_ASTRAY = """
UPDATE messages SET refers = NULL
WHERE refers IS NOT NULL AND (
    refers >= id
    OR EXISTS (
        SELECT 1 FROM messages AS o
        WHERE o.id = messages.refers AND (
            COALESCE(o.channel, 0) <> COALESCE(messages.channel, 0)
            OR COALESCE(o.rank, '') <> COALESCE(messages.rank, '')
            OR (
                messages.channel IS NULL
                AND NOT (o.sender = messages.sender AND o.recipient = messages.recipient)
                AND NOT (o.sender = messages.recipient AND o.recipient = messages.sender)
                AND NOT EXISTS (
                    SELECT 1 FROM accounts WHERE role = 'nobody' AND id IN (o.sender, messages.sender)
                )
            )
        )
    )
)
"""


def upgrade() -> None:
    """Add the column. Of what was imported before nobody knows it any more."""
    op.add_column("messages", sa.Column("imported", sa.BigInteger))
    op.execute(_ASTRAY)
