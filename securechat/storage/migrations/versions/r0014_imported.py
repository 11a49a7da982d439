"""Which messages came from an export, and channels to which +f leads by their ids.

What messages refer to refers backwards, within its conversation.
"""

import json

import sqlalchemy as sa
from alembic import op

from securechat.irc.names import fold

revision = "0014"
down_revision = "0013"

# What no client could have sent, and an import took: an edit of itself, or of what was said elsewhere.
_ASTRAY = """
UPDATE messages SET refers = NULL
WHERE refers IS NOT NULL AND (
    refers >= id
    OR EXISTS (
        SELECT 1 FROM messages AS o
        WHERE o.id = messages.refers AND (
            COALESCE(o.channel, 0) <> COALESCE(messages.channel, 0)
            OR COALESCE(o.rank, '') <> COALESCE(messages.rank, '')
            OR (
                messages.channel IS NULL
                AND NOT (o.sender = messages.sender AND o.recipient = messages.recipient)
                AND NOT (o.sender = messages.recipient AND o.recipient = messages.sender)
                AND NOT EXISTS (
                    SELECT 1 FROM accounts WHERE role = 'nobody' AND id IN (o.sender, messages.sender)
                )
            )
        )
    )
)
"""


def upgrade() -> None:
    """Add the column. Of what was imported before nobody knows it any more."""
    op.add_column("messages", sa.Column("imported", sa.BigInteger))
    op.execute(_ASTRAY)
    _forward_by_id(op.get_bind())


def _forward_by_id(connection: sa.Connection) -> None:
    """Have the names that +f leads to as ids; one that no channel has leads nowhere."""
    rows = connection.execute(sa.text("SELECT id, folded, modes FROM channels")).fetchall()
    keys = {folded: key for key, folded, _ in rows}
    for channel, _, written in rows:
        modes = json.loads(written)
        if "f" in modes:
            target = keys.get(fold(modes.pop("f")))
            modes |= {} if target is None else {"f": str(target)}
            values = {"modes": json.dumps(modes), "channel": channel}
            connection.execute(sa.text("UPDATE channels SET modes = :modes WHERE id = :channel"), values)
