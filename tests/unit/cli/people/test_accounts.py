"""Accounts without a running server: what each command does, refuses, prints and leaves in the store."""

import json
import os
import sqlite3
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from securechat.app import patience
from securechat.chat.ports import StoreFull
from securechat.chat.records import Record, StoredAccount, StoredChannel
from securechat.chat.requests import Answer, Done, Request
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.server.control_client import NoAnswer
from securechat.storage.lock import DirectoryLock
from securechat.storage.passwords import Hasher
from securechat.storage.sqlite import SqliteStore, open_store
from tests.unit.conftest import Command

PASSWORD = "correct horse battery"
HASHER = Hasher(2, 19456, 1)


def stored(directory: Path) -> dict[str, StoredAccount]:
    """Read the accounts from the store, by name."""
    store = open_store(directory)
    try:
        return {account.name: account for account in store.load().accounts}
    finally:
        store.close()


def channels(directory: Path) -> dict[str, StoredChannel]:
    """Read the channels from the store, by name."""
    store = open_store(directory)
    try:
        return {channel.name: channel for channel in store.load().channels}
    finally:
        store.close()


def test_the_first_account_makes_the_data_directory(command: Command, home: Path) -> None:
    """`adduser` works before any server ran; what it makes is the user's alone."""
    ended = command("adduser", "alice", "--password-stdin", stdin=f"{PASSWORD}\n")
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == (
        f"The account alice was added in {home}.\n"
        "This data directory is new: "
        "if your server has its data elsewhere, name that directory with --data-dir.\n"
        "No server runs there: start it with `securechat server`.\n"
    )
    account = stored(home)["alice"]
    assert account.role == "member"
    assert account.phc is not None
    assert HASHER.check(account.phc, PASSWORD).correct
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in home.iterdir()} == {0o600}


@pytest.mark.parametrize(("options", "role"), [([], "member"), (["--admin"], "admin"), (["--bot"], "bot")])
def test_roles(command: Command, home: Path, options: list[str], role: str) -> None:
    """`--admin` and `--bot` give the account its role."""
    assert command("adduser", "zoë", "--password-stdin", *options, stdin=PASSWORD).code == 0
    assert stored(home)["zoë"].role == role


def test_admin_and_bot_exclude_each_other(command: Command) -> None:
    """An account has one role."""
    ended = command("adduser", "alice", "--admin", "--bot", "--generate")
    assert ended.code == ExitCode.USAGE
    assert "either --admin or --bot" in ended.err


def test_a_new_account_joins_the_configured_channels(command: Command, home: Path, tmp_path: Path) -> None:
    """The same rule as in a running server: `channels.autojoin` of the configuration."""
    config = tmp_path / "other.toml"
    config.write_text('[channels]\nautojoin = ["#one", "#two"]\n')
    arguments = ["adduser", "alice", "--password-stdin", "--config", str(config)]
    assert command(*arguments, stdin=PASSWORD).code == 0
    found = channels(home)
    assert list(found) == ["#one", "#two"]
    assert all(list(channel.members) == [stored(home)["alice"].id] for channel in found.values())


@pytest.mark.parametrize(
    "stdin", [f"{PASSWORD}\n", f"{PASSWORD}\r\n", PASSWORD, f"{PASSWORD}\nsecond line\n"]
)
def test_password_stdin_is_the_first_line(command: Command, home: Path, stdin: str) -> None:
    """Without its line end, whatever that is."""
    assert command("adduser", "alice", "--password-stdin", stdin=stdin).code == 0
    assert HASHER.check(stored(home)["alice"].phc, PASSWORD).correct


def test_blanks_belong_to_the_password(command: Command, home: Path) -> None:
    """Only the line end is taken off."""
    assert command("adduser", "alice", "--password-stdin", stdin=f" {PASSWORD} \n").code == 0
    assert HASHER.check(stored(home)["alice"].phc, f" {PASSWORD} ").correct
    assert not HASHER.check(stored(home)["alice"].phc, PASSWORD).correct


