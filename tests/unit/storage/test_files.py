"""New files that people name: complete or not there, and nothing of theirs is lost."""

import errno
import os
from pathlib import Path

import pytest

from securechat.storage.files import new_file


def _without_links(source: object, target: object) -> None:
    raise OSError(errno.EPERM, "Operation not permitted")


@pytest.fixture(params=["links", "no links"], autouse=True)
def file_system(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with hard links, and one without."""
    if request.param == "no links":
        monkeypatch.setattr(os, "link", _without_links)


def names(directory: Path) -> list[str]:
    """Return what is in a directory."""
    return sorted(path.name for path in directory.iterdir())


def test_a_new_file_is_private_and_complete(tmp_path: Path) -> None:
    """It has its name only in the end, and other files keep theirs."""
    mine = tmp_path / "backup.partial"
    mine.write_text("mine")
    with new_file(tmp_path / "backup") as file:
        file.write(b"all")
        assert not (tmp_path / "backup").exists()
    assert (tmp_path / "backup").read_bytes() == b"all"
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    assert (names(tmp_path), mine.read_text()) == (["backup", "backup.partial"], "mine")


def test_a_file_that_came_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """Whoever was first has the name, and nothing is left of the other."""
    path = tmp_path / "backup"
    with pytest.raises(FileExistsError), new_file(path) as file:
        file.write(b"second")
        path.write_text("first")
    assert (names(tmp_path), path.read_text()) == (["backup"], "first")


def test_a_file_that_could_not_be_written_is_not_there(tmp_path: Path) -> None:
    """Nothing has the name, and nothing is left."""
    with pytest.raises(KeyError), new_file(tmp_path / "backup") as file:
        file.write(b"half")
        raise KeyError
    assert names(tmp_path) == []
