"""Backups from anywhere: only what a backup may hold is taken, and only as it was written."""

import errno
import io
import json
import tarfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pyrage import decrypt, passphrase, x25519

from securechat.storage.archive import BadBackup, Manifest, entry_of, pack, unpack
from securechat.storage.sealing import (
    SealError,
    parse_recipient,
    read_identities,
    seal_for,
    seal_with,
    sealed_how,
    unseal_for,
    unseal_with,
)

Members = list[tuple[tarfile.TarInfo, bytes]]
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@rust"


def backup(directory: Path, **others: bytes) -> bytes:
    """Return a backup of a database and other files."""
    contents = {"securechat.db": b"rows", **{name.replace("_", "."): data for name, data in others.items()}}
    files = {name: directory / name for name in contents}
    for name, data in contents.items():
        files[name].write_bytes(data)
    entries = {name: entry_of(path) for name, path in files.items()}
    manifest = Manifest("securechat-backup", 1, "0.1", "0001", 1000, "chat.test", {"messages": 3}, entries)
    stream = io.BytesIO()
    pack(stream, manifest, files)
    return stream.getvalue()


def changed(content: bytes, change: Callable[[Members], Members]) -> bytes:
    """Return an archive whose members were changed."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        members = []
        for member in archive:
            file = archive.extractfile(member)
            members.append((member, file.read() if file is not None else b""))
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for member, data in change(members):
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def renamed(name: str) -> Callable[[Members], Members]:
    """Give the last member another name."""

    def change(members: Members) -> Members:
        members[-1][0].name = name
        return members

    return change


def declared(**values: Any) -> Callable[[Members], Members]:
    """Change the manifest."""

    def change(members: Members) -> Members:
        manifest = {**json.loads(members[0][1]), **values}
        return [(members[0][0], json.dumps(manifest).encode()), *members[1:]]

    return change


def linked(members: Members) -> Members:
    """Let the last member be a link to somewhere else."""
    members[-1][0].type, members[-1][0].linkname = tarfile.SYMTYPE, "/etc/passwd"
    return [*members[:-1], (members[-1][0], b"")]


def test_what_was_packed_is_unpacked(tmp_path: Path) -> None:
    """The same files, private, and the manifest."""
    (tmp_path / "new").mkdir()
    manifest = unpack(io.BytesIO(backup(tmp_path, ca_key=b"secret")), tmp_path / "new")
    assert (manifest.server, manifest.rows) == ("chat.test", {"messages": 3})
    found = {
        path.name: (path.read_bytes(), path.stat().st_mode & 0o777) for path in (tmp_path / "new").iterdir()
    }
    assert found == {"securechat.db": (b"rows", 0o600), "ca.key": (b"secret", 0o600)}


ENTRY = {"size": 6, "sha256": "0" * 64}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (renamed("../ca.key"), "a member that it does not name"),
        (renamed("server.key"), "a member that it does not name"),
        (renamed("securechat.db"), "a member that it does not name"),
        (linked, "no backup of securechat|does not name"),
        (lambda members: members[:-1], "ca.key is missing"),
        (lambda members: members[1:], "does not begin with a manifest"),
        (lambda members: [*members[:-1], (members[-1][0], b"forged")], "ca.key in the backup is not what"),
        (
            lambda members: [*members[:-1], (members[-1][0], b"secret and more")],
            "ca.key in the backup is not",
        ),
        (declared(format="other"), "no backup of securechat"),
        (declared(version=2, program="9.9"), "written by securechat 9.9, which is newer"),
        (declared(files={"securechat.db": ENTRY, "../x": ENTRY}), "does not hold the files of a backup"),
        (declared(files={"ca.key": ENTRY}), "does not hold the files of a backup"),
        (declared(rows="many"), "manifest cannot be read"),
        (declared(server="a\x1b[2Jb"), r"its server is 'a\\x1b\[2Jb'"),
        (declared(server="x" * 256), "its server is 'x+'"),
        (declared(schema="\u202e"), r"its schema is '\\u202e'"),
        (declared(program="\n"), "its program is"),
        (declared(created=10**30), "in no year from 1 to 9999|cannot be read"),
        (declared(created=-(10**20)), "in no year from 1 to 9999|cannot be read"),
        (declared(created=10**17), "in no year from 1 to 9999"),
    ],
)
def test_what_is_no_backup_is_refused(
    tmp_path: Path, change: Callable[[Members], Members], text: str
) -> None:
    """Nothing is written outside of the directory, and the error says what is wrong."""
    (tmp_path / "new").mkdir()
    content = changed(backup(tmp_path, ca_key=b"secret"), change)
    with pytest.raises(BadBackup, match=text):
        unpack(io.BytesIO(content), tmp_path / "new")
    assert {path.name for path in tmp_path.iterdir()} == {"new", "securechat.db", "ca.key"}


@pytest.mark.parametrize("cut", [0, 1, 10, 100, -1, -20])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    """Wherever it ends."""
    (tmp_path / "new").mkdir()
    content = backup(tmp_path, ca_key=bytes(range(256)) * 40)
    with pytest.raises(BadBackup):
        unpack(io.BytesIO(content[: len(content) // 2 + cut] if cut < 0 else content[:cut]), tmp_path / "new")


def test_age_keys(tmp_path: Path) -> None:
    """Each recipient can read it, nobody else; SSH keys are recipients, too."""
    keys = [x25519.Identity.generate() for _ in range(3)]
    recipients = [parse_recipient(str(key.to_public())) for key in keys[:2]]
    recipients.append(parse_recipient(SSH_KEY))
    sealed = io.BytesIO()
    seal_for(io.BytesIO(b"the archive"), sealed, recipients)
    for key in keys[:2]:
        sealed.seek(0)
        assert sealed_how(sealed) == "identity"
        file, plain = tmp_path / "key", io.BytesIO()
        file.write_text(f"# a comment\n\n{key}\n")
        unseal_for(sealed, plain, read_identities(file))
        assert plain.getvalue() == b"the archive"
    file.write_text(str(keys[2]))
    sealed.seek(0)
    with pytest.raises(SealError, match="cannot be decrypted with this identity"):
        unseal_for(sealed, io.BytesIO(), read_identities(file))


ARCHIVE = bytes(range(256)) * 1000


@cache  # a passphrase takes a second
def sealed_with(secret: str) -> bytes:
    """Return a backup that is encrypted with a passphrase."""
    sealed = io.BytesIO()
    seal_with(io.BytesIO(ARCHIVE), sealed, secret)
    return sealed.getvalue()


def test_passphrases() -> None:
    """The right one opens it, a wrong one does not; an age file with a passphrase is opened, too."""
    for content in (sealed_with("correct horse"), passphrase.encrypt(ARCHIVE, "correct horse")):
        sealed, plain = io.BytesIO(content), io.BytesIO()
        assert sealed_how(sealed) == "passphrase"
        unseal_with(sealed, plain, "correct horse")
        assert plain.getvalue() == ARCHIVE
        sealed.seek(0)
        with pytest.raises(SealError, match="the passphrase is wrong"):
            unseal_with(sealed, io.BytesIO(), "wrong horse")
    assert sealed_how(io.BytesIO(b"\x1f\x8b")) == "no"


def test_any_age_opens_a_backup_with_a_passphrase() -> None:
    """`tar` and `age` are enough: a key that is encrypted with the passphrase, and a backup for that key."""
    with tarfile.open(fileobj=io.BytesIO(sealed_with("correct horse")), mode="r:") as archive:
        key, content = (archive.extractfile(name) for name in archive.getnames())
        assert key is not None and content is not None and archive.getnames() == ["key.age", "backup.age"]
        identity = passphrase.decrypt(key.read(), "correct horse").decode().strip()
        assert decrypt(content.read(), [x25519.Identity.from_str(identity)]) == ARCHIVE


@pytest.mark.parametrize("cut", [5, 300, 600, 1030, 100_000])
def test_a_backup_with_a_passphrase_that_was_cut_off_is_refused(cut: int) -> None:
    """Wherever it ends."""
    with pytest.raises(SealError):
        unseal_with(io.BytesIO(sealed_with("correct horse")[:cut]), io.BytesIO(), "correct horse")


@pytest.mark.parametrize("at", [5, 600, 2000, 100_000])
def test_a_backup_with_a_passphrase_that_was_changed_is_refused(at: int) -> None:
    """A bit of the names, of the key or of what it opens."""
    content = bytearray(sealed_with("correct horse"))
    content[at] ^= 1
    with pytest.raises(SealError):
        unseal_with(io.BytesIO(content), io.BytesIO(), "correct horse")


class FullDisk(io.BytesIO):
    """Has room for a hundred thousand bytes."""

    def write(self, content: Any) -> int:
        if self.tell() > 100_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(content)


def test_a_full_disk_is_said() -> None:
    """Whether a backup is written or read."""
    with pytest.raises(SealError, match=r"cannot be written: .*No space left"):
        seal_with(io.BytesIO(ARCHIVE), FullDisk(), "correct horse")
    with pytest.raises(OSError, match="No space left"):
        unseal_with(io.BytesIO(sealed_with("correct horse")), FullDisk(), "correct horse")


@pytest.mark.parametrize("text", ["", "age1", "AGE-SECRET-KEY-1X", "ssh-rsa AAAA", "x" * 200])
def test_what_is_no_recipient_is_refused(text: str) -> None:
    """The text says what one looks like."""
    with pytest.raises(SealError, match="begins with age1"):
        parse_recipient(text)


@pytest.mark.parametrize(
    "content", [b"", b"# nothing\n", b"age1xyz\n", b"\xff", b"-----BEGIN nothing-----\n"]
)
def test_what_is_no_identity_is_refused(tmp_path: Path, content: bytes) -> None:
    """The file is named."""
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(SealError, match="key"):
        read_identities(file)
    with pytest.raises(SealError, match="No such file"):
        read_identities(tmp_path / "nothing")
