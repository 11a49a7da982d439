"""How long a channel keeps its messages, and what is left to be erased of removed accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("channels", sa.Column("retention_days", sa.Integer))
    op.add_column("accounts", sa.Column("erase", sa.Text))
