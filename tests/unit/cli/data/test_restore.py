"""`securechat restore` that fails: nothing is left of it, and what was there stays as it was."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from securechat.cli.exits import ExitCode
from tests.unit.conftest import Command

LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({0}, {0}));"
MAIN = "import sys; sys.argv[0] = 'securechat'; from securechat.__main__ import main; main()"


@pytest.fixture
def saved(command: Command, tmp_path: Path) -> bytes:
    """A backup of a server that knows alice."""
    assert command("adduser", "alice", "--generate").code == 0
    assert command("backup", str(tmp_path / "saved")).code == 0
    return (tmp_path / "saved").read_bytes()


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A data directory that is not there."""
    return tmp_path / "new"


def restoring(new: Path, limit: int | None = None) -> subprocess.Popen[bytes]:
    """Start a restore from a pipe; `limit` is how long its files may get."""
    code = MAIN if limit is None else LIMITED.format(limit) + MAIN
    arguments = [sys.executable, "-c", code, "restore", "-", "--data-dir", str(new)]
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stderr=subprocess.PIPE)


def test_damage_of_every_kind(command: Command, saved: bytes, new: Path, tmp_path: Path) -> None:
    """Cut off, with a flipped bit, or something else altogether."""
    file, length = tmp_path / "damaged", len(saved)
    cuts = [saved[:at] for at in (0, 1, 9, 30, length // 3, length // 2, length - 9)]
    flips = [saved[:at] + bytes([saved[at] ^ 16]) + saved[at + 1 :] for at in range(10, length, length // 9)]
    for content in (*cuts, *flips, b"no backup", b"\x1f\x8b no backup"):
        file.write_bytes(content)
        ended = command("restore", str(file), "--data-dir", str(new))
        if ended.code == 0:  # a bit of the file's time, say, is nobody's
            assert command("users", "--data-dir", str(new)).code == 0
            for path in new.iterdir():
                path.unlink()
            new.rmdir()
        else:
            assert ended.code == ExitCode.ERROR and "nothing was restored" in ended.err
        assert not new.exists()
    assert len(cuts) + len(flips) > 10


def test_what_was_there_stays(command: Command, saved: bytes, home: Path, tmp_path: Path) -> None:
    """A directory with a database, or with other files of a server, is as it was before."""
    keyed = tmp_path / "keyed"
    (home / "ca.pem").write_text("of then")
    assert command("backup", str(keyed), "--with-keys").code == 0
    before = (home / "securechat.db").read_bytes()
    assert command("restore", str(keyed)).code == ExitCode.REFUSED
    assert (home / "securechat.db").read_bytes() == before
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    (other / "ca.pem").write_text("of another")
    ended = command("restore", str(keyed), "--data-dir", str(other))
    assert (ended.code, "differs" in ended.err) == (ExitCode.REFUSED, True)
    assert {path.name for path in other.iterdir()} <= {"ca.pem", "securechat.lock"}
    assert (other / "ca.pem").read_text() == "of another"


def test_files_that_were_moved_go_when_the_database_cannot_follow(
    command: Command, saved: bytes, home: Path, new: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys are in their place already then."""
    keyed = tmp_path / "keyed"
    (home / "ca.pem").write_text("of then")
    assert command("backup", str(keyed), "--with-keys").code == 0
    rename = Path.rename

    def failing(path: Path, target: Path) -> Path:
        if Path(target) == new / "securechat.db":
            assert (new / "ca.pem").exists()
            raise OSError(28, "No space left on device")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing)
    ended = command("restore", str(keyed), "--data-dir", str(new))
    assert (ended.code, "nothing was restored" in ended.err) == (ExitCode.ERROR, True)
    assert not new.exists()


@pytest.mark.parametrize("limit", [1000, 100_000])
def test_a_disk_that_is_full_in_the_middle(saved: bytes, new: Path, limit: int) -> None:
    """Whether of the backup or of what is in it."""
    process = restoring(new, limit)
    _, error = process.communicate(saved)
    assert (process.returncode, b"nothing was restored" in error) == (ExitCode.ERROR, True), error
    assert not new.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_in_the_middle(
    command: Command, saved: bytes, new: Path, tmp_path: Path, number: signal.Signals
) -> None:
    """Nothing is left; of what is killed the next restore takes away what it has left."""
    process = restoring(new)
    assert process.stdin is not None and process.stderr is not None
    process.stdin.write(saved[:32] + os.urandom(1 << 21))  # more than a pipe holds: it is reading
    process.stdin.flush()
    process.send_signal(number)
    process.wait()
    process.stdin.close()
    process.stderr.close()
    if number is signal.SIGKILL:
        assert (new / "scratch").is_dir() and not (new / "securechat.db").exists()
        assert command("restore", str(tmp_path / "saved"), "--data-dir", str(new)).code == 0
        assert not (new / "scratch").exists()
        assert "alice" in command("users", "--data-dir", str(new)).out
    else:
        assert process.returncode in (130, 128 + number)
        assert not new.exists()


def test_a_pipe_that_is_no_backup_is_not_read_to_its_end(new: Path) -> None:
    """Its first bytes say so."""
    with Path("/dev/zero").open("rb") as endless:
        arguments = [sys.executable, "-m", "securechat", "restore", "-", "--data-dir", str(new)]
        done = subprocess.run(arguments, stdin=endless, capture_output=True, check=False)
    assert (done.returncode, b"this is no backup" in done.stderr) == (ExitCode.ERROR, True)
    assert not new.exists()
