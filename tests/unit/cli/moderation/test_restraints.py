"""`securechat channel ban` and its like, without a server: each one command, for people and as JSON."""

import json

from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command


def test_restraints_in_a_channel(command: Command) -> None:
    """A ban, a mute and a kick with a ban; each is undone by one command; the audit log has all of it."""
    for name in ("alice", "bob"):
        assert command("adduser", name, "--generate").code == 0
    assert "Nobody is banned" in command("channel", "bans", "#general").err
    muted = command(
        "channel", "mute", "#general", "alice", "m*!*@*", "--for", "2h", "--reason", "too loud", "--json"
    )
    rows = json.loads(muted.out)
    assert [(row["kind"], row["mask"], row["reason"]) for row in rows] == [
        ("mute", "$a:alice", "too loud"),
        ("mute", "m*!*@*", "too loud"),
    ]
    assert {row["expires"] - row["since"] for row in rows} == {2 * 3600 * 1000}
    kicked = json.loads(command("channel", "kickban", "#general", "bob", "--json").out)
    assert [(row["kind"], row["kicked"], row["expires"]) for row in kicked] == [("ban", 1, None)]
    assert "x*!*@* was banned from #general in " in command("channel", "ban", "#general", "x*!*@*").err
    listed = command("channel", "bans", "#general").out.splitlines()
    assert [line.split()[:2] for line in listed] == [
        ["KIND", "MASK"],
        ["mute", "$a:alice"],
        ["mute", "m*!*@*"],
        ["ban", "$a:bob"],
        ["ban", "x*!*@*"],
    ]
    assert [len(row) for row in json.loads(command("channel", "bans", "#general", "--json").out)] == [7] * 4
    assert command("channel", "unmute", "#general", "alice").code == 0
    assert json.loads(command("channel", "unban", "#general", "bob", "--json").out)[0]["mask"] == "$a:bob"
    again = command("channel", "unban", "#general", "bob")
    assert (again.code, "is on no list" in again.err) == (ExitCode.REFUSED, True)
    assert command("channel", "ban", "#nowhere", "bob").code == ExitCode.REFUSED
    assert command("channel", "ban", "#general", "192.0.2.7").code == ExitCode.REFUSED
    audit = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()][-5:]
    assert [(row["action"], row["target"]) for row in audit] == [
        ("channel-mute", "#general alice,m*!*@*"),
        ("channel-kickban", "#general bob"),
        ("channel-ban", "#general x*!*@*"),
        ("channel-unmute", "#general alice"),
        ("channel-unban", "#general bob"),
    ]
    assert audit[0]["detail"].endswith(": too loud")


def test_slow_mode(command: Command) -> None:
    """It is set and ended by one command, and in the audit log."""
    assert command("adduser", "alice", "--generate").code == 0
    assert "30 seconds" in command("channel", "slow", "#general", "30").err
    assert json.loads(command("channel", "slow", "#general", "0", "--json").out)[0]["seconds"] == 0
    assert command("channel", "slow", "#nowhere", "1").code == ExitCode.REFUSED
    assert command("channel", "slow", "#general", "3601").code == ExitCode.USAGE
    audit = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()][-2:]
    assert [(row["action"], row["target"], row["detail"]) for row in audit] == [
        ("slow-mode", "#general", "30 seconds"),
        ("slow-mode", "#general", "0 seconds"),
    ]
