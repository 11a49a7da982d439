"""The servers that are compared: how each is found, started on 127.0.0.1, and stopped.

Each runs in a directory of its own.

Only processes that were started here are ended, by their id.
"""

from __future__ import annotations

import os
import secrets
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

from . import configurations
from .plan import Account, Target
from .procfs import cpu_seconds

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


class Ngircd:
    """ngIRCd, as the distribution ships it."""

    name = "ngircd"
    differs = "C, GnuTLS; stores no messages, asks for no account; its queue per member is fixed"

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return "" if _which("ngircd") else "ngircd is not installed (Debian: apt-get install ngircd)"

    def version(self) -> str:
        """The first line that it prints about itself."""
        return _first_line([_found("ngircd"), "--version"])

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it with fresh state in an empty directory. Raises ServerError."""
        port = free_port()
        snippets = directory / "snippets"
        snippets.mkdir()
        file = directory / "ngircd.conf"
        file.write_text(configurations.ngircd(port, certificates.chain, certificates.key, snippets))
        child = _spawn([_found("ngircd"), "--nodaemon", "--config", str(file)], directory)
        return _reachable(child, Target(HOST, port, str(certificates.ca), logins_at_once=8), directory)


class Inspircd:
    """InspIRCd, as the distribution ships it."""

    name = "inspircd"
    differs = "C++, GnuTLS; stores no messages, asks for no account"

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return "" if _which("inspircd") else "inspircd is not installed (Debian: apt-get install inspircd)"

    def version(self) -> str:
        """The first line that it prints about itself."""
        return _first_line([_found("inspircd"), "--version"])

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it with fresh state in an empty directory. Raises ServerError."""
        port = free_port()
        file = directory / "inspircd.conf"
        file.write_text(configurations.inspircd(port, certificates.chain, certificates.key))
        root = ["--runasroot"] if os.geteuid() == 0 else []
        child = _spawn([_found("inspircd"), f"--config={file}", "--nofork", "--nopid", *root], directory)
        # It completes registrations once a second, however many there are.
        return _reachable(child, Target(HOST, port, str(certificates.ca), logins_at_once=100), directory)


class Securechat:
    """The securechat of this repository, run by this interpreter."""

    name = "securechat"
    differs = "Python, OpenSSL; every member logs in, every message is on disk (fsync) before it is delivered"

    def __init__(self, accounts: int, workers: int | None, note: Callable[[str], None]) -> None:
        """With a number of accounts that the members share; `note` is told about slow steps."""
        self._accounts = tuple(Account(f"bench{i:03d}", secrets.token_urlsafe(12)) for i in range(accounts))
        self._workers = workers
        self._note = note
        self._prepared: Path | None = None

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return (
            "" if (REPOSITORY / "securechat" / "__main__.py").is_file() else f"no securechat/ in {REPOSITORY}"
        )

    def version(self) -> str:
        """The first line that it prints about itself."""
        return _first_line(_securechat("--version"), _environment())

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it on a copy of a data directory with the accounts, made once. Raises ServerError."""
        config = directory / "securechat.toml"
        config.write_text(configurations.securechat(self._workers))
        if self._prepared is None:
            self._prepared = self._make_accounts(directory.parent / "accounts", config)
        state = directory / "state"
        shutil.copytree(self._prepared, state)
        command = _securechat("server", "--config", str(config), "--data-dir", str(state))
        command += [
            "--host",
            HOST,
            "--port",
            "0",
            "--cert",
            str(certificates.chain),
            "--key",
            str(certificates.key),
        ]
        child = _spawn(command, directory, _environment())
        port = _announced_port(child, directory)
        return Running(Target(HOST, port, str(certificates.ca), 8, self._accounts), child, directory)

    def _make_accounts(self, state: Path, config: Path) -> Path:
        self._note(f"making {len(self._accounts)} accounts")
        state.mkdir(mode=0o700)
        for account in self._accounts:
            command = _securechat("adduser", account.name, "--password-stdin", "--data-dir", str(state))
            done = subprocess.run(
                [*command, "--config", str(config)],
                input=account.password + "\n",
                text=True,
                capture_output=True,
                env=_environment(),
                timeout=START_LIMIT,
            )
            if done.returncode:
                reason = done.stderr.strip()[-800:]
                raise ServerError(f"adduser {account.name} failed ({done.returncode}): {reason}")
        return state


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


def _securechat(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "securechat", *arguments]


def _environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH", "")]))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SECURECHAT_")}
    return {**kept, "PYTHONPATH": path}


def _which(program: str) -> str | None:
    return shutil.which(
        program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    )


def _found(program: str) -> str:
    path = _which(program)
    if path is None:
        raise ServerError(f"{program} is not installed")
    return path


def _first_line(command: list[str], environment: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=START_LIMIT)
    lines = (done.stdout or done.stderr).strip().splitlines()
    return lines[0] if lines else "unknown version"


def _spawn(
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


def _reachable(child: subprocess.Popen[bytes], target: Target, directory: Path) -> Running:
    def accepts() -> int | None:
        try:
            with closing(socket.create_connection((target.host, target.port), timeout=1)):
                return target.port
        except ConnectionRefusedError:
            return None

    _wait(child, directory, accepts)
    return Running(target, child, directory)


def _announced_port(child: subprocess.Popen[bytes], directory: Path) -> int:
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
