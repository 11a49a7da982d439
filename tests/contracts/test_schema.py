"""The schema that a fresh database gets."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import NullPool, create_engine

from securechat.storage.lock import DATABASE_NAME
from securechat.storage.migration import MIGRATIONS, Migrations
from securechat.storage.schema import HEAD, metadata
from securechat.storage.sqlite import open_store

FROZEN = Path(__file__).with_name("schema_0001.sql")

OTHER = ("alembic_version", "message_words", "search_state")
"""Tables that are not in `schema.metadata`: Alembic's, and the index of the search, which is never copied."""


def schema_of(path: Path) -> str:
    """Return the statements that make a database's tables and indexes, sorted by name."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute(
            "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite%' ORDER BY name"
        ).fetchall()
    return "".join(f"{' '.join(sql.split())};\n" for (sql,) in rows)


def test_the_first_schema_never_changes(tmp_path: Path) -> None:
    """The first migration makes, letter for letter, the schema of the databases that are out there."""
    open_store(tmp_path, migrations=Migrations(MIGRATIONS.directory, "0001")).close()
    assert schema_of(tmp_path / DATABASE_NAME) == FROZEN.read_text()


def test_the_migrations_make_what_the_tables_say(migrated: Path, tmp_path: Path) -> None:
    """A database that was brought up to date has the tables and indexes of `schema`."""
    engine = create_engine(f"sqlite:///{tmp_path / 'made.db'}", poolclass=NullPool)
    metadata.create_all(engine)
    made = schema_of(tmp_path / "made.db").splitlines()
    statements = schema_of(migrated / DATABASE_NAME).splitlines()
    assert [statement for statement in statements if not any(name in statement for name in OTHER)] == made


def test_the_newest_revision_is_the_one_that_the_program_knows() -> None:
    """`schema.HEAD` is the head of the migrations, and revisions are four digits that count up."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(MIGRATIONS.directory))
    revisions = [script.revision for script in scripts.walk_revisions()][::-1]
    assert scripts.get_heads() == [HEAD] == revisions[-1:]
    assert revisions == [f"{number:04}" for number in range(1, len(revisions) + 1)]
