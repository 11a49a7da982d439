"""The script that makes certificates for development."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from securechat.tls.authority import Authority, issue_server
from securechat.tls.context import server_context
from securechat.tls.keys import read_key
from securechat.tls.names import uncovered
from securechat.tls.pins import pin, read_certificates

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "scripts" / "dev_certs.py"


def _run(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The script, run outside the clone by an interpreter that ignores PYTHONPATH."""
    command: list[str | Path] = [sys.executable, "-E", SCRIPT, "--directory", directory, *arguments]
    return subprocess.run(command, cwd=directory.parent, capture_output=True, text=True, check=False)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, list[str]]:
    """A directory filled by the script, and what it printed."""
    result = _run(tmp_path / "certs", "--name", "chat.lan", "--name", "10.0.0.7")
    assert (result.returncode, result.stderr) == (0, "")
    return tmp_path / "certs", result.stdout.splitlines()


def test_first_run(made: tuple[Path, list[str]]) -> None:
    """The first run makes the files for localhost and the names given, and prints the CA's pin."""
    directory, printed = made
    certificate, names = directory / "server.pem", ["localhost", "127.0.0.1", "::1", "chat.lan", "10.0.0.7"]
    server_context(certificate, directory / "server.key", names=names, now=datetime.now(UTC))
    assert [line.split()[0] for line in printed] == ["made", "made", "CA"]
    assert "chat.lan, 10.0.0.7" in printed[1]
    assert printed[2] == f"CA pin: {pin(read_certificates(directory / 'ca.pem')[0])}"


def test_second_run(made: tuple[Path, list[str]]) -> None:
    """The second run says that everything is still good and leaves it alone."""
    directory, printed = made
    before = {path: path.read_bytes() for path in directory.iterdir()}
    lines = _run(directory).stdout.splitlines()
    assert [line.split(" ")[:2] for line in lines[:2]] == [["still", "good"]] * 2
    assert lines[2] == printed[2]
    assert {path: path.read_bytes() for path in directory.iterdir()} == before


def test_run_near_expiry(made: tuple[Path, list[str]]) -> None:
    """A certificate with less than 30 days left is renewed under the same CA."""
    directory, printed = made
    key = read_key(directory / "ca.key")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = Authority(read_certificates(directory / "ca.pem")[0], key)
    old = issue_server(authority, ["localhost"], datetime.now(UTC), days=25)
    path = directory / "server.pem"
    path.write_bytes(old.certificate.public_bytes(Encoding.PEM) + (directory / "ca.pem").read_bytes())
    lines = _run(directory).stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["still", "renewed", "CA"]
    assert lines[2] == printed[2]
    assert not uncovered(read_certificates(path)[0], ["localhost"])


def test_errors_are_for_people(tmp_path: Path) -> None:
    """What the script cannot do is one line on standard error, and code 1."""
    result = _run(tmp_path / "certs", "--name", "two words")
    assert result.returncode == 1
    assert result.stderr.splitlines() == ["dev_certs: 'two words' is neither a host name nor an IP address"]


def test_generated_files_are_ignored() -> None:
    """Git sees of certs/ only its README and the rule itself."""
    lines = (ROOT / "certs" / ".gitignore").read_text().splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["*", "!.gitignore", "!README.md"]
