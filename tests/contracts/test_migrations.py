"""Bringing a database up to date: all or nothing, after a copy, and never backwards."""

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from securechat.irc import msgid
from securechat.storage.errors import SchemaRefused, StorageError
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.migration import MIGRATIONS, Migrations
from securechat.storage.schema import HEAD
from securechat.storage.sqlite import open_store
from tests.contracts.facts import (
    BOB,
    CHANNELS,
    JOINED_IDS,
    NOON,
    OLD_ASTRAY,
    OLD_MEMBERSHIPS,
    PEOPLE,
    message,
    waiting,
)

NEXT = f"{int(HEAD) + 1:04}"

HEADER = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{HEAD}"
"""

MOTTO = """
def upgrade():
    op.add_column("accounts", sa.Column("motto", sa.Text, nullable=False, server_default="none"))
"""

REMAKE = """
def upgrade():
    with op.batch_alter_table("messages") as batch:
        batch.alter_column("nick", type_=sa.String(64))
"""

BROKEN = """
def upgrade():
    op.create_table("marks", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("DELETE FROM accounts")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""

ORPHANS = """
def upgrade():
    op.execute("DELETE FROM accounts")
"""


def next_migrations(directory: Path, body: str) -> Migrations:
    """Return the program's migrations and one more."""
    copy = directory / "migrations 100%"
    shutil.copytree(MIGRATIONS.directory, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "versions" / f"r{NEXT}_next.py").write_text(HEADER + body)
    return Migrations(copy, NEXT)


def query(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Return what a query finds in a database that is not open."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def insert(connection: sqlite3.Connection, table: str, **columns: object) -> None:
    """Add a row to a database of any revision."""
    marks = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", (*columns.values(),))


def version(path: Path) -> object:
    """Return the schema's revision."""
    return query(path, "SELECT version_num FROM alembic_version")[0][0]


def backups(directory: Path) -> list[Path]:
    """Return everything beside the database itself."""
    return sorted(path for path in directory.iterdir() if path.name != DATABASE_NAME)


@pytest.fixture
def chat(tmp_path: Path) -> Path:
    """A data directory with a database that has contents."""
    directory = tmp_path / "chat"
    store = open_store(directory)
    store.commit([*PEOPLE, *CHANNELS, message(5, nonce="n"), waiting(6, BOB)])
    store.close()
    return directory


def test_an_empty_database_is_migrated_without_a_copy(tmp_path: Path) -> None:
    """A new data directory, or an empty file in it, gets the newest schema; there is nothing to copy."""
    (tmp_path / DATABASE_NAME).touch()
    open_store(tmp_path).close()
    assert version(tmp_path / DATABASE_NAME) == HEAD
    assert backups(tmp_path) == []


def test_a_database_that_is_up_to_date_is_left_alone(chat: Path) -> None:
    """Opening it again copies nothing and keeps everything."""
    store = open_store(chat)
    assert len(store.load().accounts) == len(PEOPLE)
    store.close()
    assert backups(chat) == []


def test_an_existing_database_is_copied_and_migrated(chat: Path, tmp_path: Path) -> None:
    """What was there stays, with the new column; the copy beside it is the database as it was, private."""
    (chat / f"{DATABASE_NAME}.before-0001-x.partial").write_text("of a program that was killed")
    store = open_store(chat, migrations=next_migrations(tmp_path, MOTTO))
    snapshot = store.load()
    store.close()
    database = chat / DATABASE_NAME
    assert [account.name for account in snapshot.accounts] == [person.name for person in PEOPLE]
    assert version(database) == NEXT
    assert query(database, "SELECT motto FROM accounts") == [("none",)] * len(PEOPLE)
    (copy,) = backups(chat)
    assert copy.name.startswith(f"{DATABASE_NAME}.before-{NEXT}-")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert query(copy, "PRAGMA journal_mode") == [("delete",)], "it is complete without a log"
    assert version(copy) == HEAD
    assert query(copy, "SELECT id, text FROM messages ORDER BY id") == [(5, "hello"), (6, "hello")]
    assert len(query(copy, "SELECT * FROM pragma_table_info('accounts') WHERE name = 'motto'")) == 0


def test_founders_get_their_rank_from_the_first_schema(tmp_path: Path) -> None:
    """Revision 0003: founders are q, administrators a where there is no founder, and channels stay +n."""
    open_store(tmp_path, migrations=Migrations(MIGRATIONS.directory, "0001")).close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection, connection:
        account = "INSERT INTO accounts VALUES (?, ?, ?, 'x', ?, 0, 1, NULL)"
        connection.executemany(account, [(1, "alice", "alice", "member"), (2, "root", "root", "admin")])
        channel = "INSERT INTO channels VALUES (?, ?, ?, ?, 1, '', '', 0)"
        connection.executemany(channel, [(1, "#general", "#general", None), (2, "#dev", "#dev", 1)])
        member = "INSERT INTO memberships VALUES (?, ?, 1)"
        connection.executemany(member, [(1, 1), (1, 2), (2, 1), (2, 2)])
    store = open_store(tmp_path)
    general, dev = store.load().channels
    store.close()
    assert (general.modes, dev.modes) == ({"n": ""}, {"n": ""})
    assert {user: member.ranks for user, member in general.members.items()} == {1: "", 2: "a"}
    assert {user: member.ranks for user, member in dev.members.items()} == {1: "q", 2: ""}


def test_what_was_said_while_the_clock_was_wrong_is_noted(tmp_path: Path) -> None:
    """Revision 0011: what is astray is found; a membership begins with its JOIN, else with its time."""
    open_store(tmp_path, migrations=Migrations(MIGRATIONS.directory, "0010")).close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection:
        connection.executescript(OLD_MEMBERSHIPS)
    store = open_store(tmp_path)
    assert {user: member.joined_id for user, member in store.load().channels[0].members.items()} == JOINED_IDS
    store.close()
    assert query(tmp_path / DATABASE_NAME, "SELECT * FROM astray ORDER BY message") == OLD_ASTRAY


def test_foreign_edits_are_messages_of_their_own(tmp_path: Path) -> None:
    """Revision 0019: also those of another place, which 0014 parted from it; one's own edits stay."""
    open_store(tmp_path, migrations=Migrations(MIGRATIONS.directory, "0013")).close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection, connection:
        for key, name, role in (1, "alice", "member"), (2, "bob", "member"), (3, "removed", "nobody"):
            columns = {"id": key, "name": name, "folded": name, "phc": "x", "role": role}
            insert(connection, "accounts", **columns, disabled=0, created=1)
        for key, name in (1, "#a"), (2, "#b"):
            columns = {"id": key, "name": name, "folded": name, "created": 1}
            insert(connection, "channels", **columns, topic="", topic_setter="", topic_at=0)
        edit = f'"+securechat/edit":"{msgid.encode(100)}"'
        rows = [
            (100, 1, 1, None, None),
            (201, 1, 1, f"{{{edit}}}", 100),  # alice's own
            (202, 2, 1, f"{{{edit}}}", 100),  # bob's, of what alice said
            (203, 2, 2, f'{{{edit},"+x":"é"}}', 100),  # the same, in another channel
            (204, 3, 1, f"{{{edit}}}", 100),  # of somebody who was removed
            (205, 2, 1, f'{{"+reply":"{msgid.encode(100)}"}}', 100),  # no edit
            (206, 1, 1, f"{{{edit}}}", 99),  # of what was deleted
        ]
        for key, sender, place, tags, refers in rows:
            columns = {"id": key, "sender": sender, "channel": place, "tags": tags, "refers": refers}
            insert(connection, "messages", **columns, at=1, command="PRIVMSG", nick="", addressed="", text="")
    open_store(tmp_path).close()
    sql = "SELECT id, sender, channel, tags, refers FROM messages ORDER BY id"
    left = query(tmp_path / DATABASE_NAME, sql)
    alone = {202: (202, 2, 1, None, None), 203: (203, 2, 2, '{"+x":"é"}', None)}
    assert left == [alone.get(row[0], row) for row in rows]


def test_the_copy_can_be_used_as_the_database(chat: Path, tmp_path: Path) -> None:
    """Put in the place of the database, the copy is what was there before the migration."""
    open_store(chat, migrations=next_migrations(tmp_path, MOTTO)).close()
    (copy,) = backups(chat)
    copy.rename(chat / DATABASE_NAME)
    store = open_store(chat)
    assert store.load().waiting == {BOB}
    store.close()


def test_a_migration_that_fails_changes_nothing(chat: Path, tmp_path: Path) -> None:
    """Tables made and rows deleted before the error are as before; the copy stays."""
    with pytest.raises(StorageError, match="nowhere"):
        open_store(chat, migrations=next_migrations(tmp_path, BROKEN))
    database = chat / DATABASE_NAME
    assert version(database) == HEAD
    assert query(database, "SELECT count(*) FROM accounts") == [(len(PEOPLE),)]
    assert query(database, "SELECT name FROM sqlite_schema WHERE name = 'marks'") == []
    assert len(backups(chat)) == 1
    open_store(chat).close()


def test_a_table_can_be_made_anew_without_losing_what_refers_to_it(chat: Path, tmp_path: Path) -> None:
    """SQLite changes a column by copying the table: rows that refer to the old one are not deleted."""
    store = open_store(chat, migrations=next_migrations(tmp_path, REMAKE))
    assert store.load().waiting == {BOB}
    assert store.prune(NOON + 1, 10) == 2
    assert store.load().waiting == frozenset()
    store.close()


def test_a_migration_may_not_leave_dangling_references(chat: Path, tmp_path: Path) -> None:
    """References are checked before the migration is committed, since they are not enforced while it runs."""
    with pytest.raises(StorageError, match="references"):
        open_store(chat, migrations=next_migrations(tmp_path, ORPHANS))
    assert query(chat / DATABASE_NAME, "SELECT count(*) FROM accounts") == [(len(PEOPLE),)]


def test_a_newer_database_is_refused_and_not_touched(chat: Path, tmp_path: Path) -> None:
    """A program that does not know the schema says so, names both versions and changes nothing."""
    open_store(chat, migrations=next_migrations(tmp_path, MOTTO)).close()
    before = (chat / DATABASE_NAME).read_bytes()
    with pytest.raises(SchemaRefused, match=rf"newer securechat.*{NEXT}.*{HEAD}"):
        open_store(chat)
    assert (chat / DATABASE_NAME).read_bytes() == before


@pytest.mark.parametrize("stamp", ["0000", "abcd", "٠٠٠١", "00001", ""])
def test_an_unknown_version_is_refused(chat: Path, stamp: str) -> None:
    """A version that no migration of ours has made is not guessed at."""
    with closing(sqlite3.connect(chat / DATABASE_NAME)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [stamp])
    with pytest.raises(SchemaRefused):
        open_store(chat)
    assert query(chat / DATABASE_NAME, "SELECT count(*) FROM accounts") == [(len(PEOPLE),)]


def test_a_foreign_database_is_refused(tmp_path: Path) -> None:
    """Tables that are not ours are left alone."""
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection, connection:
        connection.execute("CREATE TABLE accounts (id)")
    with pytest.raises(SchemaRefused, match="did not make"):
        open_store(tmp_path)
    assert query(tmp_path / DATABASE_NAME, "SELECT name FROM sqlite_schema") == [("accounts",)]


def test_what_is_not_a_database_is_an_error_that_names_it(tmp_path: Path) -> None:
    """A file with other contents, and a directory in its place, are refused with their path."""
    path = tmp_path / DATABASE_NAME
    path.write_text("no database at all, but long enough to be looked at as one" * 20)
    with pytest.raises(StorageError, match=f"{DATABASE_NAME}: file is not a database"):
        open_store(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageError, match=DATABASE_NAME):
        open_store(tmp_path)


def test_a_damaged_database_is_not_migrated(chat: Path, tmp_path: Path) -> None:
    """When the copy is not sound, the migration does not begin and no copy is left."""
    path = chat / DATABASE_NAME
    (root,) = query(path, "SELECT rootpage FROM sqlite_schema WHERE name = 'messages_nonce'")[0]
    contents = bytearray(path.read_bytes())
    assert isinstance(root, int)
    contents[(root - 1) * 4096 : root * 4096] = bytes(4096)
    path.write_bytes(contents)
    with pytest.raises(StorageError, match="damaged"):
        open_store(chat, migrations=next_migrations(tmp_path, MOTTO))
    assert version(path) == HEAD
    assert backups(chat) == []


def test_alembic_is_imported_only_for_a_migration(chat: Path) -> None:
    """Opening a database that is up to date does not pay for what migrations need."""
    code = (
        "import sys; from pathlib import Path; from securechat.storage.sqlite import open_store; "
        "open_store(Path(sys.argv[1])).close(); print('alembic' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(chat)]
    root = Path(__file__).parents[2]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"


def test_what_an_import_of_before_took_is_mended(tmp_path: Path) -> None:
    """Nothing refers to itself, to what came later, or to what was said to others; all else stays."""
    chat, of_then = tmp_path / "chat", Migrations(MIGRATIONS.directory, "0013")
    open_store(chat, migrations=of_then).close()
    insert = (
        "INSERT INTO messages "
        "(id, at, command, sender, nick, channel, recipient, addressed, text, rank, refers) "
        "VALUES (?, 0, 'PRIVMSG', ?, 'a', ?, ?, '#c', 'x', ?, ?)"
    )
    rows = [
        *((1, 1, 7, None, None, 1), (2, 1, 7, None, None, 3), (3, 1, 7, None, None, 1)),
        *((4, 1, 8, None, None, 1), (5, 1, 7, None, "o", 1), (6, 1, None, 2, None, 1)),
        *((7, 2, None, 1, None, 6), (8, 3, None, 1, None, 6), (9, 1, 7, None, None, 0)),
        *((10, 1, None, 1, None, 6), (11, 1, None, 1, None, 10)),
    ]
    with closing(sqlite3.connect(chat / DATABASE_NAME)) as connection:
        connection.executemany(insert, rows)
        connection.commit()
    open_store(chat).close()
    left = query(chat / DATABASE_NAME, "SELECT id, refers FROM messages WHERE refers IS NOT NULL ORDER BY id")
    assert left == [(3, 1), (7, 6), (9, 0), (11, 10)]


def test_forwards_by_name_lead_to_the_same_channels(tmp_path: Path) -> None:
    """A name becomes the id of the channel that has it; one that no channel has is no forward."""
    chat, of_then = tmp_path / "chat", Migrations(MIGRATIONS.directory, "0013")
    open_store(chat, migrations=of_then).close()
    insert = (
        "INSERT INTO channels (id, name, folded, created, topic, topic_setter, topic_at, modes) "
        "VALUES (?, ?, ?, 0, '', '', 0, ?)"
    )
    rows = [
        *((1, "#a", "#a", '{"i":"","f":"#Hall"}'), (2, "#Hall", "#hall", '{"n":""}')),
        (3, "#c", "#c", '{"f":"#gone"}'),
    ]
    with closing(sqlite3.connect(chat / DATABASE_NAME)) as connection:
        connection.executemany(insert, rows)
        connection.commit()
    with closing(open_store(chat)) as store:
        modes = [channel.modes for channel in store.load().channels]
    assert modes == [{"i": "", "f": "2"}, {"n": ""}, {}]


def test_who_was_removed_is_no_founder(tmp_path: Path) -> None:
    """Revision 0017: earlier versions left the channels of an account that they removed to it."""
    open_store(tmp_path, migrations=Migrations(MIGRATIONS.directory, "0016")).close()
    with closing(sqlite3.connect(tmp_path / DATABASE_NAME)) as connection, connection:
        connection.executemany(
            "INSERT INTO accounts (id, name, folded, phc, role, disabled, created) "
            "VALUES (?, ?, ?, ?, ?, ?, 1)",
            [
                *((1, "alice", "alice", None, "member", 0), (2, "Bob", "bob", "x", "member", 0)),
                *((3, "carol", "carol", "x", "member", 1), (4, "removed", "removed", None, "nobody", 0)),
            ],
        )
        rows = [(key, f"#c{key}", f"#c{key}", founder) for key, founder in enumerate((1, 2, 3, None, 4), 1)]
        channel = "INSERT INTO channels VALUES (?, ?, ?, ?, 1, '', '', 0, '{}', NULL)"
        connection.executemany(channel, rows)
    with closing(open_store(tmp_path)) as store:
        assert [channel.founder for channel in store.load().channels] == [None, 2, 3, None, None]
