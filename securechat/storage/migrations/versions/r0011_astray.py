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

_ASTRAY = """
INSERT INTO astray (message, place, at)
SELECT id, COALESCE(channel, -recipient), at FROM messages
WHERE id >> 20 != at AND (channel IS NOT NULL OR recipient IS NOT NULL)
"""


def upgrade() -> None:
    """Note what is astray, which is nothing where the clock was always right.

    A membership gets the id of its JOIN. Where that is not kept, it is the first id of its time.
    """
    key = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "astray",
        sa.Column("message", key, autoincrement=False, nullable=False),
        sa.Column("place", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("message", name="astray_pkey"),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name="astray_message_fkey", ondelete="CASCADE"),
    )
    op.execute(_ASTRAY)
    op.create_index("astray_place", "astray", ["place", "at", "message"])
    op.create_index("astray_at", "astray", ["at", "message"])
    op.add_column("memberships", sa.Column("joined_id", sa.BigInteger, nullable=False, server_default="0"))
    op.execute(_JOINED)
