"""Up to where each device of an account was sent what was said, by the name of its session."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the table. Sessions without a name go on with `accounts.seen`."""
    op.create_table(
        "positions",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "name", name="positions_pkey"),
        sqlite_with_rowid=False,
    )
