"""What the doctor asks of the machine: each question once, so that a test can answer in its place."""

import ctypes
import os
import resource
import socket
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Final

_SECONDS: Final = 5.0
_TIMEX_BYTES: Final = 512
_STATUS_AT: Final = 5 * ctypes.sizeof(ctypes.c_long)
_UNSYNCHRONISED: Final = 0x40


def now() -> datetime:
    """The present instant."""
    return datetime.now(UTC)


def is_synchronised() -> bool | None:
    """Return whether the kernel's clock is kept right by somebody; None where it does not say."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)  # modes = 0: it is only read (adjtimex(2))
    with suppress(OSError, AttributeError):
        if ctypes.CDLL(None).adjtimex(timex) >= 0:
            status = ctypes.c_int.from_buffer(timex, _STATUS_AT).value
            return not status & _UNSYNCHRONISED
    return None


def file_system_of(path: Path) -> str:
    """Return the kind of the file system that a path is on, "" where that is not known."""
    device = os.stat(path).st_dev  # noqa: PTH116 (a number is compared)
    wanted = f"{os.major(device)}:{os.minor(device)}"
    found = ""
    with suppress(OSError), Path("/proc/self/mountinfo").open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            fields, _, rest = line.partition(" - ")
            if fields.split(" ")[2] == wanted:
                found = rest.split(" ")[0]
    return found


def resolve(name: str) -> Sequence[str]:
    """Return the addresses of a host name. Raises OSError, also when nobody answers within some seconds."""
    found: list[str] = []
    problems: list[OSError] = []

    def ask() -> None:
        try:
            found.extend(
                str(entry[4][0]) for entry in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
            )
        except OSError as error:
            problems.append(error)

    # The resolver's own patience is longer, and nothing can end its call: the process need not wait for it.
    thread = Thread(target=ask, daemon=True)
    thread.start()
    thread.join(_SECONDS)
    if problems:
        raise problems[0]
    if not found:
        raise OSError(0, f"no name server answered within {_SECONDS:.0f} s")
    return list(dict.fromkeys(found))


def open_files_limit(pid: int | None) -> int | None:
    """Return how many files a process (None: this one) may have open at most; None for no limit."""
    try:
        hard = resource.prlimit(pid or os.getpid(), resource.RLIMIT_NOFILE)[1]
    except (PermissionError, ProcessLookupError):  # another user's: this one's limit is the best guess
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    return None if hard == resource.RLIM_INFINITY else hard


def file_size_limit() -> int | None:
    """Return how large a file may become that this user writes; None for no limit."""
    soft = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if soft == resource.RLIM_INFINITY else soft


def memory() -> int | None:
    """Return how many bytes of memory there are for this process: the machine's, or its control group's."""
    sizes = []
    with suppress(OSError, ValueError):
        sizes.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    with suppress(OSError, ValueError):
        sizes.append(int(Path("/sys/fs/cgroup/memory.max").read_text(encoding="ascii")))
    return min(sizes, default=None)


def users_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the processes that have a file open, and their names; only those that this user may look at."""
    try:
        wanted = path.stat()
    except OSError:
        return
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and _has_open(process / "fd", (wanted.st_dev, wanted.st_ino)):
            name = "?"
            with suppress(OSError):
                name = (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
            yield int(process.name), name


def _has_open(descriptors: Path, wanted: tuple[int, int]) -> bool:
    with suppress(OSError):
        for descriptor in descriptors.iterdir():
            with suppress(OSError):
                found = descriptor.stat()
                if (found.st_dev, found.st_ino) == wanted:
                    return True
    return False


def is_socket_ours() -> bool:
    """Return whether systemd listens for the server (securechat.socket), also while that does not run."""
    command = ["systemctl", "is-active", "--quiet", "securechat.socket"]
    try:
        return not subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False).returncode
    except (OSError, subprocess.TimeoutExpired):
        return False


def sqlite_version() -> tuple[int, ...]:
    """Return the version of the SQLite that this program uses."""
    return sqlite3.sqlite_version_info


@dataclass(frozen=True, slots=True)
class World:
    """The machine, question by question."""

    now: Callable[[], datetime] = now
    is_synchronised: Callable[[], bool | None] = is_synchronised
    file_system_of: Callable[[Path], str] = file_system_of
    resolve: Callable[[str], Sequence[str]] = resolve
    open_files_limit: Callable[[int | None], int | None] = open_files_limit
    file_size_limit: Callable[[], int | None] = file_size_limit
    memory: Callable[[], int | None] = memory
    users_of: Callable[[Path], Iterator[tuple[int, str]]] = users_of
    is_socket_ours: Callable[[], bool] = is_socket_ours
    sqlite_version: Callable[[], tuple[int, ...]] = sqlite_version
    space: Callable[[Path], os.statvfs_result] = os.statvfs
