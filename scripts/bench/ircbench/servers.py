"""What all servers that are compared have in common: how each is started on 127.0.0.1, and stopped.

Each runs in a directory of its own.

Only processes that were started here are ended, by their id.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from .plan import Target
from .procfs import cpu_seconds, memory_bytes

HOST = "127.0.0.1"
START_LIMIT = 60.0
"""Seconds that a server may take to accept connections (ngIRCd computes Diffie-Hellman parameters first)."""

STOP_LIMIT = 15.0
REPOSITORY = Path(__file__).resolve().parents[3]


class ServerError(Exception):
    """A server did not start, or ended by itself."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections."""

    target: Target
    child: subprocess.Popen[bytes]
    directory: Path

    def cpu(self) -> float:
        """CPU seconds so far. Raises ProcessLookupError when the server is gone."""
        return cpu_seconds(self.child.pid)

    def memory(self) -> int:
        """Bytes of memory that it holds for itself. Raises ProcessLookupError when the server is gone."""
        return memory_bytes(self.child.pid)

    def stop(self) -> None:
        """End the server: SIGTERM, after 15 s SIGKILL."""
        end(self.child)

    def last_words(self) -> str:
        """The end of what it wrote, for the error of a run that failed."""
        return _tail(self.directory)


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files: the CA, the server's chain and the server's key; the same for every server."""

    ca: Path
    chain: Path
    key: Path


def make_certificates(directory: Path) -> Certificates:
    """Make them with scripts/dev_certs.py. Raises ServerError."""
    command = [sys.executable, str(REPOSITORY / "scripts" / "dev_certs.py"), "--directory", str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=START_LIMIT)
    if done.returncode:
        raise ServerError(f"no certificates ({done.returncode}): {done.stderr.strip()[-800:]}")
    return Certificates(directory / "ca.pem", directory / "server.pem", directory / "server.key")


class Contestant(Protocol):
    """A server that takes part."""

    name: str
    differs: str
    """What it does more or less than the others, for the report."""

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""

    def version(self) -> str:
        """The installed version, as the program names it."""

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it with fresh state in an empty directory. Raises ServerError."""


def free_port() -> int:
    """A TCP port on loopback that is free now."""
    with closing(socket.create_server((HOST, 0))) as listener:
        return int(listener.getsockname()[1])


def end(child: subprocess.Popen[bytes]) -> None:
    """End a process that was started here: SIGTERM, then SIGKILL."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(STOP_LIMIT)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if child.stdout is not None:
        child.stdout.close()


def which(program: str) -> str | None:
    return shutil.which(
        program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    )


def found(program: str) -> str:
    path = which(program)
    if path is None:
        raise ServerError(f"{program} is not installed")
    return path


def first_line(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=START_LIMIT)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown version"


def spawn(
    command: list[str], directory: Path, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own: Ctrl+C reaches only the benchmark, which then stops it."""
    with (directory / "log").open("wb") as log, (directory / "stdout").open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            env=environment,
            start_new_session=True,
        )


def reachable(child: subprocess.Popen[bytes], target: Target, directory: Path) -> Running:
    def accepts() -> int | None:
        try:
            with closing(socket.create_connection((target.host, target.port), timeout=1)):
                return target.port
        except ConnectionRefusedError:
            return None

    _wait(child, directory, accepts)
    return Running(target, child, directory)


def announced_port(child: subprocess.Popen[bytes], directory: Path) -> int:
    def announced() -> int | None:
        line, end, _ = (directory / "stdout").read_text().partition("\n")
        return int(line.rpartition(":")[2]) if end and line.startswith("listening on ") else None

    return _wait(child, directory, announced)


def _wait(child: subprocess.Popen[bytes], directory: Path, ready: Callable[[], int | None]) -> int:
    """Ask `ready` until it gives a port. Ends the server and raises ServerError when it does not in time."""
    deadline = time.monotonic() + START_LIMIT
    try:
        while (port := ready()) is None:
            if child.poll() is not None:
                raise ServerError(f"it ended at once with {_outcome(child.returncode)}: {_tail(directory)}")
            if time.monotonic() > deadline:
                raise ServerError(f"it accepts no connections after {START_LIMIT:g} s: {_tail(directory)}")
            time.sleep(0.05)
    except BaseException:
        end(child)
        raise
    return port


def _outcome(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _tail(directory: Path) -> str:
    texts = [(directory / name).read_text(errors="replace").strip() for name in ("log", "stdout")]
    return " / ".join(text[-800:] for text in texts if text) or "it printed nothing"
