"""`securechat channel`, and what becomes of a removed account's messages, without a running server."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from securechat.cli.exits import ExitCode
from securechat.storage.lock import DATABASE_NAME
from tests.unit.conftest import Command


@pytest.fixture
def chat(command: Command) -> Command:
    """A server with alice and the channel that everybody joins."""
    assert command("adduser", "alice", "--generate").code == 0
    return command


def query(home: Path, sql: str) -> list[tuple[object, ...]]:
    """Return what a query finds."""
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database:
        return database.execute(sql).fetchall()


def test_a_retention_is_set_and_listed(chat: Command) -> None:
    """Days, for ever, and the server's again; each is written down."""
    assert chat("channel", "list").out == "#general  1 member\n"
    for value, shown in (
        ("30", "  kept 30 days"),
        ("1", "  kept 1 day"),
        ("0", "  kept for ever"),
        ("default", ""),
    ):
        ended = chat("channel", "set", "#General", "retention_days", value)
        assert ended.code == 0 and value in ended.err
        assert chat("channel", "list").out == f"#general  1 member{shown}\n"
    (row,) = json.loads(chat("channel", "list", "--json").out)
    assert (row["name"], row["founder"], row["retention_days"]) == ("#general", None, None)
    said = [line.partition("command line ")[2] for line in chat("audit", "show").out.splitlines()]
    assert said[1:] == [
        "retention #General 30",
        "retention #General 1",
        "retention #General 0",
        "retention #General -1",
    ]


@pytest.mark.parametrize(
    ("arguments", "text", "code"),
    [
        (("#nowhere", "retention_days", "3"), "no channel '#nowhere'", ExitCode.REFUSED),
        (("#general", "retention_days", "36501"), "36500", ExitCode.REFUSED),
        (("#general", "retention_days", "-1"), "No such option", ExitCode.USAGE),
        (("#general", "retention_days", "soon"), "'soon' is no number", ExitCode.USAGE),
        (("#general", "retention_days", "²"), "is no number", ExitCode.USAGE),
        (("#general", "colour", "3"), "no setting", ExitCode.USAGE),
    ],
)
def test_what_cannot_be_set_is_refused(
    chat: Command, arguments: tuple[str, ...], text: str, code: ExitCode
) -> None:
    """The text says what can be."""
    ended = chat("channel", "set", *arguments)
    assert (ended.code, text in ended.err) == (code, True), ended.err


def test_what_becomes_of_messages_is_noted(
    chat: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`deluser --messages` wins over the configuration; "removed" stands for everybody, and is taken once."""
    for name in ("bob", "carol", "dora", "removed"):
        assert chat("adduser", name, "--generate").code == 0
    assert chat("deluser", "alice", "--yes").code == 0
    assert chat("deluser", "bob", "--yes", "--messages", "delete").code == 0
    monkeypatch.setenv("SECURECHAT_HISTORY__ON_ACCOUNT_REMOVAL", "anonymise")
    assert chat("deluser", "carol", "--yes").code == 0
    assert chat("deluser", "dora", "--yes").code == 0
    wrong = chat("deluser", "removed", "--yes", "--messages", "burn")
    assert (wrong.code, "keep, anonymise, delete" in wrong.err) == (ExitCode.REFUSED, True)
    found = query(home, "SELECT name, erase FROM accounts WHERE role = 'member' AND name <> 'removed'")
    assert found == [("alice", None), ("bob", "delete"), ("carol", "anonymise"), ("dora", "anonymise")]
    assert query(home, "SELECT name, phc FROM accounts WHERE role = 'nobody'") == [("removed-2", None)]
    assert chat("users").out.count("\n") == 2
    details = [line for line in chat("audit", "show").out.splitlines() if "messages: " in line]
    assert [line.rpartition(" ")[2] for line in details] == ["delete", "anonymise", "anonymise"]