def test_password_file(command: Command, home: Path, tmp_path: Path) -> None:
    """The first line of a file; one that cannot be read is named."""
    file = tmp_path / "secret"
    file.write_text(f"{PASSWORD}\n")
    assert command("adduser", "alice", "--password-file", str(file)).code == 0
    assert HASHER.check(stored(home)["alice"].phc, PASSWORD).correct
    ended = command("adduser", "bob", "--password-file", str(tmp_path / "none"))
    assert ended.code == ExitCode.ERROR
    assert str(tmp_path / "none") in ended.err


@pytest.mark.parametrize("stdin", ["", "\n"])
def test_no_password_on_stdin(command: Command, home: Path, stdin: str) -> None:
    """An empty line is no password, and nothing is made."""
    ended = command("adduser", "alice", "--password-stdin", stdin=stdin)
    assert ended.code == ExitCode.ERROR
    assert "empty" in ended.err
    assert not home.exists()


def test_generate_prints_the_password_once(command: Command, home: Path) -> None:
    """The password is all that is on standard output, and it is the account's."""
    ended = command("adduser", "alice", "--generate")
    assert ended.code == 0
    password = ended.out.removesuffix("\n")
    assert len(password) >= 20
    assert password not in ended.err
    assert HASHER.check(stored(home)["alice"].phc, password).correct
    assert command("adduser", "bob", "--generate").out != ended.out


def test_a_saved_password_is_not_printed(command: Command, home: Path, tmp_path: Path) -> None:
    """`--save` writes it into a new private file, for --password-file; a refused one leaves no file."""
    file = tmp_path / "alice.password"
    ended = command("adduser", "alice", "--generate", "--save", str(file))
    assert (ended.code, ended.out) == (0, "")
    assert f"The password is in {file}" in ended.err
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert HASHER.check(stored(home)["alice"].phc, file.read_text().removesuffix("\n")).correct
    other = tmp_path / "other"
    assert command("adduser", "a1ice", "--generate", "--save", str(other)).code == ExitCode.REFUSED
    assert not other.exists()
    ended = command("adduser", "bob", "--generate", "--save", str(file))
    assert (ended.code, ended.out) == (ExitCode.ERROR, "")
    assert "is there already" in ended.err
    assert set(stored(home)) == {"alice"}


def test_one_source_of_the_password(command: Command) -> None:
    """Two sources contradict each other."""
    ended = command("adduser", "alice", "--generate", "--password-stdin")
    assert ended.code == ExitCode.USAGE
    assert "use one of" in ended.err


