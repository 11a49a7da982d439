"""Entries of a channel's lists have a reason, and may go by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Those that there are have no reason and stay."""
    op.add_column("channel_lists", sa.Column("reason", sa.Text, nullable=False, server_default=""))
    op.add_column("channel_lists", sa.Column("expires", sa.BigInteger, nullable=False, server_default="0"))
