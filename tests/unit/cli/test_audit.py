"""`securechat audit`, without a running server."""

import json
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from securechat.cli.exits import ExitCode
from securechat.server.control import user_name
from securechat.storage.lock import DATABASE_NAME
from tests.unit.cli.conftest import Command


@pytest.fixture
def log(command: Command) -> Command:
    """Four entries."""
    for arguments in (["adduser", "alice", "--generate"], ["disable", "alice"], ["enable", "alice"]):
        assert command(*arguments).code == 0
    assert command("deluser", "alice", "--yes").code == 0
    return command


def test_show(log: Command) -> None:
    """Each line says when, who, from where, what and to whom; reading is not written down."""
    who = user_name(os.getuid())
    lines = log("audit", "show").out.splitlines()
    assert [line.partition("  ")[2] for line in lines] == [
        f"{who} from command line adduser alice member",
        f"{who} from command line disable alice",
        f"{who} from command line enable alice",
        f"{who} from command line deluser alice",
    ]
    rows = [json.loads(line) for line in log("audit", "show", "--json").out.splitlines()]
    assert [(row["id"], row["action"], row["target"]) for row in rows] == [
        (1, "adduser", "alice"),
        (2, "disable", "alice"),
        (3, "enable", "alice"),
        (4, "deluser", "alice"),
    ]


def test_verify(log: Command, home: Path) -> None:
    """The last hash is printed; it proves later that the log still goes on from there."""
    first = log("audit", "verify")
    assert (first.code, first.out.split()[:2]) == (0, ["4", "entries,"])
    digest = first.out.split()[-1]
    assert log("adduser", "bob", "--generate").code == 0
    assert log("audit", "verify", "--expect", digest).out.startswith("5 entries")
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database, database:
        database.execute("DELETE FROM audit WHERE id >= 4")
    assert log("audit", "verify").code == 0
    cut = log("audit", "verify", "--expect", digest)
    assert (cut.code, "its end was removed" in cut.err) == (ExitCode.ERROR, True)


def test_a_changed_entry_fails(log: Command, home: Path) -> None:
    """The exit code says it, and the text says where."""
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database, database:
        database.execute("UPDATE audit SET target = 'bob' WHERE id = 2")
    ended = log("audit", "verify")
    assert ended.code == ExitCode.ERROR
    assert "entry 2 was changed" in ended.err


def test_a_long_log_is_read_in_pages(log: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of entries in one answer is bounded."""
    from securechat.chat import administration

    monkeypatch.setattr(administration, "AUDIT_ROWS", 1)
    assert log("audit", "verify").out.startswith("4 entries")
