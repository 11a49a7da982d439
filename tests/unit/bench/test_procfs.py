"""Reading CPU times from /proc."""

import os
from pathlib import Path

import pytest

from scripts.bench.ircbench.procfs import busy_seconds, cpu_seconds, filesystem_of, memory_bytes, parse_stat

TICKS = os.sysconf("SC_CLK_TCK")


def stat_line(pid: int, parent: int, user: int, system: int, name: str = "server") -> str:
    """A line as in /proc/PID/stat."""
    return f"{pid} ({name}) S {parent} 1 1 0 -1 0 0 0 0 0 {user} {system} 900 900 20 0 1 0 5 0 0\n"


def make_process(root: Path, pid: int, parent: int, user: int, system: int) -> None:
    """A process with CPU times in ticks."""
    (root / str(pid)).mkdir()
    (root / str(pid) / "stat").write_text(stat_line(pid, parent, user, system))


def test_a_name_with_parentheses_is_skipped() -> None:
    """The command name may look like fields."""
    assert parse_stat(stat_line(5, 3, 20, 4, name="a) R 9 (b c")) == (3, 24)


def test_descendants_count(tmp_path: Path) -> None:
    """The time of a server is that of its process and everything below it, and of nothing else."""
    make_process(tmp_path, 10, 1, 2 * TICKS, 0)
    make_process(tmp_path, 11, 10, TICKS, TICKS)
    make_process(tmp_path, 12, 11, 0, TICKS)
    make_process(tmp_path, 13, 1, 99 * TICKS, 0)
    (tmp_path / "self").mkdir()
    assert cpu_seconds(10, tmp_path) == 5.0


def test_a_server_that_has_ended_is_an_error(tmp_path: Path) -> None:
    """No process, no figure."""
    with pytest.raises(ProcessLookupError, match="10"):
        cpu_seconds(10, tmp_path)


def test_idle_time_is_not_busy(tmp_path: Path) -> None:
    """Idle and waiting for disks do not count; interrupts and stolen time do."""
    numbers = [number * TICKS for number in (1, 2, 4, 1000, 1000, 8, 16, 32, 5, 5)]
    (tmp_path / "stat").write_text("cpu  " + " ".join(map(str, numbers)) + "\ncpu0 1 1\n")
    assert busy_seconds(tmp_path) == 63.0


def test_the_innermost_file_system_holds_a_directory(tmp_path: Path) -> None:
    """Of nested mount points the longest counts; a name that only begins alike does not."""
    (tmp_path / "self").mkdir()
    (tmp_path / "self" / "mounts").write_text(
        f"a / ext4 rw 0 0\nb {tmp_path} tmpfs rw 0 0\nc {tmp_path}/my\\040disk xfs rw 0 0\n"
    )
    assert filesystem_of(tmp_path / "my disk" / "x", tmp_path) == "xfs"
    assert filesystem_of(tmp_path / "my disk2", tmp_path) == "tmpfs"
    assert filesystem_of(Path("/"), tmp_path) == "ext4"


def test_nanoseconds_count_where_the_kernel_has_them(tmp_path: Path) -> None:
    """The sum over all threads; ticks would be zero in a short round."""
    make_process(tmp_path, 10, 1, 0, 0)
    for thread, spent in ((10, 1_500_000), (11, 2_500_000)):
        (tmp_path / "10" / "task" / str(thread)).mkdir(parents=True)
        (tmp_path / "10" / "task" / str(thread) / "schedstat").write_text(f"{spent} 77 5\n")
    assert cpu_seconds(10, tmp_path) == pytest.approx(0.004)


def test_only_private_memory_is_a_server_s_own(tmp_path: Path) -> None:
    """What a process shares with others does not count."""
    (tmp_path / "10").mkdir()
    (tmp_path / "10" / "smaps_rollup").write_text(
        "Rss: 900 kB\nShared_Clean: 700 kB\nPrivate_Clean: 50 kB\nPrivate_Dirty: 150 kB\n"
    )
    assert memory_bytes(10, tmp_path) == 200 * 1024
    with pytest.raises(ProcessLookupError, match="11"):
        memory_bytes(11, tmp_path)