def test_the_hash_has_the_configured_cost(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`auth.argon2` is what new hashes cost."""
    monkeypatch.setenv("SECURECHAT_AUTH__ARGON2__TIME_COST", "3")
    monkeypatch.setenv("SECURECHAT_AUTH__ARGON2__PARALLELISM", "2")
    command("adduser", "alice", "--password-stdin", stdin=PASSWORD)
    phc = stored(home)["alice"].phc
    assert phc is not None
    assert phc.startswith("$argon2id$v=19$m=19456,t=3,p=2$")


@pytest.mark.parametrize("name", ["1alice", "al ice", "alicе", "", "a" * 33, "--"])
def test_a_name_that_cannot_be_is_refused(command: Command, home: Path, name: str) -> None:
    """Before a password is asked for; the reason is said."""
    ended = command("adduser", "--password-stdin", "--", name)
    assert ended.code == ExitCode.REFUSED
    assert ended.err.startswith("securechat: ")
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "reason"), [("Alice", "exists already"), ("a1ice", "looks like"), ("bob", "name stays reserved")]
)
def test_a_name_that_is_taken_is_refused(command: Command, name: str, reason: str) -> None:
    """The same name in other letters, one that looks like it, and one that was somebody else's."""
    command("adduser", "alice", "--generate")
    command("adduser", "bob", "--generate")
    command("deluser", "bob", "--yes")
    ended = command("adduser", name, "--generate")
    assert ended.code == ExitCode.REFUSED
    assert reason in ended.err
    assert "what was printed is of no use" in ended.err


def test_a_weak_password_is_refused(command: Command, home: Path) -> None:
    """The policy is told, and no account is made."""
    ended = command("adduser", "alice", "--password-stdin", stdin="short\n")
    assert ended.code == ExitCode.REFUSED
    assert "8 characters" in ended.err
    assert not home.exists()


def test_passwd_changes_the_password(command: Command, home: Path) -> None:
    """The new one is right from now on and the old one is not."""
    command("adduser", "alice", "--password-stdin", stdin=PASSWORD)
    ended = command("passwd", "alice", "--password-stdin", stdin="another one here")
    assert ended.code == 0
    assert ended.err.splitlines()[0] == f"The password of alice was changed in {home}."
    account = stored(home)["alice"]
    assert HASHER.check(account.phc, "another one here").correct
    assert not HASHER.check(account.phc, PASSWORD).correct


def test_deluser_removes_the_credentials(command: Command, home: Path) -> None:
    """The name stays in the store, without a hash."""
    command("adduser", "alice", "--generate")
    ended = command("deluser", "alice", "--yes")
    assert ended.code == 0
    assert ended.err.splitlines()[0] == f"The account alice was removed in {home}."
    assert stored(home)["alice"].phc is None


def test_deluser_asks(command: Command, home: Path) -> None:
    """Without `--yes` and without somebody who can be asked, nothing is removed."""
    command("adduser", "alice", "--generate")
    ended = command("deluser", "alice", stdin="y\n")
    assert ended.code == ExitCode.USAGE
    assert "--yes" in ended.err
    assert stored(home)["alice"].phc is not None


def test_disable_and_enable(command: Command, home: Path) -> None:
    """Each does what it says, also the second time."""
    command("adduser", "alice", "--generate")
    for name, disabled in (("disable", True), ("disable", True), ("enable", False), ("enable", False)):
        assert command(name, "alice").code == 0
        assert stored(home)["alice"].disabled is disabled


@pytest.mark.parametrize("name", ["passwd", "deluser", "disable", "enable"])
def test_an_unknown_account_is_refused(command: Command, name: str) -> None:
    """The reason and how to find the right name are said."""
    command("adduser", "alice", "--generate")
    option = {"passwd": ["--generate"], "deluser": ["--yes"]}.get(name, [])
    ended = command(name, "nobody", *option)
    useless = "; what was printed is of no use" if name == "passwd" else ""
    assert ended.code == ExitCode.REFUSED
    text = f"securechat: There is no account 'nobody': `securechat users` lists them{useless}\n"
    assert ended.err == text


@pytest.mark.parametrize("name", ["passwd", "deluser", "disable", "enable", "users"])
def test_without_a_data_directory(command: Command, home: Path, name: str) -> None:
    """A mistyped directory is an error, and is not made."""
    option = [] if name == "users" else ["alice"]
    ended = command(name, *option)
    assert ended.code == ExitCode.ERROR
    assert f"there is no data directory {home}" in ended.err
    assert not home.exists()


def test_users_for_people(command: Command) -> None:
    """A table in the order of the names; removed accounts are not in it."""
    for name, option in (("carol", "--admin"), ("Bob", "--bot"), ("dave", "--generate")):
        command(
            "adduser", name, option, "--password-stdin" if option != "--generate" else option, stdin=PASSWORD
        )
    command("disable", "Bob")
    command("deluser", "dave", "--yes")
    lines = command("users").out.splitlines()
    assert lines[0].split() == ["NAME", "ROLE", "STATE", "SESSIONS", "CREATED", "LAST", "LOGIN"]
    assert [line.split()[:4] for line in lines[1:]] == [
        ["Bob", "bot", "disabled", "0"],
        ["carol", "admin", "enabled", "0"],
    ]


def test_users_for_programs(command: Command) -> None:
    """One JSON array, also when there is no account."""
    command("adduser", "alice", "--generate")
    command("deluser", "alice", "--yes")
    assert command("users", "--json").out == "[]\n"
    assert "securechat adduser NAME" in command("users").err
    command("adduser", "zoë", "--generate")
    (row,) = json.loads(command("users", "--json").out)
    assert (row["name"], row["role"], row["disabled"], row["sessions"]) == ("zoë", "member", False, 0)
    assert isinstance(row["created"], int)


@pytest.mark.parametrize("name", ["adduser", "passwd"])
def test_no_password_on_the_command_line(command: Command, name: str) -> None:
    """There is no option for it, and no argument."""
    assert command(name, "alice", "--password", PASSWORD).code == ExitCode.USAGE
    assert command(name, "alice", PASSWORD).code == ExitCode.USAGE


def test_a_directory_that_is_in_use(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that holds the lock and does not answer is named, after some patience."""
    command("adduser", "alice", "--generate")
    monkeypatch.setattr(patience, "_SECONDS", 0.0)
    with DirectoryLock(home):
        ended = command("users")
    assert ended.code == ExitCode.ERROR
    assert f"process {os.getpid()} uses {home} and does not answer" in ended.err


def test_a_directory_that_is_free_again(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes while a server stops is answered as soon as it has."""
    command("adduser", "alice", "--generate")
    lock = DirectoryLock(home)
    lock.__enter__()
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        lock.__exit__(None, None, None)

    monkeypatch.setattr("securechat.app.patience.time.sleep", pause)
    assert json.loads(command("users", "--json").out)[0]["name"] == "alice"
    assert len(pauses) == 1


def test_a_full_disk_refuses(command: Command, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was stored, and that is said."""

    def commit(store: SqliteStore, records: Sequence[Record]) -> None:
        raise StoreFull("the disk is full")

    monkeypatch.setattr(SqliteStore, "commit", commit)
    ended = command("adduser", "alice", "--generate")
    assert ended.code == ExitCode.REFUSED
    assert "the disk is full; what was printed is of no use" in ended.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("adduser", "?", "--generate"),
        ("deluser", "?", "--yes"),
        ("deluser", "alice", "--yes", "--channels-to", "?"),
        ("passwd", "?", "--generate"),
        ("disable", "?"),
        ("channel", "list", "?"),
        ("channel", "drop", "?", "--yes"),
        ("channel", "set", "?", "founder", "-"),
        ("channel", "set", "#general", "founder", "?"),
        ("export", "-", "--channel", "?"),
        ("export", "-", "--account", "?"),
        ("invite", "revoke", "?"),
        ("send", "--host", "localhost", "--user", "alice", "#a", "?"),
    ],
)
def test_arguments_that_are_no_utf8(command: Command, home: Path, arguments: tuple[str, ...]) -> None:
    """They are refused in one line wherever they are, except as names of files."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command(*("b\udcff" if word == "?" else word for word in arguments))
    assert (ended.code, r"'b\udcff' is not UTF-8" in ended.err) == (ExitCode.USAGE, True), ended.err
    assert command("users", "--data-dir", str(home.with_name("b\udcff"))).code == ExitCode.ERROR
    assert set(stored(home)) == {"alice"}


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("disable", "alice"), "whether this was done is unknown, `securechat audit show` tells"),
        (("invite",), "whether this was done is unknown, `securechat audit show` tells"),
    ],
)
def test_an_unknown_outcome(
    command: Command, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], hint: str
) -> None:
    """After an error of the commit nobody knows whether it was done: that is said, and how to find out."""
    assert command("adduser", "alice", "--generate").code == 0

    def commit(store: SqliteStore, records: Sequence[Record]) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(SqliteStore, "commit", commit)
    ended = command(*arguments)
    assert (ended.code, ended.err) == (
        ExitCode.UNKNOWN_OUTCOME,
        f"securechat: disk I/O error: {hint}\n",
    )


