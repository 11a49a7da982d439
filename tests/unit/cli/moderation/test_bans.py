"""`securechat ban`: several targets in one command, for people and as JSON, without a server."""

import json

from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command


def test_bans_come_and_go(command: Command) -> None:
    """All of a command or none; the list says who, why and until when; the audit log has it."""
    for name in ("alice", "mallory", "mallet"):
        assert command("adduser", name, "--generate").code == 0
    assert "Nobody is banned" in command("ban", "list").err
    wrong = command("ban", "add", "mallory", "nobody", "--reason", "spam")
    assert (wrong.code, json.loads(command("ban", "list", "--json").out)) == (ExitCode.REFUSED, [])
    assert "'nobody'" in wrong.err
    added = command(
        "ban", "add", "mallory", "mallet", "10.1.2.3/8", "--for", "12h", "--reason", "spam", "--json"
    )
    rows = json.loads(added.out)
    assert [(row["target"], row["kind"], row["reason"], row["sessions"]) for row in rows] == [
        ("mallory", "account", "spam", 0),
        ("mallet", "account", "spam", 0),
        ("10.0.0.0/8", "network", "spam", 0),
    ]
    assert {row["expires"] - row["since"] for row in rows} == {12 * 3600 * 1000}
    assert command("ban", "add", "x*!*@*").code == 0
    listed = command("ban", "list").out.splitlines()
    assert [line.split()[0] for line in listed] == ["TARGET", "mallory", "mallet", "10.0.0.0/8", "x*!*@*"]
    assert listed[-1].split()[3:5] == ["for", "ever"]
    about = json.loads(command("ban", "list", "10.200.0.1", "--json").out)
    assert [row["target"] for row in about] == ["10.0.0.0/8"]
    removed = command("ban", "remove", "mallory", "10.0.0.0/8", "--json")
    assert [row["target"] for row in json.loads(removed.out)] == ["mallory", "10.0.0.0/8"]
    again = command("ban", "remove", "mallory")
    assert (again.code, "no ban" in again.err) == (ExitCode.REFUSED, True)
    audit = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()][-3:]
    assert [(row["action"], row["target"]) for row in audit] == [
        ("ban", "mallory,mallet,10.0.0.0/8"),
        ("ban", "x*!*@*"),
        ("unban", "mallory,10.0.0.0/8"),
    ]
    assert audit[0]["detail"].startswith("until ")
    assert audit[0]["detail"].endswith(": spam")


def test_what_would_keep_everybody_out(command: Command) -> None:
    """Mistakes are refused, each in its own words; a removed account has no ban."""
    assert command("adduser", "alice", "--generate").code == 0
    for target, words in (
        ("0.0.0.0/0", "a good part of everybody"),
        ("::/0", "a good part of everybody"),
        ("::ffff:0.0.0.0/96", "a good part of everybody"),
        ("127.0.0.0/8", "this host itself"),
        ("::1", "this host itself"),
        ("*!*@*", "everybody"),
        ("*!*@192.0.2.1", "ban 192.0.2.1 itself"),
        ("a*!*@elsewhere", "is nobody"),
        ("192.0.2.0/33", "is no network"),
        ("fe80::1%eth0", "is no network"),
        ("$m:alice", "for channels"),
        ("ali ce", "no account"),
        ("a\u202eb", "no account"),
    ):
        ended = command("ban", "add", target)
        assert ended.code == ExitCode.REFUSED, target
        assert words in ended.err
        assert "\u202e" not in ended.err
    assert command("ban", "add", "alice", "--for", "soon").code == ExitCode.REFUSED
    assert command("ban", "add", "alice", "--reason", "a\nb").code == ExitCode.REFUSED
    assert command("ban", "add", "alice", "--reason", "x" * 251).code == ExitCode.REFUSED
    assert command("ban", "add", "alice", "--reason", "\u202egnp").code == 0
    assert "\\u202e" in command("ban", "list", "--json").out
    assert command("deluser", "alice", "--yes").code == 0
    assert json.loads(command("ban", "list", "--json").out) == []
