"""Where the copy for a backup is made, and what is left of it."""

import fcntl
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from securechat.chat.requests import Answer, Done, Refused
from securechat.cli.data.snapshot import snapshot
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.scratch import scratch
from securechat.server.control_protocol import Command as Told
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives directories away")
def test_what_root_makes_is_the_server_s(home: Path, other: Path) -> None:
    """The server's user is to write there: the owner of the data directory, and nobody else."""
    home.mkdir(parents=True)
    os.chown(home, 12345, 12346)
    for where in (None, other):
        with scratch(home, where) as directory:
            found = directory.stat()
            assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 12346, 0o700)


class Server:
    """Stands for a running server: it notes what it is asked and answers as it is told to."""

    def __init__(self, start: Callable[[Path], Answer]) -> None:
        self.asked: list[str] = []
        self.copying = False
        self.start = start

    def __call__(self, directory: Path, request: Told | str) -> Answer:
        if isinstance(request, Told):
            self.asked.append(request.op)
            return self.start(Path(request.argument))
        self.asked.append(request)
        running, self.copying = self.copying, self.copying and request != "copy-stop"
        return Done([{"running": running, "done": 1, "total": 2}])


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_command_that_ends_has_the_server_stop(
    home: Path, other: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    """What it has copied is removed only when it writes no more; nothing is left."""
    home.mkdir(parents=True)

    def start(place: Path) -> Answer:
        (place / f"{DATABASE_NAME}.partial").touch()
        server.copying = True
        return Done()

    def interrupt(seconds: float) -> None:
        if "copy-stop" not in server.asked[1:]:
            raise error
        assert list(other.rglob("*.partial"))

    server = Server(start)
    monkeypatch.setattr("securechat.cli.data.snapshot.ask", server)
    monkeypatch.setattr("time.sleep", interrupt)
    with pytest.raises(error), snapshot(Database(home), other):
        pass
    assert server.asked == ["copy-stop", "copy-start", "copy-status", "copy-stop", "copy-status"]
    assert not list(other.iterdir())


def test_a_server_that_cannot_write_there_copies_at_home(
    home: Path, other: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user is told; whoever has named the place gets an error instead. Nothing is left there."""
    home.mkdir(parents=True)

    def start(place: Path) -> Answer:
        if place.parent == other:
            return Refused("BAD_PLACE", "the server's user cannot write to it")
        (place / DATABASE_NAME).touch()
        return Done()

    monkeypatch.setattr("securechat.cli.data.snapshot.ask", Server(start))
    with snapshot(Database(home), other) as directory:
        assert directory == home / "scratch" and (directory / DATABASE_NAME).exists()
        assert not list(other.iterdir())
    assert "cannot write to it. So the copy is made in the data directory" in capsys.readouterr().err
    with (
        pytest.raises(CommandFailed, match="cannot write to it"),
        snapshot(Database(home), other, insist=True),
    ):
        pass
    assert not list(other.iterdir()) and not (home / "scratch").exists()
