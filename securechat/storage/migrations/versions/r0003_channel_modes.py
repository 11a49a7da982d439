"""Modes of channels, ranks of members, lists of masks, and the channels that are no more."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Give every founder their rank; the channels that there are keep what applied to them: +n."""
    op.add_column("channels", sa.Column("modes", sa.Text, nullable=False, server_default="{}"))
    op.add_column("memberships", sa.Column("ranks", sa.Text, nullable=False, server_default=""))
    op.execute("""UPDATE channels SET modes = '{"n":""}'""")
    op.execute(
        "UPDATE memberships SET ranks = 'q' WHERE account = "
        "(SELECT founder FROM channels WHERE channels.id = memberships.channel)"
    )
    # As for accounts that join: administrators look after the channels that the server made.
    op.execute(
        "UPDATE memberships SET ranks = 'a' WHERE account IN (SELECT id FROM accounts WHERE role = 'admin') "
        "AND channel IN (SELECT id FROM channels WHERE founder IS NULL)"
    )
    op.create_table(
        "channel_lists",
        sa.Column("channel", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("mask", sa.Text, nullable=False),
        sa.Column("setter", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel", "kind", "mask", name="channel_lists_pkey"),
        sa.ForeignKeyConstraint(["channel"], ["channels.id"], name="channel_lists_channel_fkey"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dropped_channels",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="dropped_channels_pkey"),
    )
