"""The messages whose ids do not say their time: those that were sent after the clock was ahead."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the indexes that find them by time: they are empty where the clock was always right."""
    for name, place in (("channel", ["channel"]), ("direct", ["recipient", "sender"])):
        where = sa.text(f"{place[0]} IS NOT NULL AND id >> 20 != at")
        op.create_index(
            f"messages_{name}_astray", "messages", [*place, "at"], sqlite_where=where, postgresql_where=where
        )
