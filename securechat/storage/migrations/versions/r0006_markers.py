"""Read markers, pins and metadata."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "markers",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("upto", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "target", name="markers_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "pins",
        sa.Column("channel", sa.BigInteger, nullable=False),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel", "message", name="pins_pkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "metadata",
        sa.Column("target", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("target", "key", name="metadata_pkey"),
        sqlite_with_rowid=False,
    )
