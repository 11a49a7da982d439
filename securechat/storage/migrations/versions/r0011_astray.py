"""What ids say of time and times do not: which messages are astray, and what came before a membership."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

# A sum is no column: not every message of the channel is looked at, but those of one time.
_JOINED = """
UPDATE memberships SET joined_id = COALESCE(
    (
        SELECT max(m.id) FROM messages AS m
        WHERE m.at = memberships.joined AND m.command = 'JOIN' AND m.sender = memberships.account
            AND m.channel + 0 = memberships.channel
    ),
    joined << 20
)
"""


def upgrade() -> None:
    """Make the indexes of what is astray: they are empty where the clock was always right.

    A membership gets the id of its JOIN. Where that is not kept, it is the first id of its time.
    """
    for name, place in (("channel", ["channel"]), ("direct", ["recipient", "sender"])):
        where = sa.text(f"{place[0]} IS NOT NULL AND id >> 20 != at")
        op.create_index(
            f"messages_{name}_astray", "messages", [*place, "at"], sqlite_where=where, postgresql_where=where
        )
    op.add_column("memberships", sa.Column("joined_id", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(_JOINED)
