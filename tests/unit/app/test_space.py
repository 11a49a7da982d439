"""The reserve on the disk: it is noticed, told once, and over when there is some room again."""

import logging
from pathlib import Path

import pytest

from securechat.app.space import MIB, Space, database_files, free_bytes
from securechat.chat.items import DiskSpace


class Disk:
    """A disk whose free space a test sets, in MiB; None is one that does not know it."""

    def __init__(self) -> None:
        self.free: int | None = 100
        self.reserve = 64
        self.told: list[bool] = []
        self.space = Space(Path(), lambda: self.reserve, self._tell, lambda _: self._bytes())

    def look(self, free: int | None) -> list[bool]:
        """Look at the disk; return what was told up to now."""
        self.free = free
        self.space()
        return self.told

    def _bytes(self) -> int | None:
        return None if self.free is None else self.free * MIB

    def _tell(self, item: DiskSpace) -> None:
        self.told.append(item.low)


def test_it_is_told_once_when_it_begins_and_once_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    """And the log has both."""
    disk = Disk()
    with caplog.at_level(logging.INFO):
        assert disk.look(64) == []
        assert disk.look(63) == [True]
        assert disk.look(10) == [True]
        assert disk.look(71) == [True], "an eighth more than the reserve has to be free"
        assert disk.look(72) == [True, False]
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]
    assert "63 MiB are free on the disk, less than storage.reserve (64 MiB)" in caplog.text


def test_a_reload_changes_it() -> None:
    """0 is no reserve."""
    disk = Disk()
    disk.look(63)
    disk.reserve = 0
    assert disk.look(1) == [True, False]


def state(space: Space) -> tuple[object, object]:
    """What `status` says of the room."""
    shown = space.status()
    return shown["disk_free"], shown["disk_low"]


def test_a_file_system_that_does_not_know_its_size_has_room() -> None:
    """Some network file systems do not."""
    disk = Disk()
    assert disk.look(None) == []
    assert state(disk.space) == (None, False)


def test_status_shows_it(tmp_path: Path) -> None:
    """In bytes, with the reserve, and the sizes of the database's files where there are any."""
    disk = Disk()
    disk.look(10)
    assert state(disk.space) == (10 * MIB, True)
    assert disk.space.status()["disk_reserve"] == disk.reserve * MIB
    (tmp_path / "securechat.db").write_bytes(bytes(100))
    assert database_files(tmp_path) == {"database_bytes": 100}
    free = free_bytes(tmp_path)
    assert free is not None and free > 0


def test_a_directory_that_cannot_be_looked_at(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It may have been renamed, or its volume be away: the log says so once, and nothing else changes."""
    directory = tmp_path / "data"
    told: list[DiskSpace] = []
    space = Space(directory, lambda: 1 << 40, told.append)
    for low in (False, True):
        space()
        space()
        assert state(space) == (None, low)
        directory.mkdir()
        space()
        assert space.low
        directory.rmdir()
    lines = [line for line in caplog.messages if "not known" in line]
    assert (
        lines == [f"how much is free on the disk of {directory} is not known: No such file or directory"] * 2
    )
    assert [item.low for item in told] == [True]
