"""Where the copy for a backup is made, and what is left of it."""

import fcntl
import os
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from securechat.cli.exits import ExitCode
from securechat.cli.snapshot import snapshot
from securechat.storage.copying import Progress
from securechat.storage.databases import Database
from securechat.storage.lock import DATABASE_NAME
from tests.unit.conftest import Command

OURS = ".securechat-scratch-"


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """A directory that stands for another disk."""
    path = tmp_path / "other"
    path.mkdir()
    return path


@pytest.fixture
def made(command: Command, monkeypatch: pytest.MonkeyPatch) -> Sequence[Path]:
    """Where copies were made since the beginning, of a database with an account."""
    command("adduser", "alice", "--generate")
    made: list[Path] = []
    copy = Database.copy

    def noted(self: Database, target: Path, progress: Progress) -> None:
        made.append(target.parent)
        copy(self, target, progress)

    monkeypatch.setattr(Database, "copy", noted)
    return made


def test_the_copy_is_where_it_is_wanted(home: Path, other: Path, made: Sequence[Path]) -> None:
    """Private, and nothing of it stays; the data directory gets nothing."""
    before = set(home.iterdir())
    with snapshot(Database(home), other) as directory:
        assert directory.parent == other and stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert stat.S_IMODE((directory / DATABASE_NAME).stat().st_mode) == 0o600
        assert set(home.iterdir()) == before
    assert not list(other.iterdir())


def test_what_a_killed_command_left_goes_with_the_next(home: Path, other: Path, made: Sequence[Path]) -> None:
    """What another command uses stays, and so does what somebody else has made."""
    for name in (f"{OURS}left", f"{OURS}used", "theirs"):
        (other / name).mkdir()
        (other / name / DATABASE_NAME).touch()
    (other / f"{OURS}link").symlink_to(home)
    used = os.open(other / f"{OURS}used", os.O_RDONLY)
    fcntl.flock(used, fcntl.LOCK_EX)
    with snapshot(Database(home), other):
        pass
    os.close(used)
    assert {path.name for path in other.iterdir()} == {f"{OURS}used", f"{OURS}link", "theirs"}
    assert (home / DATABASE_NAME).exists()


def test_a_plain_backup_needs_no_room_in_the_data_directory(
    command: Command, other: Path, made: Sequence[Path]
) -> None:
    """It is copied to where the backup will be; one that fails leaves nothing there."""
    assert command("backup", str(other / "backup")).code == 0
    assert [path.name for path in other.iterdir()] == ["backup"]
    assert {path.parent for path in made} == {other}
    missing = command("backup", str(other / "no" / "backup"))
    assert missing.code == ExitCode.ERROR and "there is no backup" in missing.err


def test_what_is_encrypted_is_nowhere_else_in_plain_text(
    command: Command, home: Path, other: Path, tmp_path: Path, made: Sequence[Path]
) -> None:
    """The disk of an encrypted backup may be anybody's: the copy stays in the data directory, or as told."""
    secret = tmp_path / "secret"
    secret.write_text("a passphrase that is long enough\n")
    options = ("--passphrase-file", str(secret))
    assert command("backup", str(other / "one"), *options).code == 0
    assert made == [home / "scratch"]
    (tmp_path / "third").mkdir()
    assert command("backup", str(other / "two"), *options, "--scratch", str(tmp_path / "third")).code == 0
    assert made[1].parent == tmp_path / "third" and not list((tmp_path / "third").iterdir())
    assert {path.name for path in other.iterdir()} == {"one", "two"}
    assert command("backup", str(other / "three"), "--scratch", str(tmp_path / "no")).code == ExitCode.ERROR
