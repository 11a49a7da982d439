"""`securechat invite`: the code is shown once, and only its hash is kept."""

import json
from pathlib import Path

from securechat.chat.rules.invitations import digest
from securechat.cli.exits import ExitCode
from securechat.storage.sqlite import open_store
from tests.unit.conftest import Command

DAY_MS = 24 * 3600 * 1000


def test_a_code(command: Command, home: Path, tmp_path: Path) -> None:
    """Standard output has the code and nothing else; it can be typed in any case, without its hyphens."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command("invite", "--uses", "3", "--days", "2")
    code = ended.out.strip()
    assert [len(group) for group in code.split("-")] == [4] * 13
    assert "3 accounts" in ended.err
    assert 'identity.registration = "invite"' in ended.err
    store = open_store(home)
    try:
        ((key, invitation),) = store.load().invitations.items()
    finally:
        store.close()
    assert key == digest(code.replace("-", "").upper())
    assert code not in key
    assert (invitation.uses, invitation.expires - invitation.created) == (3, 2 * DAY_MS)
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert (rows[-1]["action"], rows[-1]["detail"]) == ("invite", "3 uses, 2 days")
    config = tmp_path / "open.toml"
    config.write_text('[identity]\nregistration = "invite"\n')
    assert "Nobody can use it yet" not in command("invite", "--config", str(config)).err


def test_the_list_and_revoking(command: Command) -> None:
    """By the id in the list or by the code; who revoked what is in the audit log."""
    assert command("adduser", "alice", "--generate").code == 0
    assert "no invitation" in command("invite", "list").err
    first, second = command("invite", "--uses", "3").out.strip(), command("invite", "--days", "1").out.strip()
    listed = json.loads(command("invite", "list", "--json").out)
    assert [(row["id"], row["uses"], row["expired"]) for row in listed] == [
        (digest(first)[:8], 3, False),
        (digest(second)[:8], 1, False),
    ]
    assert [line.split()[:2] for line in command("invite", "list").out.splitlines()] == [
        ["ID", "ACCOUNTS"],
        [digest(first)[:8], "3"],
        [digest(second)[:8], "1"],
    ]
    assert command("invite", "revoke", digest(first)[:8]).code == 0
    assert command("invite", "revoke", second.upper()).code == 0
    assert json.loads(command("invite", "list", "--json").out) == []
    again = command("invite", "revoke", second)
    assert again.code == ExitCode.REFUSED
    assert "invite list" in again.err
    assert command("invite", "revoke").code == ExitCode.USAGE
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert (rows[-1]["action"], rows[-1]["target"]) == ("revoke-invitation", digest(second)[:8])


def test_bounds(command: Command) -> None:
    """What makes no sense is a usage error."""
    assert command("adduser", "alice", "--generate").code == 0
    for arguments in (["--uses", "0"], ["--days", "0"], ["--days", "366"]):
        assert command("invite", *arguments).code == ExitCode.USAGE
