"""`securechat devices`: the token is shown once, and only its hash is kept."""

import json
from pathlib import Path

from securechat.chat.tokens import digest, is_token
from securechat.cli.exits import ExitCode
from securechat.storage.sqlite import open_store
from tests.unit.conftest import Command

DAY_MS = 24 * 3600 * 1000


def test_a_token(command: Command, home: Path) -> None:
    """Standard output has the token and nothing else; the audit log says whose, and not which it is."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command("devices", "add", "alice", "phone", "--days", "30")
    token = ended.out.strip()
    assert is_token(token)
    assert "phone of alice" in ended.err
    store = open_store(home)
    try:
        ((key, device),) = store.load().devices.items()
    finally:
        store.close()
    assert key == digest(token)
    assert (device.name, device.kind, device.expires - device.created) == ("phone", "token", 30 * DAY_MS)
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert (rows[-1]["action"], rows[-1]["target"]) == ("add-device", "alice")
    assert rows[-1]["detail"] == "phone (token), 30 days"
    assert token not in json.dumps(rows)


def test_what_programs_get(command: Command, tmp_path: Path) -> None:
    """One object each, with the token in it unless that was saved, and nothing for people."""
    assert command("adduser", "alice", "--generate").code == 0
    added = command("devices", "add", "alice", "phone", "--days", "30", "--json")
    facts = json.loads(added.out)
    assert is_token(facts.pop("token")) and added.err == ""
    assert facts == {"account": "alice", "device": "phone", "days": 30}
    saved = command("devices", "add", "alice", "desk", "--save", str(tmp_path / "token"), "--json")
    assert "token" not in json.loads(saved.out) and is_token((tmp_path / "token").read_text().strip())
    revoked = command("devices", "revoke", "alice", "phone", "--json")
    assert json.loads(revoked.out) == {"account": "alice", "device": "phone"}
    assert revoked.err == ""
    assert command("devices", "revoke", "alice", "phone", "--json").out == ""


def test_a_token_in_a_file(command: Command, tmp_path: Path) -> None:
    """--save writes it into a new file that only its owner reads; a refused device leaves no file."""
    assert command("adduser", "alice", "--generate").code == 0
    file = tmp_path / "token"
    assert command("devices", "add", "alice", "phone", "--save", str(file)).out == ""
    assert is_token(file.read_text().strip())
    assert file.stat().st_mode & 0o777 == 0o600
    again = tmp_path / "again"
    ended = command("devices", "add", "alice", "Phone", "--save", str(again))
    assert ended.code == ExitCode.REFUSED
    assert "revoke it first" in ended.err
    assert not again.exists()


def test_the_list_and_revoking(command: Command) -> None:
    """Of one account or of all; what is revoked is gone, and a second time it is refused."""
    assert command("adduser", "alice", "--generate").code == 0
    assert command("adduser", "bob", "--generate").code == 0
    assert "no device" in command("devices", "list").err
    for name, device in (("bob", "phone"), ("alice", "tablet"), ("alice", "laptop")):
        assert command("devices", "add", name, device).code == 0
    listed = json.loads(command("devices", "list", "--json").out)
    assert [(row["account"], row["kind"], row["used"]) for row in listed] == [
        ("alice", "token", None),
        ("alice", "token", None),
        ("bob", "token", None),
    ]
    assert [line.split()[:3] for line in command("devices", "list", "bob").out.splitlines()] == [
        ["ACCOUNT", "DEVICE", "KIND"],
        ["bob", "phone", "token"],
    ]
    assert command("devices", "revoke", "bob", "PHONE").code == 0
    assert json.loads(command("devices", "list", "bob", "--json").out) == []
    assert command("devices", "revoke", "bob", "phone").code == ExitCode.REFUSED
    for refused in (("devices", "add", "carol", "x"), ("devices", "list", "carol")):
        assert command(*refused).code == ExitCode.REFUSED
    assert command("devices", "add", "bob", "my phone").code == ExitCode.REFUSED
