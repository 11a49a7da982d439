"""No index of the messages by time: an id says the time, and `astray` has those of the others."""

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Drop it: each message stored cost a page of the log for it."""
    op.drop_index("messages_at", "messages")
