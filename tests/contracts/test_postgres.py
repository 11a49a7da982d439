"""What is PostgreSQL's own: durable commits, one server at a time, migrations, errors without rows."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import NullPool, create_engine, text

from securechat.chat.ports import StoreFull
from securechat.chat.records import AccountDisabled
from securechat.storage import sqlite
from securechat.storage.copying import contents_of
from securechat.storage.errors import SchemaRefused, StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.looking import Looked, look_at_postgres
from securechat.storage.migration import MIGRATIONS, Migrations
from securechat.storage.postgres import open_reader, open_store, without_password
from securechat.storage.schema import HEAD, metadata
from tests.contracts.facts import ALICE, CHANNELS, JOINED_IDS, OLD_ASTRAY, OLD_MEMBERSHIPS, PEOPLE, message
from tests.support.postgres import PostgresPlace

NEXT = f"{int(HEAD) + 1:04}"


def next_migrations(directory: Path, body: str) -> Migrations:
    """Return the program's migrations and one more."""
    copy = directory / "migrations"
    shutil.copytree(MIGRATIONS.directory, copy, ignore=shutil.ignore_patterns("__pycache__"))
    header = (
        f'import sqlalchemy as sa\nfrom alembic import op\nrevision = "{NEXT}"\ndown_revision = "{HEAD}"\n'
    )
    (copy / "versions" / f"r{NEXT}_next.py").write_text(f"{header}def upgrade():\n    {body}\n")
    return Migrations(copy, NEXT)


PARTIAL = """
SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE indpred IS NOT NULL
"""
"""The indexes of a part of a table, which alembic does not compare."""


def _is_copied(name: str | None, kind: str, _parents: object) -> bool:
    """The tables of the search are not in `schema.metadata`."""
    return kind != "table" or name not in ("message_words", "search_state")


def test_the_migrations_make_what_the_tables_say(place: PostgresPlace, tmp_path: Path) -> None:
    """A database that was brought up to date has the tables, indexes and types of `schema`."""
    open_store(place.url, tmp_path).close()
    engine = create_engine(place.url.replace("postgresql", "postgresql+psycopg", 1), poolclass=NullPool)
    options = {"compare_type": True, "include_name": _is_copied}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        partial = connection.execute(text(PARTIAL)).scalars().all()
    indexes = [index for table in metadata.tables.values() for index in table.indexes]
    named = {str(index.name) for index in indexes if index.dialect_options["sqlite"]["where"] is not None}
    assert named and named == set(partial) & {str(index.name) for index in indexes}


def test_a_migration_happens_whole_or_not_at_all(place: PostgresPlace, tmp_path: Path) -> None:
    """One that fails leaves the schema and the rows as they were; the next one, that works, brings it on."""
    data = tmp_path / "data"
    data.mkdir()
    store = open_store(place.url, data)
    store.commit([*PEOPLE, *CHANNELS, message(5)])
    store.close()
    broken = next_migrations(tmp_path / "broken", 'op.execute("DELETE FROM messages"); op.execute("oops")')
    with pytest.raises(StorageError, match="syntax error"):
        open_store(place.url, data, migrations=broken)
    assert place.execute("SELECT version_num FROM alembic_version") == [(HEAD,)]
    assert place.execute("SELECT id FROM messages") == [(5,)]
    works = 'op.add_column("accounts", sa.Column("motto", sa.Text, server_default="none"))'
    open_store(place.url, data, migrations=next_migrations(tmp_path / "works", works)).close()
    assert place.execute("SELECT DISTINCT motto FROM accounts") == [("none",)]
    with pytest.raises(SchemaRefused, match=f"newer securechat .its schema is {NEXT}"):
        open_store(place.url, tmp_path)


def old_database(place: PostgresPlace, tmp_path: Path) -> None:
    """Make a database of the first schema with contents."""
    open_store(place.url, tmp_path, migrations=Migrations(MIGRATIONS.directory, "0001")).close()
    place.execute(
        """
        INSERT INTO accounts VALUES (1, 'alice', 'alice', 'x', 'member', false, 1, NULL);
        INSERT INTO channels VALUES (1, '#dev', '#dev', 1, 1, 'tea', 'alice', 2);
        INSERT INTO memberships VALUES (1, 1, 0);
        INSERT INTO messages SELECT i, i, 'PRIVMSG', 1, 'alice', 1, NULL, '#dev', 'grüße ' || i, NULL, NULL
            FROM generate_series(1, 2500) AS i;
        """
    )


def test_what_was_said_while_the_clock_was_wrong_is_noted(place: PostgresPlace, tmp_path: Path) -> None:
    """Revision 0011: what is astray is found; a membership begins with its JOIN, else with its time."""
    open_store(place.url, tmp_path, migrations=Migrations(MIGRATIONS.directory, "0010")).close()
    place.execute(OLD_MEMBERSHIPS)
    store = open_store(place.url, tmp_path)
    assert {user: member.joined_id for user, member in store.load().channels[0].members.items()} == JOINED_IDS
    store.close()
    assert place.execute("SELECT * FROM astray ORDER BY message") == OLD_ASTRAY


