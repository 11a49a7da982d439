"""`securechat totp`: second factors for administrators, and where their secrets are not."""

import json
from pathlib import Path

from securechat.chat.records import Authenticator, AuthenticatorSet
from securechat.cli.exits import ExitCode
from securechat.storage.sqlite import open_store
from tests.unit.conftest import Command

NOON = 1_782_000_000_000
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def turn_on(home: Path, account: int = 1) -> None:
    """As the chat does it."""
    store = open_store(home)
    try:
        factor = Authenticator(SECRET, NOON, 7, ("hash-of-a-code", "hash-of-another"))
        store.commit([AuthenticatorSet(account, factor, None)])
    finally:
        store.close()


def test_who_has_one(command: Command, home: Path) -> None:
    """For people and programs, of one account or all; the secret is nowhere."""
    assert command("adduser", "alice", "--generate").code == 0
    assert command("totp", "list").err == "Nobody has a second factor.\n"
    assert command("totp", "list", "alice").err == "alice has no second factor.\n"
    turn_on(home)
    assert json.loads(command("totp", "list", "--json").out) == [
        {"account": "alice", "since": NOON, "recovery_codes": 2}
    ]
    shown = command("totp", "list", "ALICE").out
    assert shown.splitlines()[1].split() == ["alice", "2026-06-21", "2"]
    assert command("totp", "list", "bob").code == ExitCode.REFUSED


def test_one_is_taken_away(command: Command, home: Path) -> None:
    """Once, and the audit log says by whom."""
    assert command("adduser", "alice", "--generate").code == 0
    turn_on(home)
    ended = command("totp", "reset", "alice", "--json")
    assert json.loads(ended.out) == {"account": "alice", "second_factor": False}
    assert ended.err == ""
    turn_on(home)
    assert "was taken away" in command("totp", "reset", "alice").err
    again = command("totp", "reset", "alice")
    assert again.code == ExitCode.REFUSED and "alice has no second factor" in again.err
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert (rows[-1]["action"], rows[-1]["target"]) == ("reset-second-factor", "alice")


def test_an_export_has_no_secret(command: Command, home: Path) -> None:
    """Whoever gets one cannot make codes."""
    assert command("adduser", "alice", "--generate").code == 0
    turn_on(home)
    for selection in (("--all",), ("--account", "alice")):
        lines = command("export", *selection).out
        assert '"alice"' in lines
        assert SECRET not in lines and "hash-of-a-code" not in lines


def test_an_administrator_on_the_host_needs_no_code(command: Command, home: Path) -> None:
    """A device is added without one."""
    assert command("adduser", "alice", "--generate").code == 0
    turn_on(home)
    assert command("devices", "add", "alice", "phone").code == 0
