"""What each account has seen: the newest message's id when its last session ended."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Accounts have seen nothing in particular: NULL."""
    op.add_column("accounts", sa.Column("seen", sa.BigInteger))
