"""The restore drill, and a directory of backups."""

import gzip
import io
import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from pyrage import x25519

from securechat.app.certificates import prepare
from securechat.cli.data import envelope, rotation
from securechat.cli.exits import ExitCode
from securechat.config import Config
from securechat.storage.archive import entry_of, pack, unpack
from securechat.storage.copying import contents_of
from tests.unit.conftest import Command

SECRET = "a passphrase for backups\n"


@pytest.fixture
def saved(command: Command, home: Path, tmp_path: Path) -> Path:
    """A backup, with keys and configuration, of a server that knows alice."""
    assert command("adduser", "alice", "--generate").code == 0
    prepare(Config(), home)
    (home / "securechat.toml").write_text("[server]\nnetwork = 'Drill'\n")
    file = tmp_path / "saved.backup"
    assert command("backup", str(file), "--with-keys").code == 0
    return file


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a restore is tried out."""
    place = tmp_path / "place"
    place.mkdir(mode=0o700)
    return place


def test_a_good_backup(command: Command, saved: Path, place: Path) -> None:
    """It is restored, opened, looked at, and nothing of that is left."""
    ended = command("restore", "--check", str(saved), "--scratch", str(place), "--json")
    assert ended.code == 0, ended.err
    facts = json.loads(ended.out)
    assert (facts["accounts"], facts["audit"], facts["file"]) == (1, 2, str(saved))
    assert "is good: 1 account" in ended.err
    assert list(place.iterdir()) == []


def test_damage_of_every_kind(command: Command, saved: Path, place: Path, tmp_path: Path) -> None:
    """Empty, cut off anywhere, with a flipped bit anywhere, or something else: it fails and says why."""
    whole = saved.read_bytes()
    length, bad = len(whole), tmp_path / "bad"
    cuts = [whole[:at] for at in (0, 1, 9, 30, length // 3, length // 2, length - 9, length - 1)]
    flips = [whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :] for at in range(10, length, length // 13)]
    harmful = [flipped for flipped in flips if unzipped(flipped) != unzipped(whole)]
    for content in (*cuts, *harmful, b"no backup", b"\x1f\x8b no backup", bytes(4096)):
        bad.write_bytes(content)
        ended = command("restore", "--check", str(bad), "--scratch", str(place))
        assert ended.code == ExitCode.ERROR, content[:40]
        assert ended.err.startswith(f"securechat: {bad} is no good: ") and ended.err.count("\n") == 1
        assert list(place.iterdir()) == []
    assert len(cuts) + len(harmful) > 18


def unzipped(content: bytes) -> bytes | None:
    """What a file of gzip holds, None when it is damaged: of a few bits any value means the same."""
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        return None


def test_a_wrong_secret(command: Command, saved: Path, tmp_path: Path) -> None:
    """An encrypted backup is opened by its passphrase or its key, and by no other."""
    key, other = x25519.Identity.generate(), x25519.Identity.generate()
    for name, identity in (("key", key), ("other", other)):
        (tmp_path / name).write_text(f"{identity}\n")
    (tmp_path / "word").write_text(SECRET)
    (tmp_path / "words").write_text("not this passphrase\n")
    for name, *how in (("a", "--recipient", str(key.to_public())), ("b", "--passphrase-file", "word")):
        how = [str(tmp_path / each) if each == "word" else each for each in how]
        assert command("backup", str(tmp_path / name), *how, "--check").code == 0
    for name, option, right, wrong in (
        ("a", "--identity", "key", "other"),
        ("b", "--passphrase-file", "word", "words"),
    ):
        file = str(tmp_path / name)
        assert command("restore", "--check", file, option, str(tmp_path / right)).code == 0
        ended = command("restore", "--check", file, option, str(tmp_path / wrong))
        assert (ended.code, "is no good" in ended.err) == (ExitCode.ERROR, True), ended.err
        whole = Path(file).read_bytes()
        for cut in (1, 600, len(whole) // 2):
            (tmp_path / "cut").write_bytes(whole[:-cut])
            ended = command("restore", "--check", str(tmp_path / "cut"), option, str(tmp_path / right))
            assert (ended.code, "is no good" in ended.err) == (ExitCode.ERROR, True), ended.err


def remade(saved: Path, place: Path, change: Callable[[Path], None]) -> Path:
    """Write a backup anew, as somebody would who makes its manifest fit what was changed."""
    directory = place / "remade"
    directory.mkdir(mode=0o700)
    with saved.open("rb") as stream:
        manifest = unpack(stream, directory)
    change(directory)
    paths = {name: directory / name for name in manifest.files if (directory / name).exists()}
    schema, rows = contents_of(directory / "securechat.db")
    entries = {name: entry_of(path) for name, path in paths.items()}
    made = msgspec.structs.replace(manifest, schema=schema, rows=dict(rows), files=entries)
    target = place / "remade.backup"
    with target.open("wb") as stream:
        pack(stream, made, paths)
    return target


def sql(statement: str) -> Callable[[Path], None]:
    """Return what changes a database."""

    def change(directory: Path) -> None:
        with closing(sqlite3.connect(directory / "securechat.db")) as connection, connection:
            connection.execute(statement)

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (
            sql("UPDATE audit SET target = 'bob' WHERE id = 1"),
            "its audit log is not what was written: entry 1",
        ),
        (sql("DELETE FROM audit WHERE id = 1"), "its audit log is not what was written"),
        (sql("UPDATE memberships SET account = 77"), "the database is damaged: a row of memberships"),
        (sql("UPDATE alembic_version SET version_num = '9999'"), "newer securechat"),
        (lambda directory: (directory / "ca.key").unlink(), "ca.key is missing"),
        (
            lambda directory: (directory / "ca.key").rename(directory / "server.key"),
            "ca.key is missing",
        ),
        (
            lambda directory: (directory / "server.key").write_bytes((directory / "ca.key").read_bytes()),
            "server.key is not the key of server.pem",
        ),
        (lambda directory: (directory / "ca.pem").write_text("nothing"), "ca.pem"),
        (lambda directory: (directory / "securechat.toml").write_text("[servr]\n"), "servr"),
    ],
)
def test_what_was_whole_but_is_no_server(
    command: Command, saved: Path, place: Path, change: Callable[[Path], None], reason: str
) -> None:
    """A backup whose bytes are those that were written can still be one that no server could begin with."""
    file = remade(saved, place, change)
    ended = command("restore", "--check", str(file))
    assert ended.code == ExitCode.ERROR and reason in ended.err, ended.err


def test_nothing_happens_in_the_data_directory(
    command: Command, saved: Path, home: Path, tmp_path: Path
) -> None:
    """A drill needs no server and no data directory, and takes no lock."""
    before = {path.name: path.stat().st_mtime_ns for path in home.iterdir()}
    assert command("restore", "--check", str(saved), "--data-dir", str(tmp_path / "none")).code == 0
    assert {path.name: path.stat().st_mtime_ns for path in home.iterdir()} == before
    assert command("restore", str(saved), "--scratch", str(tmp_path)).code == ExitCode.USAGE


def test_a_directory_of_backups(
    command: Command, saved: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each run makes one that was tried out; the oldest go, and other files stay."""
    (place / "securechat-notes.backup").write_text("mine")
    for number in range(5):
        name = f"securechat-2026112{number}T033000Z.backup"
        monkeypatch.setattr(rotation, "next_name", lambda directory, name=name: directory / name)
        ended = command("backup", str(place), "--keep", "3", "--json")
        assert ended.code == 0, ended.err
        assert json.loads(ended.out)["checked"] is True
    assert json.loads(ended.out)["removed"] == [str(place / "securechat-20261121T033000Z.backup")]
    names = sorted(path.name for path in place.iterdir())
    assert names == [
        *(f"securechat-2026112{number}T033000Z.backup" for number in (2, 3, 4)),
        "securechat-notes.backup",
    ]
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in place.glob("securechat-2*"))


