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
from tests.unit.conftest import Command


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
    from securechat.chat.rules import audit

    monkeypatch.setattr(audit, "AUDIT_ROWS", 1)
    assert log("audit", "verify").out.startswith("4 entries")


def entries(command: Command, *arguments: str) -> list[tuple[str, str, str]]:
    """Return what, to what, and the rest of each entry."""
    shown = command("audit", "show", "--json", *arguments)
    assert shown.code == 0, shown.err
    rows = [json.loads(line) for line in shown.out.splitlines()]
    assert {row["actor"] for row in rows} == {user_name(os.getuid())}
    return [(row["action"], row["target"], row["detail"]) for row in rows]


def test_what_is_taken_out_is_written_down_first(command: Command, tmp_path: Path) -> None:
    """A backup and an export are in the log, who can read them too, also when they come to nothing."""
    command("adduser", "alice", "--generate")
    file, everything = tmp_path / "backup", tmp_path / "export"
    assert command("backup", str(file)).code == 0
    assert command("backup", f"{file}2", "--passphrase-stdin", stdin="a long passphrase\n").code == 0
    assert command("export", str(everything), "--all").code == 0
    assert command("export", "--channel", "#general").code == 0
    assert command("export", "--account", "nobody").code == ExitCode.ERROR
    assert command("backup", str(tmp_path / "no" / "where")).code == ExitCode.ERROR
    assert entries(command)[1:] == [
        ("backup", str(file), "without the server's keys, not encrypted"),
        ("backup", f"{file}2", "with the server's keys, encrypted with a passphrase"),
        ("export", "*", f"into {everything}"),
        ("export", "#general", "into standard output"),
        ("export", "nobody", "into standard output"),
        ("backup", str(tmp_path / "no" / "where"), "without the server's keys, not encrypted"),
    ]


def test_what_is_put_in_is_written_down(command: Command, tmp_path: Path) -> None:
    """An import and a restore, in the same transaction and before the database has its place."""
    command("adduser", "alice", "--generate")
    file, everything = tmp_path / "backup", tmp_path / "export"
    assert command("export", str(everything), "--all").code == 0
    assert command("import", str(everything)).code == 0
    assert command("import", str(file)).code == ExitCode.ERROR
    assert entries(command)[-1] == (
        "import",
        str(everything),
        "0 messages, 0 events, 0 accounts, 1 channel",
    )
    assert command("backup", str(file)).code == 0
    there = ("--data-dir", str(tmp_path / "restored"))
    assert command("restore", str(file), *there).code == 0
    action, target, detail = entries(command, *there)[-1]
    assert (action, target) == ("restore", str(file)) and detail.startswith("a backup of ")
    assert command("audit", "verify", *there).out.startswith("5 entries")


def test_there_is_no_backup_of_nothing(command: Command, home: Path, tmp_path: Path) -> None:
    """A directory without a database stays one."""
    home.mkdir(parents=True)
    for arguments in (["backup", str(tmp_path / "file")], ["export", "--all"]):
        ended = command(*arguments)
        assert (ended.code, "there is no database" in ended.err) == (ExitCode.ERROR, True)
    assert [path.name for path in home.iterdir()] == []
