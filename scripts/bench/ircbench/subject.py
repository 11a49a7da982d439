"""securechat itself, as a server that takes part."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from . import configurations
from .plan import Account, Target
from .servers import (
    HOST,
    REPOSITORY,
    START_LIMIT,
    Certificates,
    Running,
    ServerError,
    announced_port,
    first_line,
    spawn,
)

ACCOUNTS = Path(__file__).with_name("accounts.py")
"""The program that makes the accounts."""


class Securechat:
    """The securechat of this repository, run by this interpreter."""

    differs = "Python, OpenSSL; every member logs in, every message is on disk (fsync) before anybody gets it"

    def __init__(
        self,
        accounts: int,
        workers: int | None,
        note: Callable[[str], None],
        name: str = "securechat",
        tree: Path = REPOSITORY,
        python: str = sys.executable,
    ) -> None:
        """With a number of accounts that the members share; `note` is told about slow steps.

        `tree` is the clone that runs, `python` its interpreter.
        """
        self.name = name
        self._tree = tree
        self._python = python
        self._accounts = accounts
        self.passwords: tuple[Account, ...] = ()
        """The accounts with their passwords, whose hashes take time; members log in with a token of each."""
        self._tokens: tuple[Account, ...] = ()
        self._workers = workers
        self._note = note
        self._prepared: Path | None = None

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return (
            "" if (self._tree / "securechat" / "__main__.py").is_file() else f"no securechat/ in {self._tree}"
        )

    def version(self) -> str:
        """The first line that it prints about itself."""
        return first_line(self._command("--version"), self._environment())

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it on a copy of a data directory with the accounts, made once. Raises ServerError."""
        config = directory / "securechat.toml"
        config.write_text(configurations.securechat(self._workers))
        if self._prepared is None:
            self._prepared = self._make_accounts(directory.parent / f"{self.name}-accounts", config)
        state = directory / "state"
        shutil.copytree(self._prepared, state)
        child, port = serve(config, state, directory, certificates, self._python, self._tree)
        return Running(Target(HOST, port, str(certificates.ca), 50, self._tokens), child, directory)

    def _make_accounts(self, state: Path, config: Path) -> Path:
        self._note(f"making {self._accounts} accounts for {self.name}")
        state.mkdir(mode=0o700)
        done = subprocess.run(
            [
                self._python,
                str(ACCOUNTS),
                str(state),
                str(config),
                *(f"bench{i:03d}" for i in range(self._accounts)),
            ],
            text=True,
            capture_output=True,
            env=self._environment(),
            timeout=START_LIMIT,
        )
        if done.returncode:
            raise ServerError(f"no accounts for {self.name}: {done.stderr.strip()[-800:]}")
        made = [line.split() for line in done.stdout.splitlines()]
        self.passwords = tuple(Account(name, password) for name, password, _ in made)
        self._tokens = tuple(Account(name, token) for name, _, token in made)
        return state

    def _command(self, *arguments: str) -> list[str]:
        return [self._python, "-m", "securechat", *arguments]

    def _environment(self) -> dict[str, str]:
        return environment(self._tree)


def environment(tree: Path) -> dict[str, str]:
    """The environment in which the securechat of a clone runs."""
    path = os.pathsep.join(filter(None, [str(tree), os.environ.get("PYTHONPATH", "")]))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SECURECHAT_")}
    return {**kept, "PYTHONPATH": path}


def serve(
    config: Path,
    state: Path,
    directory: Path,
    certificates: Certificates,
    python: str = sys.executable,
    tree: Path = REPOSITORY,
) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server on a data directory; return it with its port. Raises ServerError.

    What it prints goes to files in `directory`.
    """
    command = [python, "-m", "securechat", "server", "--config", str(config), "--data-dir", str(state)]
    command += ["--host", HOST, "--port", "0"]
    command += ["--cert", str(certificates.chain), "--key", str(certificates.key)]
    child = spawn(command, directory, environment(tree))
    return child, announced_port(child, directory)