def test_a_question_that_was_not_answered(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was changed: it is asked again."""
    assert command("adduser", "alice", "--generate").code == 0

    def lose(directory: Path, request: Request) -> Answer:
        raise NoAnswer("the server ended the connection without an answer")

    monkeypatch.setattr("securechat.cli.ask.ask_server", lose)
    for arguments in (("users",), ("channel", "list"), ("invite", "list"), ("audit", "show")):
        ended = command(*arguments)
        assert (ended.code, ": try again\n" in ended.err) == (ExitCode.UNKNOWN_OUTCOME, True), ended.err


def test_a_wrong_configuration_is_no_matter_of_a_running_server(
    command: Command, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever edits the file can still ban and disable somebody; without a server it is needed."""
    assert command("adduser", "alice", "--generate").code == 0
    (home / "securechat.toml").write_text("[server]\nprot = 1\n")
    assert "server.prot" in command("disable", "alice").err
    monkeypatch.setattr("securechat.cli.ask.ask_server", lambda *_: Done())
    assert command("disable", "alice").code == 0


def test_a_wrong_configuration_stops_before_the_password(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every problem has its own line."""
    monkeypatch.setenv("SECURECHAT_SERVER__PORT", "x")
    monkeypatch.setenv("SECURECHAT_SERVER__PROT", "x")
    ended = command("adduser", "alice")
    assert ended.code == ExitCode.ERROR
    assert [line[:23] for line in ended.err.splitlines()] == [
        "securechat: server.port",
        "securechat: server.prot",
    ]


def test_a_channel_that_cannot_be(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the chat refuses is an error of the configuration."""
    monkeypatch.setenv("SECURECHAT_CHANNELS__AUTOJOIN", '["#a*b"]')
    ended = command("adduser", "alice", "--generate")
    assert ended.code == ExitCode.ERROR
    assert "channels.autojoin" in ended.err


def test_command_failed_has_a_code() -> None:
    """An error without one is the general one."""
    assert CommandFailed("x").code is ExitCode.ERROR


def test_sessions_without_a_server(command: Command) -> None:
    """Nobody is logged in then; what cannot be asked is a usage error."""
    assert command("adduser", "alice", "--generate").code == 0
    assert command("sessions", "alice").out.split() == [
        "ACCOUNT",
        "ID",
        "SESSION",
        "ADDRESS",
        "SINCE",
        "(UTC)",
    ]
    assert json.loads(command("sessions", "--json").out) == []
    assert command("sessions", "nobody").code == ExitCode.REFUSED
    assert command("sessions", "end", "alice", "1").code == ExitCode.REFUSED
    for words in (["end", "alice", "x"], ["a", "b"]):
        assert command("sessions", *words).code == ExitCode.USAGE


def test_the_last_administrator_is_kept(command: Command, home: Path) -> None:
    """By every command that would keep it out, and nothing is changed; --force says that this is meant."""
    assert command("adduser", "alice", "--admin", "--generate").code == 0
    for words in (
        ("disable", "alice"),
        ("deluser", "alice", "--yes"),
        ("ban", "add", "alice", "--for", "1h"),
    ):
        refused = command(*words)
        assert refused.code == ExitCode.REFUSED
        assert "alice is the last administrator who can log in: make another one first" in refused.err
        assert "--force" in refused.err
    assert command("ban", "add", "alice", "--force").code == 0
    assert command("disable", "alice").code == 0, "who is banned does not log in anyway"
    assert command("ban", "remove", "alice").code == 0
    assert command("enable", "alice").code == 0
    assert command("disable", "alice", "--force").code == 0
    assert command("deluser", "alice", "--yes", "--force").code == 0
    assert stored(home)["alice"].phc is None


def test_giving_another_role(command: Command, home: Path) -> None:
    """One command without a server, too; the last administrator stays one unless that is meant."""
    assert command("adduser", "alice", "--admin", "--generate").code == 0
    assert command("adduser", "bob", "--generate").code == 0
    assert command("role", "bob", "king").code == ExitCode.REFUSED
    assert command("role", "nobody", "admin").code == ExitCode.REFUSED
    refused = command("role", "alice", "member")
    assert refused.code == ExitCode.REFUSED
    assert "--force" in refused.err
    assert command("disable", "bob").code == 0
    assert command("role", "bob", "admin").code == 0
    assert command("role", "alice", "member").code == ExitCode.REFUSED, "bob cannot log in"
    assert command("enable", "bob").code == 0
    ended = command("role", "alice", "member")
    assert (ended.code, ended.out) == (0, "")
    assert "The role of alice was set to member" in ended.err
    assert command("role", "bob", "bot", "--force").code == 0
    assert {name: account.role for name, account in stored(home).items()} == {"alice": "member", "bob": "bot"}
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert (rows[-1]["action"], rows[-1]["target"], rows[-1]["detail"]) == ("role", "bob", "admin to bot")


def test_ending_sessions_without_a_server(command: Command) -> None:
    """There is none; what names nothing, or no address, is refused."""
    assert command("adduser", "alice", "--generate").code == 0
    assert "There was none." in command("sessions", "end", "alice").err
    assert "There was none." in command("sessions", "end", "--address", "2001:db8::/32").err
    assert command("sessions", "end", "--address", "192.0.2.\u0661").code == ExitCode.REFUSED
    assert command("sessions", "end", "nobody").code == ExitCode.REFUSED
    for words in (["end"], ["alice", "--address", "192.0.2.1"], ["end", "alice", "1", "--address", "::1"]):
        assert command("sessions", *words).code == ExitCode.USAGE


def test_renaming(command: Command, home: Path) -> None:
    """The password, the channels and the id stay; the old name stays reserved, also after a restart."""
    assert command("adduser", "alice", "--password-stdin", stdin=PASSWORD).code == 0
    before = stored(home)["alice"]
    assert command("rename", "alice", "7up").code == ExitCode.REFUSED
    assert command("rename", "nobody", "somebody").code == ExitCode.REFUSED
    ended = command("rename", "alice", "alicia")
    assert (ended.code, ended.out) == (0, "")
    assert "The account alice was renamed to alicia" in ended.err
    after = stored(home)["alicia"]
    assert (after.id, after.phc, after.former) == (before.id, before.phc, ("alice",))
    assert channels(home)["#general"].members.keys() == {before.id}
    for name in ("alice", "ALICE", "a1ice"):
        assert command("adduser", name, "--generate").code == ExitCode.REFUSED
    assert command("adduser", "bob", "--generate").code == 0
    assert command("rename", "bob", "alice").code == ExitCode.REFUSED
    assert command("deluser", "alicia", "--yes").code == 0
    assert command("adduser", "alice", "--generate").code == ExitCode.REFUSED
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert ("rename", "alice", "to alicia") in [(row["action"], row["target"], row["detail"]) for row in rows]


def test_how_many_names_there_may_be(command: Command) -> None:
    """Each is compared with masks, so there is an end; one of those that were can be taken back."""
    assert command("adduser", "name0", "--generate").code == 0
    for number in range(20):
        assert command("rename", f"name{number}", f"name{number + 1}").code == 0
    refused = command("rename", "name20", "name21")
    assert refused.code == ExitCode.REFUSED
    assert "20 names" in refused.err
    assert command("rename", "name20", "name3").code == 0


def test_a_password_that_has_to_be_changed(command: Command, home: Path) -> None:
    """With a new account, with a new password, or with the one that there is; a usual `passwd` ends it."""
    assert command("adduser", "alice", "--generate", "--must-change").code == 0
    assert stored(home)["alice"].password_due
    assert "must change password" in command("users").out
    (row,) = json.loads(command("users", "--json").out)
    assert row["must_change"] is True
    before = stored(home)["alice"].phc
    assert command("passwd", "alice", "--password-stdin", stdin=PASSWORD).code == 0
    assert not stored(home)["alice"].password_due
    assert stored(home)["alice"].phc != before
    before = stored(home)["alice"].phc
    ended = command("passwd", "alice", "--must-change")
    assert (ended.code, ended.out) == (0, "")
    assert "has to set a new password at the next login" in ended.err
    assert (stored(home)["alice"].phc, stored(home)["alice"].password_due) == (before, True)
    assert command("passwd", "alice", "--generate", "--must-change").code == 0
    assert (stored(home)["alice"].phc == before, stored(home)["alice"].password_due) == (False, True)
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert [(row["action"], row["detail"]) for row in rows] == [
        ("adduser", "member, password to be changed"),
        ("passwd", "sessions ended"),
        ("must-change", ""),
        ("passwd", "sessions ended, to be changed"),
    ]
