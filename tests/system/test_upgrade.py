"""From the first schema to the newest, back again as docs/operations.md says, and once more."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from securechat.storage.migration import MIGRATIONS, Migrations
from securechat.storage.schema import HEAD
from securechat.storage.sqlite import open_store
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess, hashed

FIRST = Path(__file__).parents[1] / "contracts" / "schema_0001.sql"
NOON = 1_763_200_800_000
KEPT = ("SELECT * FROM messages", "SELECT * FROM accounts", "SELECT * FROM memberships")
SAID = "SELECT id, sender, text FROM messages WHERE command = 'PRIVMSG' ORDER BY id"


def found(path: Path, sql: str) -> list[tuple[object, ...]]:
    """Ask a database that nobody has open."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def revision(path: Path) -> object:
    """Return the schema's revision."""
    return found(path, "SELECT version_num FROM alembic_version")[0][0]


def of_the_first_version(path: Path) -> None:
    """Write the database of a server of the first schema: two people, a channel, and what was said."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(FIRST.read_text("utf-8"))
        connection.execute("INSERT INTO alembic_version VALUES ('0001')")
        people = [(1, "alice", "alice", "admin"), (2, "bob", "bob", "member")]
        account = f"INSERT INTO accounts VALUES (?, ?, ?, '{hashed(PASSWORD)}', ?, 0, 1, NULL)"
        connection.executemany(account, people)
        channel = "INSERT INTO channels VALUES (1, '#general', '#general', NULL, 1, 'all', 'alice', 1)"
        connection.execute(channel)
        connection.executemany("INSERT INTO memberships VALUES (1, ?, 1)", [(1,), (2,)])
        said = "INSERT INTO messages VALUES (?, ?, 'PRIVMSG', 1, 'alice', 1, NULL, '#general', ?, NULL, NULL)"
        ids = [(NOON + number << 20) for number in range(20)]
        connection.executemany(
            said, [(key, NOON + number, f"long ago {number}") for number, key in enumerate(ids)]
        )
        direct = "?, ?, 'PRIVMSG', 1, 'alice', NULL, 2, 'bob', 'to you', NULL, NULL"
        connection.execute(f"INSERT INTO messages VALUES ({direct})", (ids[-1] + 1, NOON + 19))
        connection.execute("INSERT INTO undelivered VALUES (2, ?)", (ids[-1] + 1,))


def roll_back(server: ServerProcess, copy: Path) -> None:
    """Do what docs/operations.md says, with the server stopped."""
    server.database.unlink()
    for name in ("securechat.db-wal", "securechat.db-shm"):
        (server.data / name).unlink(missing_ok=True)
    shutil.copy(copy, server.database)


def test_up_and_back_and_up(tmp_path: Path, enter: Callable[..., Person]) -> None:
    """Nothing is lost on the way up; the way back gives what was before; the way up can be gone again."""
    server = ServerProcess(tmp_path)
    server.data.mkdir(mode=0o700)
    of_the_first_version(server.database)
    before = [found(server.database, sql) for sql in KEPT]
    server.start()
    bob = enter(server, "bob")
    assert "to you" in [line.params[-1] for line in bob.welcome]
    enter(server, "alice").say("#general", "said by the new version")
    bob.hear("said by the new version")
    end(server)
    assert revision(server.database) == HEAD
    (copy,) = server.data.glob("securechat.db.before-*")
    roll_back(server, copy)
    assert revision(server.database) == "0001"
    assert [found(server.database, sql) for sql in KEPT] == before
    # The program of then: it takes its own schema as it is.
    open_store(server.data, migrations=Migrations(MIGRATIONS.directory, "0001")).close()
    server.start()
    texts = [row[2] for row in found_when_stopped(server, enter)]
    assert texts == [*(f"long ago {number}" for number in range(20)), "to you", "said once more"]
    assert len(list(server.data.glob("securechat.db.before-*"))) == 2


def found_when_stopped(server: ServerProcess, enter: Callable[..., Person]) -> list[tuple[object, ...]]:
    """Say something, stop the server, and return what it has kept."""
    enter(server, "alice").say("#general", "said once more")
    end(server)
    assert revision(server.database) == HEAD
    return found(server.database, SAID)


def end(server: ServerProcess) -> None:
    """Stop a server that keeps copies of its database in its directory."""
    copies = {path: path.read_bytes() for path in server.data.glob("securechat.db.before-*")}
    for path in copies:
        path.unlink()
    server.stop()
    for path, content in copies.items():
        path.write_bytes(content)
