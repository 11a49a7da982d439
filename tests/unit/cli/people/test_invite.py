"""`securechat invite`: the code is shown once, and only its hash is kept."""

import json
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from securechat.app.certificates import PUBLIC
from securechat.chat.rules.invitations import digest
from securechat.cli.exits import ExitCode
from securechat.client.address import Address
from securechat.client.invitation import read_invitation
from securechat.storage.sqlite import open_store
from securechat.tls.files import ServerFiles, ensure
from securechat.tls.pins import pin, read_certificates
from securechat.tls.writing import write_private
from tests.unit.conftest import Command

DAY_MS = 24 * 3600 * 1000


def test_a_code(command: Command, home: Path, tmp_path: Path) -> None:
    """Standard output has the code and nothing else; it can be typed in any case, without its hyphens."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command("invite", "--code", "--uses", "3", "--days", "2")
    code = ended.out.strip()
    assert [len(group) for group in code.split("-")] == [4] * 13
    assert "3 accounts" in ended.err
    assert "Nobody can use it yet" not in ended.err
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
    config = tmp_path / "closed.toml"
    config.write_text('[identity]\nregistration = "closed"\n')
    assert "Nobody can use it yet" in command("invite", "--config", str(config)).err


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
    rows = [json.loads(line) for line in command("audit", "show", "--json").out.splitlines()]
    assert [row["detail"] for row in rows[-2:]] == ["3 uses, 7 days", "1 use, 1 day"]
    assert [line.split()[:2] for line in command("invite", "list").out.splitlines()] == [
        ["ID", "ACCOUNTS"],
        [digest(first)[:8], "3"],
        [digest(second)[:8], "1"],
    ]
    assert command("invite", "revoke", digest(first)[:8]).code == 0
    assert command("invite", "revoke", second.upper()).code == 0
    assert json.loads(command("invite", "list", "--json").out) == []
    assert "no invitation has this id, code or link" in command("invite", "revoke", "nonsense").err
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


def test_the_link_says_all(command: Command, home: Path) -> None:
    """Standard output has one link that a shell takes as it is; the certificate is there for its pin."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command("invite", "--host", "LOCALHOST:7000")
    link = ended.out.removesuffix("\n")
    assert shlex.quote(link) == link
    read = read_invitation(link)
    assert read.address == Address("localhost", 7000)
    assert read.pin == pin(read_certificates(home / "ca.pem")[0])
    assert "securechat join LINK" in ended.err
    assert "--host" in ended.err, "localhost leads nobody else here"
    store = open_store(home)
    try:
        assert digest(read.code) in store.load().invitations
    finally:
        store.close()


def test_json(command: Command) -> None:
    """All parts of it, for programs."""
    assert command("adduser", "alice", "--generate").code == 0
    facts = json.loads(command("invite", "--json", "--host", "::1").out)
    assert facts["link"].startswith(f"securechat://[::1]/join/1/{facts['code']}/{facts['pin']}")
    assert facts["server"] == "[::1]:6697"
    assert (facts["uses"], facts["days"]) == (1, 7)
    assert facts["id"] == digest(facts["code"])[:8] == digest(facts["link"])[:8]


def test_a_host_that_the_certificate_does_not_name(command: Command, tmp_path: Path) -> None:
    """Nobody could connect by it, so nothing is made; with the name in the configuration it is."""
    assert command("adduser", "alice", "--generate").code == 0
    ended = command("invite", "--host", "chat.example.org")
    assert ended.code == ExitCode.REFUSED
    assert "It stands for localhost, " in ended.err
    assert json.loads(command("invite", "list", "--json").out) == []
    assert command("invite", "--host", "no such host").code == ExitCode.USAGE


def test_what_adds_a_name_is_said(command: Command, home: Path) -> None:
    """By a line that can be typed as it is; with a configuration, what to write into it."""
    assert command("adduser", "alice", "--generate").code == 0
    told = command("invite", "--host", "chat.example.org").err.splitlines()[1]
    first, then = told.removeprefix("securechat: add it: ").split(" && securechat ")
    subprocess.run(["sh", "-c", first], check=True)
    assert command(*then.split()).code == 0
    link = command("invite", "--host", "chat.example.org:7000").out
    assert link.startswith("securechat://chat.example.org:7000/join/1/")
    told = command("invite", "--host", "talk.example.org").err.splitlines()[1]
    assert f'write names = ["chat.example.org", "talk.example.org"] below [tls] in {home}' in told


def test_a_name_for_a_certificate_of_somebody_else(command: Command, home: Path, tmp_path: Path) -> None:
    """It is issued anew by whoever has issued it: of a public authority by its own command."""
    directory = tmp_path / "elsewhere"
    ensure(directory, ["chat.example.org"], datetime.now(UTC), authority_name="other")
    config = tmp_path / "own.toml"
    config.write_text('[tls]\ncertificate = "elsewhere/server.pem"\nkey = "elsewhere/server.key"\n')
    assert command("adduser", "alice", "--generate", "--config", str(config)).code == 0
    ended = command("invite", "--host", "talk.example.org", "--config", str(config))
    assert f"have {directory / 'server.pem'} issued for it as well" in ended.err
    files = ServerFiles.under(directory)
    write_private(home / PUBLIC, files.certificate.read_bytes() + files.key.read_bytes())
    ended = command("invite", "--host", "talk.example.org")
    assert "certs acme --name talk.example.org --agree-terms" in ended.err


def test_a_certificate_of_ones_own_needs_its_pin(command: Command, tmp_path: Path) -> None:
    """One that this system's authorities do not know is pinned in the link."""
    assert command("adduser", "alice", "--generate").code == 0
    directory = tmp_path / "elsewhere"
    ensure(directory, ["chat.example.org"], datetime.now(UTC), authority_name="other")
    config = tmp_path / "own.toml"
    config.write_text(
        f'[tls]\ncertificate = "{directory}/server.pem"\nkey = "{directory}/server.key"\n'
        '[server]\nname = "chat.example.org"\n'
    )
    link = command("invite", "--config", str(config)).out
    assert read_invitation(link).pin == pin(read_certificates(directory / "ca.pem")[0])
