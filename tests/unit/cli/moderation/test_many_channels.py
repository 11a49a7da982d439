"""`securechat channel list|drop|set … founder` and what `deluser` does with channels, without a server."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from securechat.chat.ports import StoreFull
from securechat.chat.records import AccountRemoved, ChannelCreated, ChannelDropped, Joined, Record
from securechat.cli.exits import ExitCode
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.sqlite import SqliteStore, open_store
from tests.contracts.facts import NOON, message
from tests.unit.conftest import Command

MANY = 1060


@pytest.fixture
def chat(command: Command, home: Path) -> Command:
    """A server with alice, who founded very many channels, and bob; #a7 was used, bob is in #a8."""
    for name in ("alice", "bob"):
        assert command("adduser", name, "--generate").code == 0
    with closing(open_store(home)) as store:
        snapshot = store.load()
        key, last = snapshot.last_message, snapshot.last_channel
        modes = {"n": "", "t": ""}
        records: list[Record] = [
            ChannelCreated(last + n, f"#a{n}", 1, NOON, modes) for n in range(1, MANY + 1)
        ]
        records += [message(key + 1, channel=last + 7), Joined(key + 2, 2, last + 8, NOON)]
        store.commit(records)
    return command


def founders(home: Path) -> list[tuple[object, ...]]:
    """Return how many channels each account founded."""
    sql = "SELECT founder, count(*) FROM channels GROUP BY founder ORDER BY founder"
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database:
        return database.execute(sql).fetchall()


def test_channels_are_listed_by_pattern(chat: Command) -> None:
    """Also when they are more than one answer holds; case does not count."""
    assert chat("channel", "list").out.count("\n") == MANY + 1
    assert chat("channel", "list", "#A10?").out == "".join(f"#a10{n}  0 members\n" for n in range(10))
    rows = json.loads(chat("channel", "list", "#a1", "--json").out)
    assert [(row["name"], row["founder"]) for row in rows] == [("#a1", "alice")]
    assert chat("channel", "list", "--founder", "bob").out == ""
    assert chat("channel", "list", "--founder", "nobody").code == ExitCode.REFUSED
    unused = chat("channel", "list", "#a?", "--unused").out
    assert unused == "".join(f"#a{n}  0 members\n" for n in (1, 2, 3, 4, 5, 6, 9))


def test_channels_are_dropped_by_pattern(chat: Command, home: Path) -> None:
    """Only shown first; then all in steps, each with its names in the audit log."""
    shown = chat("channel", "drop", "#a1", "#a10*", "--dry-run")
    assert (shown.code, shown.out.count("\n"), "73 channels" in shown.err) == (0, 73, True), shown.err
    one = chat("channel", "drop", "#a1", "--dry-run")
    assert (one.out, one.err) == ("#a1\n", "1 channel fits; nothing was changed.\n")
    assert chat("channel", "drop", "#a1").code == ExitCode.USAGE, "nobody was asked"
    assert chat("channel", "drop", "a1*", "--yes").code == ExitCode.REFUSED
    ended = chat("channel", "drop", "#a1", "#a10*", "--yes")
    assert (ended.code, "73 channels dropped" in ended.err) == (0, True), ended.err
    assert founders(home) == [(None, 1), (1, MANY - 73)]
    noted = [line for line in chat("audit", "show").out.splitlines() if "drop-channels" in line]
    assert len(noted) == 3 and "#a1,#a10," in noted[0]
    ended = chat("channel", "drop", "#a?", "--unused", "--yes")
    assert (ended.code, "6 channels dropped" in ended.err) == (0, True), ended.err
    assert [row["name"] for row in json.loads(chat("channel", "list", "#a?", "--json").out)] == ["#a7", "#a8"]


