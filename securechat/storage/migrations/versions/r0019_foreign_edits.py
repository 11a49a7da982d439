"""No edits of what somebody else said: an import took them, and clients follow their tag."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_EDIT = "+securechat/edit"

# An edit of nothing was one of another place, which revision 0014 has parted from it. Of messages that have
# lost their author nobody knows whose they were.
_FOREIGN = """
SELECT m.id, m.tags FROM messages AS m
WHERE m.tags LIKE :edit AND (
    m.refers IS NULL
    OR EXISTS (
        SELECT 1 FROM messages AS o
        WHERE o.id = m.refers AND o.sender <> m.sender AND NOT EXISTS (
            SELECT 1 FROM accounts WHERE role = 'nobody' AND id IN (o.sender, m.sender)
        )
    )
)
"""


def upgrade() -> None:
    """Let what claims to be such an edit be a message of its own."""
    connection = op.get_bind()
    found = connection.execute(sa.text(_FOREIGN), {"edit": f'%"{_EDIT}"%'}).fetchall()
    alone = [{"message": key, "tags": _without_edit(tags)} for key, tags in found]
    if alone:
        statement = "UPDATE messages SET refers = NULL, tags = :tags WHERE id = :message"
        connection.execute(sa.text(statement), alone)


def _without_edit(written: str) -> str | None:
    tags = {name: value for name, value in json.loads(written).items() if name != _EDIT}
    return json.dumps(tags, ensure_ascii=False, separators=(",", ":")) if tags else None
