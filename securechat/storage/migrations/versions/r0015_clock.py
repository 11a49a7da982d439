"""What the wall clock said last, and for how long it had been steady: see `app.clock`."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Make the table. Nothing was seen yet."""
    op.create_table(
        "clock",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("steady", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="clock_pkey"),
    )
