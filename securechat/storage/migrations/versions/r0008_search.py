"""The index of words for the search, empty: the server fills it while it runs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the index, and the row that says how far it is."""
    op.create_table("search_state", sa.Column("upto", sa.BigInteger, nullable=False))
    op.execute("INSERT INTO search_state (upto) VALUES (-1)")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE message_words USING fts5 "
            "(words, place, sender, content = '', columnsize = 0, tokenize = 'ascii')"
        )
        op.execute("INSERT INTO message_words (message_words, rank) VALUES ('automerge', 0)")
    else:
        op.execute("CREATE TABLE message_words (message BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)")
        op.execute("CREATE INDEX message_words_words ON message_words USING gin (words)")
