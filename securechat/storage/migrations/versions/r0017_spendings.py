"""What accounts have spent of their budgets of a day, and channels whose founder was removed."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Make the table. A channel has no founder where earlier versions have left it to one who is gone."""
    op.create_table(
        "spendings",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("stored", sa.BigInteger, nullable=False),
        sa.Column("channels", sa.Double, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", name="spendings_pkey"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "UPDATE channels SET founder = NULL WHERE founder IN (SELECT id FROM accounts WHERE phc IS NULL)"
    )
