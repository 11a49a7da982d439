"""CPU time as the kernel counts it (Linux, /proc): of a server, and of the whole machine."""

from __future__ import annotations

import os
from pathlib import Path


def parse_stat(line: str) -> tuple[int, int]:
    """The parent's id and the CPU time in ticks (user and system) from a line of /proc/PID/stat.

    The command name, in parentheses, may itself contain spaces and parentheses.
    """
    fields = line.rpartition(")")[2].split()
    return int(fields[1]), int(fields[11]) + int(fields[12])


def cpu_seconds(pid: int, root: Path = Path("/proc")) -> float:
    """User and system CPU seconds of a running process, all its threads and its living descendants.

    Exact where the kernel counts nanoseconds (schedstat), though without threads that have ended; a tick is
    10 ms, which is more than many a short round takes.

    Raises ProcessLookupError when the process is gone.
    """
    stats: dict[int, tuple[int, int]] = {}
    for entry in root.iterdir():
        if entry.name.isdigit():
            try:
                stats[int(entry.name)] = parse_stat((entry / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue
    if pid not in stats:
        raise ProcessLookupError(f"the server (process {pid}) has ended")
    family = {pid}
    while grown := {child for child, (parent, _) in stats.items() if parent in family} - family:
        family |= grown
    return sum(_spent(root / str(member), stats[member][1]) for member in family)


def _spent(process: Path, ticks: int) -> float:
    """CPU seconds of a process: the sum over its threads, else what its ticks say."""
    try:
        counts = [(task / "schedstat").read_text().split()[0] for task in (process / "task").iterdir()]
    except (FileNotFoundError, ProcessLookupError):
        return ticks / os.sysconf("SC_CLK_TCK")
    return sum(map(int, counts)) / 1e9


def busy_seconds(root: Path = Path("/proc")) -> float:
    """CPU seconds that all processors were busy since the start, with what a hypervisor took away."""
    fields = [int(field) for field in (root / "stat").read_text().partition("\n")[0].split()[1:9]]
    user, nice, system, _idle, _iowait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def filesystem_of(directory: Path, root: Path = Path("/proc")) -> str:
    """The type of the file system that holds a directory, "unknown" when it cannot be told."""
    mounts = [line.split(" ") for line in (root / "self" / "mounts").read_text().splitlines()]
    # A mount point's spaces are written as \040; the longest mount point above the directory holds it.
    holding = [
        (len(point), kind)
        for _, name, kind, *_ in mounts
        if directory.resolve().is_relative_to(point := name.replace("\\040", " "))
    ]
    return max(holding)[1] if holding else "unknown"


def memory_bytes(pid: int, root: Path = Path("/proc")) -> int:
    """Bytes of memory that are a process's own (private, clean and dirty), without what it shares.

    Raises ProcessLookupError when the process is gone.
    """
    try:
        text = (root / str(pid) / "smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(f"the server (process {pid}) has ended") from None
    sizes = [line.split() for line in text.splitlines() if line.startswith("Private_")]
    return sum(1024 * int(fields[1]) for fields in sizes)


def resident_bytes(pid: int, root: Path = Path("/proc")) -> tuple[int, int]:
    """Bytes of memory that a process has now, and the most that it had so far.

    Raises ProcessLookupError when the process is gone.
    """
    try:
        text = (root / str(pid) / "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        raise ProcessLookupError(f"the server (process {pid}) has ended") from None
    sizes = dict(line.split(":", 1) for line in text.splitlines())
    now, most = (1024 * int(sizes[name].split()[0]) for name in ("VmRSS", "VmHWM"))
    return now, most