def test_a_channel_gets_another_founder(chat: Command, home: Path) -> None:
    """Or none; who is a member has the rank."""
    assert chat("channel", "set", "#a8", "founder", "bob").code == 0
    assert "founder of #a9 was set to - in" in chat("channel", "set", "#a9", "founder", "").err
    assert founders(home) == [(None, 2), (1, MANY - 2), (2, 1)]
    with closing(sqlite3.connect(home / DATABASE_NAME)) as database:
        ranks = "SELECT ranks FROM memberships JOIN channels ON id = channel WHERE name = '#a8'"
        assert database.execute(ranks).fetchall() == [("q",)]
    assert chat("channel", "set", "#a9", "founder", "nobody").code == ExitCode.REFUSED
    assert chat("channel", "set", "#nowhere", "founder", "bob").code == ExitCode.REFUSED


@pytest.mark.parametrize(
    ("options", "text", "left"),
    [
        ((), "stay without a founder", [(None, MANY + 1)]),
        (("--channels", "keep"), "stay without a founder", [(None, MANY + 1)]),
        (("--channels", "drop"), "went with it", [(None, 1)]),
        (("--channels-to", "bob"), "bob is the founder", [(None, 1), (2, MANY)]),
    ],
)
def test_what_becomes_of_the_channels_of_a_removed_account(
    chat: Command, home: Path, options: tuple[str, ...], text: str, left: list[tuple[object, ...]]
) -> None:
    """They stay, go, or are somebody else's; without a person to ask they stay, and that is said."""
    ended = chat("deluser", "alice", "--yes", *options)
    assert (ended.code, text in ended.err) == (0, True), ended.err
    assert founders(home) == left


def test_what_cannot_become_of_them(chat: Command, home: Path) -> None:
    """Nothing is changed."""
    for options, code in (
        (("--channels", "burn"), ExitCode.USAGE),
        (("--channels", "drop", "--channels-to", "bob"), ExitCode.USAGE),
        (("--channels-to", "nobody"), ExitCode.REFUSED),
        (("--channels", "drop", "--messages", "bogus"), ExitCode.REFUSED),
        (("--channels-to", "bob", "--messages", "bogus"), ExitCode.REFUSED),
    ):
        assert chat("deluser", "alice", "--yes", *options).code == code
    assert founders(home) == [(None, 1), (1, MANY)]


def when_stored(monkeypatch: pytest.MonkeyPatch, fails: Callable[[Record], bool]) -> None:
    """Have no room on the disk for such a record, or for what would be stored with it."""
    commit = SqliteStore.commit

    def refuse(store: SqliteStore, records: Sequence[Record]) -> None:
        if any(fails(record) for record in records):
            raise StoreFull("the disk is full")
        commit(store, records)

    monkeypatch.setattr(SqliteStore, "commit", refuse)


def test_a_few_channels_go_with_the_account_or_not_at_all(
    chat: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the account cannot be removed its channels are there."""
    assert chat("channel", "set", "#a1", "founder", "bob").code == 0
    when_stored(monkeypatch, lambda record: isinstance(record, AccountRemoved))
    ended = chat("deluser", "bob", "--channels", "drop", "--yes")
    assert (ended.code, "before that" in ended.err) == (ExitCode.REFUSED, False)
    assert founders(home) == [(None, 1), (1, MANY - 1), (2, 1)]


def test_what_was_done_before_an_error_is_said(
    chat: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of very many channels some may be gone when the account, or the next of them, cannot be."""
    with monkeypatch.context() as patch:
        when_stored(patch, lambda record: isinstance(record, ChannelDropped) and record.channel == 30)
        ended = chat("channel", "drop", "#a*", "--yes")
    assert ended.code == ExitCode.REFUSED
    (left,) = (count for founder, count in founders(home) if founder == 1)
    assert f"(before that, {MANY - int(str(left))} of {MANY} channels were dropped)" in ended.err
    when_stored(monkeypatch, lambda record: isinstance(record, AccountRemoved))
    ended = chat("deluser", "alice", "--channels-to", "bob", "--yes")
    assert f"(before that, {left} of {left} channels were given)" in ended.err