def test_the_newest_stays_whatever_the_clock_says(place: Path) -> None:
    """A backup that a wrong clock has dated before all others is not the one that goes."""
    names = [place / f"securechat-{year}1120T033000Z.backup" for year in (1970, 2026, 2027)]
    for path in names:
        path.touch()
    assert rotation.remove_oldest(place, 2, names[0]) == [names[1]]
    assert rotation.remove_oldest(place, 1, names[0]) == [names[2]]


def test_configured_keys_encrypt(
    command: Command, saved: Path, home: Path, place: Path, tmp_path: Path
) -> None:
    """With `backup.recipients` the backups in a directory are for these keys, tried out all the same."""
    key = x25519.Identity.generate()
    (tmp_path / "key").write_text(f"{key}\n")
    (home / "securechat.toml").write_text(f'[backup]\nkeep = 1\nrecipients = ["{key.to_public()}"]\n')
    ended = command("backup", str(place), "--json")
    assert ended.code == 0, ended.err
    (file,) = place.iterdir()
    assert file.read_bytes().startswith(b"age-encryption.org/v1\n")
    facts = json.loads(
        command("restore", "--check", str(file), "--identity", str(tmp_path / "key"), "--json").out
    )
    assert {"ca.key", "server.key"} <= set(facts["files"])
    (home / "securechat.toml").write_text('[backup]\nrecipients = ["age1nothing"]\n')
    assert "backup.recipients must be" in command("config", "check").err


def test_a_backup_that_is_no_good_is_not_kept(
    command: Command, saved: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a bad disk has written is found out; the older backups stay."""
    good = place / "securechat-20250101T033000Z.backup"
    good.write_bytes(saved.read_bytes())
    seal = envelope.Envelope.open_again

    def read(self: envelope.Envelope, written: io.BufferedReader, plain: io.BytesIO) -> None:
        seal(self, written, plain)
        plain.seek(200)
        plain.write(b"\0" * 64)

    monkeypatch.setattr(envelope.Envelope, "open_again", read)
    ended = command("backup", str(place), "--keep", "1")
    assert ended.code == ExitCode.ERROR and "there is no backup" in ended.err, ended.err
    assert list(place.iterdir()) == [good]


def test_mistakes(command: Command, saved: Path, place: Path) -> None:
    """What does not fit together is said."""
    assert "--keep is for a directory" in command("backup", str(place / "x"), "--keep", "3").err
    assert command("backup", "-", "--check").code == ExitCode.USAGE
    assert command("restore", "--check", str(place)).code == ExitCode.ERROR
