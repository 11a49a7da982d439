"""Backups of a running server, and what they bring back."""

import json
import stat
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pyrage import x25519

from securechat.tls.pins import pin, read_certificates
from tests.support.postgres import PostgresPlace, require_server
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]
SAID = "SELECT text FROM messages WHERE command = 'PRIVMSG'"
SECRET = "a passphrase for backups\n"


def restored(server: ServerProcess, file: Path, *arguments: str, text: str = "") -> ServerProcess:
    """Return a server of a new directory into which a backup was restored."""
    new = ServerProcess(server.data.parent.with_name("restored"))
    new.administer("restore", str(file), *arguments, text=text)
    return new


def test_a_running_server_is_backed_up_and_restored(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """Everything confirmed before the backup is in it; the restored server is the same one, keys included."""
    server = serve(accounts=["alice", "bob"])
    alice = enter(server, "alice")
    alice.say("#general", "before the backup")
    alice.say("bob", "while you were away")
    file = tmp_path / "chat.backup"
    said = server.run("backup", str(file), "--passphrase-stdin", text=SECRET)
    assert (
        said.returncode == 0 and "2 accounts and 4 entries of history, with the server's keys" in said.stderr
    )
    alice.say("#general", "after the backup")
    noted = json.loads(server.administer("audit", "show", "--json").splitlines()[-1])
    assert (noted["action"], noted["target"], noted["origin"]) == ("backup", str(file), "control socket")
    assert noted["detail"] == "with the server's keys, encrypted with a passphrase"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {file.name, server.data.parent.name}
    with tarfile.open(file, mode="r:") as archive:
        assert archive.getnames() == ["key.age", "backup.age"]
    with restored(server, file, "--passphrase-stdin", text=SECRET) as new:
        assert pin(read_certificates(new.ca)[0]) == pin(read_certificates(server.ca)[0])
        bob = enter(new, "bob", password=PASSWORD)
        assert "while you were away" in [line.params[-1] for line in bob.welcome]
        enter(new, "alice").say("#general", "again")
        bob.hear("again")
        new.stop()
        new.check_log()


def test_a_stopped_server_is_backed_up_for_a_key(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """`--recipient` encrypts for an age key, `--identity` decrypts; the configuration is kept as well."""
    server = serve(accounts=["alice"])
    server.kill()
    key = x25519.Identity.generate()
    identity, file = tmp_path / "key.txt", tmp_path / "chat.backup"
    identity.write_text(f"# created: today\n{key}\n")
    server.administer("backup", str(file), "--recipient", str(key.to_public()))
    new = restored(server, file, "--identity", str(identity))
    assert not (new.data / "securechat.toml").exists(), "it has one by --config already"
    with new:
        enter(new, "alice")
        new.stop()


def test_without_encryption_there_are_no_keys(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """A plain backup holds the database and what describes it, the keys only when that is asked for."""
    server = serve(accounts=["alice"])
    server.administer("backup", str(tmp_path / "plain"))
    server.administer("backup", str(tmp_path / "keys"), "--with-keys")
    with tarfile.open(tmp_path / "plain") as archive:
        assert archive.getnames() == ["manifest.json", "securechat.db"]
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        assert json.load(manifest)["rows"]["accounts"] == 1
    with tarfile.open(tmp_path / "keys") as archive:
        assert {"ca.key", "server.key", "securechat.toml"} <= set(archive.getnames())
    with restored(server, tmp_path / "plain") as new:
        enter(new, "alice")
        new.stop()


def test_what_cannot_be_done_is_explained(serve: Serve, tmp_path: Path) -> None:
    """Nothing is overwritten, a wrong passphrase and a file that was changed are refused, nothing is left."""
    server = serve(accounts=["alice"])
    file, sealed = tmp_path / "plain", tmp_path / "sealed"
    server.administer("backup", str(file))
    server.administer("backup", str(sealed), "--passphrase-stdin", text=SECRET)
    damaged = tmp_path / "damaged"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    damaged.write_bytes(content)
    (tmp_path / "other").write_text("something else\n")
    new = ServerProcess(tmp_path / "new")
    cases = [
        (server, ("backup", str(file)), "", "is there already", 6),
        (server, ("backup", str(tmp_path / "b"), "--passphrase-stdin"), "short\n", "too short", 6),
        (server, ("backup", str(tmp_path / "b"), "--recipient", "age1x"), "", "is no recipient", 1),
        (server, ("backup", str(tmp_path / "no" / "b")), "", "there is no backup", 1),
        (server, ("restore", str(file)), "", "in use by process", 1),
        (
            new,
            ("restore", str(sealed), "--passphrase-stdin"),
            "not this one at all\n",
            "passphrase is wrong",
            1,
        ),
        (new, ("restore", str(sealed), "--identity", str(file)), "", "with a passphrase", 2),
        (new, ("restore", str(damaged)), "", "nothing was restored", 1),
        (new, ("restore", str(tmp_path / "other")), "", "no backup of securechat", 1),
        (new, ("restore", str(tmp_path / "missing")), "", "nothing was restored", 1),
    ]
    for about, arguments, text, expected, code in cases:
        done = about.run(*arguments, text=text)
        assert (done.returncode, expected in done.stderr) == (code, True), (arguments, done.stderr)
        assert "Traceback" not in done.stderr
    assert not (tmp_path / "b").exists()
    assert not new.data.exists(), "the directory was made for what failed"
    new.administer("restore", str(file))
    again = new.run("restore", str(file))
    assert again.returncode == 6 and "holds a database already" in again.stderr


@pytest.fixture
def place() -> "PostgresPlace":
    """An empty PostgreSQL database."""
    require_server()
    return PostgresPlace()


def test_postgresql_and_back(serve: Serve, enter: Enter, tmp_path: Path, place: PostgresPlace) -> None:
    """`migrate-store` moves everything into PostgreSQL; a backup of that brings it back to SQLite."""
    try:
        server = serve(accounts=["alice", "bob"])
        enter(server, "alice").say("#general", "first in SQLite")
        refused = server.run("migrate-store", "--to", place.url)
        assert refused.returncode == 1 and "in use by process" in refused.stderr
        server.stop()
        copied = json.loads(server.administer("migrate-store", "--to", place.url, "--json"))
        assert copied["messages"] >= 1 and copied["rows"] > copied["messages"], copied
        assert place.execute(SAID) == [("first in SQLite",)]
        again = server.run("migrate-store", "--to", place.url)
        assert again.returncode == 1 and "the target is not empty" in again.stderr
        shown = server.run("migrate-store", "--to", "postgresql://u:geheim@db/chat")
        assert shown.returncode == 2 and "~/.pgpass" in shown.stderr and "geheim" not in shown.stderr
        server.configure(storage__url=place.url)
        server.start()
        enter(server, "alice").say("#general", "then in PostgreSQL")
        file = tmp_path / "chat.backup"
        server.administer("backup", str(file))
        server.stop()
        with restored(server, file) as new:
            enter(new, "bob").say("#general", "and back")
            new.stop()
    finally:
        place.drop()


def test_an_export_of_a_running_server_is_imported(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """What was said is in lines of JSON, and in the history of the server that imports it."""
    server = serve(accounts=["alice", "bob"])
    alice = enter(server, "alice")
    msgid = alice.say("#general", "said before the export")
    lines = [json.loads(line) for line in server.administer("export", "--channel", "#general").splitlines()]
    (said,) = (line for line in lines if line["type"] == "message")
    assert (said["msgid"], said["sender"], said["text"]) == (msgid, "alice", "said before the export")
    file = tmp_path / "chat.jsonl"
    server.administer("export", str(file), "--all")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    busy = server.run("import", str(file))
    assert busy.returncode == 1 and "nothing was imported" in busy.stderr
    new = serve(accounts=["alice"])
    new.stop()
    refused = new.run("import", str(file))
    assert refused.returncode == 1 and "1 account is not here (bob)" in refused.stderr
    done = new.run("import", str(file), "--create-accounts")
    assert done.returncode == 0 and "Imported 1 message, 2 events, 1 account and 1 channel; " in done.stderr
    again = new.run("import", str(file)).stderr
    assert "0 messages, 0 events, 0 accounts and 0 channels; 3 messages and events were there" in again
    new.administer("passwd", "bob", "--password-stdin", text=f"{PASSWORD}\n")
    new.start()
    exported = new.administer("export", "--account", "alice")
    assert "said before the export" in exported and "$argon2" not in exported
    enter(new, "alice").say("#general", "and it goes on")


def test_an_export_beside_talking_people_is_of_one_moment(serve: Serve, enter: Enter, tmp_path: Path) -> None:
    """What is in it is everything up to some message; nobody waits for it."""
    server = serve(accounts=["alice"])
    alice = enter(server, "alice")
    said = [alice.say("#general", "the first")]
    file = tmp_path / "chat.jsonl"
    with ThreadPoolExecutor(1) as elsewhere:
        exporting = elsewhere.submit(server.run, "export", str(file), "--all")
        while not exporting.done():
            said.append(alice.say("#general", f"message {len(said)}"))
    assert exporting.result().returncode == 0, exporting.result().stderr
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    exported = [line["msgid"] for line in lines if line["type"] == "message"]
    assert exported and exported == said[: len(exported)]
    assert lines[-1]["type"] == "end" and lines[-1]["messages"] == len(exported)


@pytest.mark.parametrize("arguments", [(), ("--all", "--channel", "#general"), ("--account", "nobody")])
def test_an_export_of_nothing_is_refused(serve: Serve, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """One selection is needed, and it has to be there; no file appears."""
    server = ServerProcess(tmp_path / "server", accounts=["alice"])
    done = server.run("export", str(tmp_path / "file"), *arguments)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    assert not (tmp_path / "file").exists()
