"""Accounts that have to set a new password before they can do anything else."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Nobody has to."""
    op.add_column(
        "accounts", sa.Column("password_due", sa.Boolean, nullable=False, server_default=sa.false())
    )