def test_a_database_is_copied_before_a_migration(place: PostgresPlace, tmp_path: Path) -> None:
    """The file has the schema and the rows of then; the program of then can use it as its own."""
    old_database(place, tmp_path)
    for left in ("securechat.db.before.partial", "securechat.db.before-0002-x.partial"):
        (tmp_path / left).mkdir() if left.endswith("before.partial") else (tmp_path / left).touch()
    store = open_store(place.url, tmp_path)
    assert store.load().channels[0].members[1].ranks == "q", "revision 0003 gives founders their rank"
    store.close()
    (copy,) = tmp_path.iterdir()
    assert copy.name.startswith(f"securechat.db.before-{HEAD}-") and copy.stat().st_mode & 0o777 == 0o600
    revision, rows = contents_of(copy)
    assert (revision, rows["accounts"], rows["channels"], rows["memberships"]) == ("0001", 1, 1, 1)
    with closing(sqlite3.connect(copy)) as connection:
        texts = connection.execute("SELECT count(*), max(text) FROM messages WHERE text LIKE 'grüße %'")
        assert texts.fetchone() == (2500, "grüße 999")
    (tmp_path / "back").mkdir()
    copy.rename(tmp_path / "back" / DATABASE_NAME)
    back = sqlite.open_store(tmp_path / "back")
    assert (back.load().last_message, back.load().accounts[0].disabled) == (2500, False)
    back.close()
    open_store(place.url, tmp_path).close()
    assert [path.name for path in tmp_path.iterdir()] == ["back"], "what is up to date is not copied"


def test_without_a_copy_there_is_no_migration(place: PostgresPlace, tmp_path: Path) -> None:
    """Nothing is changed, and the error says what to make room for."""
    old_database(place, tmp_path)
    nowhere = tmp_path / "nowhere"
    with pytest.raises(StorageError, match=f"was not upgraded, since it cannot be copied to {nowhere} first"):
        open_store(place.url, nowhere)
    assert place.execute("SELECT version_num FROM alembic_version") == [("0001",)]


def test_a_database_of_others_is_refused(place: PostgresPlace, tmp_path: Path) -> None:
    """Tables that are not ours are left alone."""
    place.execute("CREATE TABLE customers (id int)")
    with pytest.raises(SchemaRefused, match="did not make"):
        open_store(place.url, tmp_path)
    tables = place.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    assert tables == [("customers",)]


def test_one_server_at_a_time(place: PostgresPlace, tmp_path: Path) -> None:
    """While a store is open no other opens; readers do. When it is closed, the next one opens."""
    store = open_store(place.url, tmp_path)
    open_reader(place.url).close()
    with pytest.raises(StorageError, match="in use by another securechat"):
        open_store(place.url, tmp_path, patience=1)
    store.close()
    open_store(place.url, tmp_path).close()


def test_commits_wait_for_the_disk_whatever_the_default_is(place: PostgresPlace, tmp_path: Path) -> None:
    """`synchronous_commit` is on also where the database says otherwise; readers cannot write."""
    open_store(place.url, tmp_path).close()
    ((name,),) = place.execute("SELECT current_database()")
    place.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    store, reader = open_store(place.url, tmp_path), open_reader(place.url)
    try:
        with store._connection.begin():
            assert store._connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
        assert reader._connection.exec_driver_sql("SHOW statement_timeout").scalar() == "15s"
        with pytest.raises(Exception, match="read-only transaction"):
            reader._connection.exec_driver_sql("DELETE FROM accounts")
    finally:
        reader.close()
        store.close()


def test_a_lost_connection_is_not_replaced(place: PostgresPlace, tmp_path: Path) -> None:
    """What a commit then did is unknown, so it is no `StoreFull`; the store never works again."""
    store = open_store(place.url, tmp_path)
    store.commit(PEOPLE)
    place.disconnect()
    for key in (5, 6):
        with pytest.raises(Exception, match=r"terminating|lost|closed") as caught:
            store.commit([message(key)])
        assert not isinstance(caught.value, StoreFull)
    store.close()
    assert place.execute("SELECT id FROM messages") == []


def test_errors_quote_no_rows(place: PostgresPlace, tmp_path: Path) -> None:
    """PostgreSQL's own details, which hold the whole row, are not in an exception's text."""
    store = open_store(place.url, tmp_path)
    try:
        store.commit([*PEOPLE, *CHANNELS])
        place.execute("ALTER TABLE messages ADD CONSTRAINT short CHECK (length(text) < 5)")
        place.execute("ALTER TABLE accounts ADD CONSTRAINT enabled CHECK (NOT disabled)")
        for record in (message(5, text="canary"), AccountDisabled(ALICE, 1)):
            with pytest.raises(Exception, match="violates check constraint") as caught:
                store.commit([record])
            assert "canary" not in str(caught.value) and "$alice" not in str(caught.value)
    finally:
        store.close()


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("postgresql://nobody:geheim@127.0.0.1:1/chat", "Connection refused"),
        ("postgresql://127.0.0.1:1/chat?password=geheim", "Connection refused"),
        ("postgresql://u:geheim@[::1/chat", "cannot open"),
        ("postgresql://u:geheim@127.0.0.1/chat?nonsense=geheim", "cannot open"),
    ],
)
def test_what_cannot_be_opened_is_explained_without_the_password(url: str, text: str, tmp_path: Path) -> None:
    """The error names the database, and never the password that stood in its URL."""
    with pytest.raises(StorageError, match=text) as caught:
        open_store(url, tmp_path)
    assert "geheim" not in str(caught.value)


def test_a_url_is_shown_without_its_password() -> None:
    """Only what a person needs to know which database it is."""
    assert without_password("postgresql://chat:a:b@db/chat?password=x") == "postgresql://chat@db/chat"
    assert without_password("postgresql:///chat?host=/run") == "postgresql:///chat"


def test_a_database_is_looked_at(place: PostgresPlace, tmp_path: Path) -> None:
    """As `securechat doctor` does, beside whoever has it open, and before the first start."""
    assert look_at_postgres(place.url) == Looked(None, behind=False)
    with closing(open_store(place.url, tmp_path)) as store:
        assert look_at_postgres(place.url) == Looked(HEAD, behind=False)
        store.commit([*PEOPLE])
        assert look_at_postgres(place.url).accounts == len(PEOPLE)
