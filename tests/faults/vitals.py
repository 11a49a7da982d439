"""What the kernel says about a process: memory, descriptors, processor time, threads."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

_TICK: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Vitals:
    """Memory in KiB, processor time in seconds."""

    memory: int
    peak: int
    descriptors: int
    threads: int
    seconds: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Look at a process."""
        place = Path(f"/proc/{pid}")
        status = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
        times = (place / "stat").read_text().rpartition(")")[2].split()
        return cls(
            memory=int(status["VmRSS"].split()[0]),
            peak=int(status["VmHWM"].split()[0]),
            descriptors=sum(1 for _ in (place / "fd").iterdir()),
            threads=int(status["Threads"]),
            seconds=(int(times[11]) + int(times[12])) / _TICK,
        )


def reset_peak(pid: int) -> None:
    """Let the peak of the memory begin at what it is now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
