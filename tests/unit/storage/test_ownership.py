"""What root makes in the directory of the server's user belongs to that user, and nothing else does."""

import os
from pathlib import Path

import pytest

from securechat.storage.files import create_private, create_private_directory
from securechat.storage.lock import LOCK_NAME, DirectoryLock
from securechat.tls.writing import write_private
from tests.unit.conftest import Command

SOMEBODY = 61_000

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """The directory of a server that is not root's."""
    directory = tmp_path / "data"
    directory.mkdir(mode=0o700)
    os.chown(directory, SOMEBODY, SOMEBODY)
    return directory


def owner(path: Path) -> int:
    """Return whose a file is; of a link, the link's."""
    return path.lstat().st_uid


def test_what_is_made_is_handed_over(directory: Path) -> None:
    """Files of keys, of the database and of the lock, and directories."""
    create_private(directory / "database")
    create_private_directory(directory / "scratch")
    write_private(directory / "key", b"secret")
    with DirectoryLock(directory):
        pass
    made = ["database", "key", LOCK_NAME, "scratch"]
    assert {path.name: owner(path) for path in directory.iterdir()} == dict.fromkeys(made, SOMEBODY)


def test_what_was_there_keeps_its_owner(directory: Path, tmp_path: Path) -> None:
    """A link that the server's user has put in the place of a file gives that user nothing of root's."""
    precious = tmp_path / "shadow"
    precious.write_text("root's")
    precious.chmod(0o600)
    for name in ("database", LOCK_NAME, "key"):
        (directory / name).symlink_to(precious)
    create_private(directory / "database")
    write_private(directory / "key", b"secret")
    with pytest.raises(Exception, match="cannot lock"), DirectoryLock(directory):
        pass
    assert owner(precious) == 0 and precious.read_text() == "root's"


def test_commands_of_root(command: Command, directory: Path) -> None:
    """An account, a certificate, a backup, a restore: the server's user can go on with all of it."""
    place = ("--data-dir", str(directory))
    assert command("adduser", "alice", "--generate", *place).code == 0
    assert command("certs", "renew", *place).code == 0
    assert command("backup", str(directory.parent / "b"), "--with-keys", *place).code == 0
    assert {owner(path) for path in directory.iterdir()} == {SOMEBODY}
    other = directory.parent / "other"
    other.mkdir(mode=0o700)
    os.chown(other, SOMEBODY, SOMEBODY)
    assert command("restore", str(directory.parent / "b"), "--data-dir", str(other)).code == 0
    assert {owner(path) for path in other.iterdir()} == {SOMEBODY}
