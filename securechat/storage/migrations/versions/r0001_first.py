"""Accounts, channels, memberships and messages."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

ROW_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the first schema."""
    _accounts()
    _channels()
    _messages()


def _accounts() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ROW_KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("phc", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("last_login", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="accounts_pkey"),
        sa.UniqueConstraint("folded", name="accounts_folded_key"),
    )
    op.create_table(
        "login_sources",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "source", name="login_sources_pkey"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="login_sources_account_fkey"),
        sqlite_with_rowid=False,
    )


def _channels() -> None:
    op.create_table(
        "channels",
        sa.Column("id", ROW_KEY, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("folded", sa.Text, nullable=False),
        sa.Column("founder", sa.BigInteger),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("topic_setter", sa.Text, nullable=False),
        sa.Column("topic_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="channels_pkey"),
        sa.UniqueConstraint("folded", name="channels_folded_key"),
        sa.ForeignKeyConstraint(["founder"], ["accounts.id"], name="channels_founder_fkey"),
    )
    op.create_table(
        "memberships",
        sa.Column("channel", sa.BigInteger, nullable=False),
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("joined", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel", "account", name="memberships_pkey"),
        sa.ForeignKeyConstraint(["channel"], ["channels.id"], name="memberships_channel_fkey"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="memberships_account_fkey"),
        sqlite_with_rowid=False,
    )


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", ROW_KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("sender", sa.BigInteger, nullable=False),
        sa.Column("nick", sa.Text, nullable=False),
        sa.Column("channel", sa.BigInteger),
        sa.Column("recipient", sa.BigInteger),
        sa.Column("addressed", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("tags", sa.Text),
        sa.Column("nonce", sa.Text),
        sa.PrimaryKeyConstraint("id", name="messages_pkey"),
    )
    _partial_index("messages_channel", ["channel", "id"], "channel IS NOT NULL")
    _partial_index("messages_direct", ["recipient", "sender", "id"], "recipient IS NOT NULL")
    _partial_index("messages_nonce", ["sender", "nonce"], "nonce IS NOT NULL", unique=True)
    op.create_index("messages_at", "messages", ["at"])
    op.create_table(
        "undelivered",
        sa.Column("account", sa.BigInteger, nullable=False),
        sa.Column("message", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("account", "message", name="undelivered_pkey"),
        sa.ForeignKeyConstraint(["account"], ["accounts.id"], name="undelivered_account_fkey"),
        sa.ForeignKeyConstraint(
            ["message"], ["messages.id"], name="undelivered_message_fkey", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
    )
    op.create_index("undelivered_message", "undelivered", ["message"])


def _partial_index(name: str, columns: list[str], where: str, *, unique: bool = False) -> None:
    op.create_index(
        name,
        "messages",
        columns,
        unique=unique,
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )
