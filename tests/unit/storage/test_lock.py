"""The data directory: private, and one process at a time."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME, LOCK_NAME, DirectoryBusy, DirectoryLock, prepare_directory

ROOT = Path(__file__).parents[3]


def mode(path: Path) -> int:
    """Return a file's permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_the_lock_excludes_another_holder_and_names_it(tmp_path: Path) -> None:
    """A second lock fails at once with the holder's process id and the directory."""
    with DirectoryLock(tmp_path), pytest.raises(DirectoryBusy) as caught, DirectoryLock(tmp_path):
        pass
    assert caught.value.pid == os.getpid()
    assert str(os.getpid()) in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_the_lock_is_free_after_its_with_block(tmp_path: Path) -> None:
    """Leaving the block, also by an exception, releases the lock; a failed attempt changes nothing."""
    lock = DirectoryLock(tmp_path)
    with lock, pytest.raises(DirectoryBusy), DirectoryLock(tmp_path):
        pass
    with pytest.raises(ZeroDivisionError), lock:
        raise ZeroDivisionError
    with lock:
        pass


def test_a_failed_attempt_leaves_no_descriptor(tmp_path: Path) -> None:
    """Whoever waits for the lock by trying again does not run out of descriptors."""
    with DirectoryLock(tmp_path):
        before = len(list(Path("/proc/self/fd").iterdir()))
        for _ in range(5):
            with pytest.raises(DirectoryBusy), DirectoryLock(tmp_path):
                pass
        assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_the_lock_goes_with_its_process(tmp_path: Path) -> None:
    """A holder that is killed leaves a free lock behind, though its process id is still in the file."""
    code = (
        "import sys; from pathlib import Path; from securechat.storage.lock import DirectoryLock\n"
        "with DirectoryLock(Path(sys.argv[1])):\n"
        "    print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        with pytest.raises(DirectoryBusy, match=f"process {holder.pid}"), DirectoryLock(tmp_path):
            pass
        holder.kill()
        holder.wait()
        with DirectoryLock(tmp_path):
            assert (tmp_path / LOCK_NAME).read_text() == f"{os.getpid()}\n"


def test_a_holder_whose_pid_cannot_be_read_is_still_busy(tmp_path: Path) -> None:
    """Between locking and writing the process id the file is empty, or has something else in it."""
    with DirectoryLock(tmp_path):
        for contents in ("", "²", "-5", "x"):
            (tmp_path / LOCK_NAME).write_text(contents)
            with pytest.raises(DirectoryBusy, match="another process") as caught, DirectoryLock(tmp_path):
                pass
            assert caught.value.pid is None


def test_the_directory_and_the_lock_file_are_private(tmp_path: Path) -> None:
    """A directory that is made gets 0700 and the lock file 0600."""
    path = tmp_path / "one" / "two"
    with DirectoryLock(path):
        assert (mode(path), mode(path / LOCK_NAME)) == (0o700, 0o600)


@pytest.mark.parametrize("name", [None, LOCK_NAME, DATABASE_NAME])
def test_a_directory_of_ours_is_made_private(tmp_path: Path, name: str | None) -> None:
    """An empty directory, and one that has our files, is closed to others."""
    if name is not None:
        (tmp_path / name).touch()
    tmp_path.chmod(0o777)
    prepare_directory(tmp_path)
    assert mode(tmp_path) == 0o700


def test_a_directory_with_other_files_keeps_its_mode(tmp_path: Path) -> None:
    """Somebody's directory is not closed to others because the data is kept in it."""
    (tmp_path / "letter").touch()
    tmp_path.chmod(0o755)
    prepare_directory(tmp_path)
    assert mode(tmp_path) == 0o755


@pytest.mark.parametrize("loose", [0o777, 0o1777, 0o770])
def test_a_directory_that_others_may_write_to_is_refused(tmp_path: Path, loose: int) -> None:
    """In such a directory others could put another database in the place of ours."""
    (tmp_path / "letter").touch()
    tmp_path.chmod(loose)
    with pytest.raises(StorageError, match="directory of its own"):
        prepare_directory(tmp_path)
    assert mode(tmp_path) == loose


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    """The error names the path that is not a directory."""
    path = tmp_path / "file"
    path.touch()
    for wrong in (path, path / "below"):
        with pytest.raises(StorageError, match=str(path)), DirectoryLock(wrong):
            pass


def test_a_link_in_the_place_of_the_lock_file_is_not_followed(tmp_path: Path) -> None:
    """Nobody can have a file of theirs emptied by linking to it."""
    target = tmp_path / "target"
    target.write_text("precious")
    directory = tmp_path / "chat"
    directory.mkdir(mode=0o700)
    (directory / LOCK_NAME).symlink_to(target)
    with pytest.raises(StorageError, match="cannot lock"), DirectoryLock(directory):
        pass
    assert target.read_text() == "precious"
