"""Whom accounts ignore."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "silences",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("mask", sa.Text, nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "mask", name="silences_pkey"),
        sqlite_with_rowid=False,
    )
