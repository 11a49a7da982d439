"""The servers that securechat is compared with, as the distribution ships them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from . import configurations
from .plan import Target
from .servers import (
    HOST,
    Certificates,
    Running,
    ServerError,
    first_line,
    found,
    free_port,
    reachable,
    spawn,
    which,
)


class Ngircd:
    """ngIRCd, as the distribution ships it."""

    name = "ngircd"
    differs = "C, GnuTLS; stores no messages, asks for no account; its queue per member is fixed"

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return "" if which("ngircd") else "ngircd is not installed (Debian: apt-get install ngircd)"

    def version(self) -> str:
        """The first line that it prints about itself."""
        return first_line([found("ngircd"), "--version"])

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it with fresh state in an empty directory. Raises ServerError."""
        port = free_port()
        snippets = directory / "snippets"
        snippets.mkdir()
        file = directory / "ngircd.conf"
        file.write_text(configurations.ngircd(port, certificates.chain, certificates.key, snippets))
        child = spawn([found("ngircd"), "--nodaemon", "--config", str(file)], directory)
        return reachable(child, Target(HOST, port, str(certificates.ca), logins_at_once=8), directory)


class Inspircd:
    """InspIRCd, as the distribution ships it."""

    name = "inspircd"
    differs = "C++, GnuTLS; stores no messages, asks for no account"

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        return "" if which("inspircd") else "inspircd is not installed (Debian: apt-get install inspircd)"

    def version(self) -> str:
        """The first line that it prints about itself."""
        return first_line([found("inspircd"), "--version"])

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it with fresh state in an empty directory. Raises ServerError."""
        port = free_port()
        file = directory / "inspircd.conf"
        file.write_text(configurations.inspircd(port, certificates.chain, certificates.key))
        root = ["--runasroot"] if os.geteuid() == 0 else []
        child = spawn([found("inspircd"), f"--config={file}", "--nofork", "--nopid", *root], directory)
        # It completes registrations once a second, however many there are.
        return reachable(child, Target(HOST, port, str(certificates.ca), logins_at_once=100), directory)


class Ergo:
    """Ergo, which newer distributions ship as ergochat; `ERGO=/path/to/ergo` names one that was unpacked."""

    name = "ergo"
    differs = "Go; keeps messages in memory, asks for no account; members get messages in different orders"

    def missing(self) -> str:
        """Why it cannot take part here; empty when it can."""
        known = self._program()
        return "" if known else "ergo is not installed (newer Debian: ergochat), and ERGO names none"

    def version(self) -> str:
        """The first line that it prints about itself."""
        return first_line([self._found(), "--version"])

    def start(self, directory: Path, certificates: Certificates) -> Running:
        """Start it with fresh state in an empty directory. Raises ServerError."""
        port = free_port()
        file = directory / "ergo.yaml"
        languages = Path(self._found()).resolve().parents[1] / "share" / "ergochat" / "languages"
        file.write_text(
            configurations.ergo(port, certificates.chain, certificates.key, directory / "ergo.db", languages)
        )
        made = subprocess.run(
            [self._found(), "initdb", "--conf", str(file), "--quiet"],
            cwd=directory,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise ServerError(f"ergo initdb failed ({made.returncode}): {made.stderr.strip()[-800:]}")
        child = spawn([self._found(), "run", "--conf", str(file)], directory)
        return reachable(
            child, Target(HOST, port, str(certificates.ca), logins_at_once=50, one_order=False), directory
        )

    @staticmethod
    def _program() -> str | None:
        return os.environ.get("ERGO") or which("ergochat") or which("ergo")

    def _found(self) -> str:
        program = self._program()
        if program is None:
            raise ServerError(self.missing())
        return program
