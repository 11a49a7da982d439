"""The account commands, with a server running: what they do takes effect at once."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person, Wire, log_in
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]
NEW_PASSWORD = "a quite different one"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server for all tests; each makes accounts of its own."""
    with ServerProcess(tmp_path_factory.mktemp("accounts"), accounts=["alice"]) as server:
        yield server


def _refusal(server: ServerProcess, account: str, password: str) -> str | None:
    with Wire(server) as wire:
        return log_in(wire, account, password)


def test_a_new_account_can_chat_at_once(running: ServerProcess, enter: Enter) -> None:
    """Whom `adduser` adds while the server runs logs in and is in the channels that everybody joins."""
    alice = enter(running, "alice")
    running.administer("adduser", "dora", "--password-stdin", text=f"{NEW_PASSWORD}\n")
    dora = enter(running, "dora", password=NEW_PASSWORD)
    dora.say("#general", "I am new here")
    assert alice.hear("I am new here").source == "dora!dora@chat.test"


def test_a_generated_password_works(running: ServerProcess, enter: Enter) -> None:
    """`adduser --generate` prints a password, alone on standard output, that logs in."""
    password = running.administer("adduser", "gerda", "--generate")
    assert password.count("\n") == 1
    enter(running, "gerda", password=password.strip())


def test_disabling_ends_sessions_and_refuses_logins(running: ServerProcess, enter: Enter) -> None:
    """`disable` ends all sessions of the account with the reason; `enable` lets it log in again."""
    running.add("dieter")
    alice, desk, phone = enter(running, "alice"), enter(running, "dieter"), enter(running, "dieter")
    running.administer("disable", "dieter")
    for session in (desk, phone):
        last = session.remainder()[-1]
        assert (last.command, last.params) == ("ERROR", ("This account was disabled",))
    assert alice.expect("QUIT").source == "dieter!dieter@chat.test"
    assert _refusal(running, "dieter", PASSWORD) is not None
    running.administer("enable", "dieter")
    enter(running, "dieter").say("#general", "back again")
    alice.hear("back again")


def test_a_new_password_ends_sessions_and_the_old_one(running: ServerProcess, enter: Enter) -> None:
    """`passwd` ends the account's sessions; from then on only the new password logs in."""
    running.add("paula")
    paula = enter(running, "paula")
    running.administer("passwd", "paula", "--password-stdin", text=f"{NEW_PASSWORD}\n")
    assert paula.remainder()[-1].params == ("The password of this account was changed",)
    assert _refusal(running, "paula", PASSWORD) is not None
    enter(running, "paula", password=NEW_PASSWORD)


def test_a_new_password_can_leave_sessions_alone(running: ServerProcess, enter: Enter) -> None:
    """`passwd --keep-sessions` lets those who are logged in go on."""
    running.add("karl")
    karl, alice = enter(running, "karl"), enter(running, "alice")
    text = f"{NEW_PASSWORD}\n"
    running.administer("passwd", "karl", "--keep-sessions", "--password-stdin", text=text)
    karl.say("#general", "still here")
    alice.hear("still here")


def test_a_removed_account_is_gone_for_good(running: ServerProcess, enter: Enter) -> None:
    """`deluser` ends the sessions, takes the account out of its channels and keeps its name reserved."""
    running.add("rosa")
    alice, rosa = enter(running, "alice"), enter(running, "rosa")
    running.administer("deluser", "rosa", "--yes")
    assert rosa.remainder()[-1].params == ("This account was removed",)
    assert alice.expect("PART", "#general").source == "rosa!rosa@chat.test"
    assert _refusal(running, "rosa", PASSWORD) is not None
    again = running.run("adduser", "rosa", "--generate")
    assert again.returncode == 6
    assert "stays reserved" in again.stderr


def test_users_counts_the_sessions(running: ServerProcess, enter: Enter) -> None:
    """`users --json` tells how many sessions each account has at this moment."""
    running.add("ulla", "udo")
    enter(running, "ulla")
    enter(running, "ulla")
    rows = json.loads(running.administer("users", "--json"))
    assert {("ulla", 2), ("udo", 0)} <= {(row["name"], row["sessions"]) for row in rows}
    assert "NAME" in running.administer("users")


_REFUSED = [
    (("adduser", "alice", "--generate"), "exists already", 6),
    (("adduser", "a1ice", "--generate"), "looks like", 6),
    (("adduser", "7of9", "--generate"), "digit", 6),
    (("adduser", "doris", "--password-stdin"), "too short", 6),
    (("passwd", "nobody", "--generate"), "no account 'nobody'", 6),
    (("disable", "nobody"), "no account 'nobody'", 6),
    (("deluser", "alice"), "--yes", 2),
    (("adduser", "doris", "--password", "secret-word"), "No such option", 2),
]


def test_what_cannot_be_done_is_explained(running: ServerProcess) -> None:
    """A command that is refused says why in words, changes nothing and exits with the code for it."""
    before = running.administer("users")
    for arguments, text, code in _REFUSED:
        done = running.run(*arguments, text="short\n")
        assert done.returncode == code, done.stderr
        assert text in done.stderr
        assert "Traceback" not in done.stderr
    assert running.administer("users") == before


def test_the_commands_work_without_a_server(serve: Serve, enter: Enter) -> None:
    """What is done while no server runs, and what was done before a restart, holds afterwards."""
    server = serve(accounts=["alice", "bob"])
    server.administer("passwd", "alice", "--password-stdin", text=f"{NEW_PASSWORD}\n")
    server.stop()
    server.administer("disable", "bob")
    server.administer("adduser", "dora", "--bot", "--password-stdin", text=f"{NEW_PASSWORD}\n")
    rows = json.loads(server.administer("users", "--json"))
    found = [(row["name"], row["role"], row["disabled"], row["sessions"]) for row in rows]
    assert found == [("alice", "member", False, 0), ("bob", "member", True, 0), ("dora", "bot", False, 0)]
    server.start()
    enter(server, "alice", password=NEW_PASSWORD)
    enter(server, "dora", password=NEW_PASSWORD)
    assert _refusal(server, "bob", PASSWORD) is not None
