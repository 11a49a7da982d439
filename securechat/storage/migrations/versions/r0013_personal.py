"""Metadata that is an account's alone: what it pinned, muted and blocked."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table. Values that an operator set under these keys for everybody are gone."""
    op.create_table(
        "personal",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("account", "target", "key", name="personal_pkey"),
        sqlite_with_rowid=False,
    )
    op.execute("DELETE FROM metadata WHERE key IN ('soju.im/blocked', 'soju.im/muted', 'soju.im/pinned')")
