"""Running commands in this process, with a home of their own and the cheapest passwords."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from securechat.cli.app import run

Command = Callable[..., "Ended"]


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code and what it wrote."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Be a user with an empty home directory; return where this user's data directory is by default."""
    for name in os.environ:
        if name.startswith("SECURECHAT_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "share"))
    monkeypatch.setenv("SECURECHAT_AUTH__ARGON2__TIME_COST", "2")
    monkeypatch.setenv("SECURECHAT_AUTH__ARGON2__MEMORY_COST", "19456")
    return tmp_path / "share" / "securechat"


@pytest.fixture
def command(home: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Iterator[Command]:
    """Run `securechat ARGUMENTS…`; `stdin` is what standard input holds."""
    kept = os.dup(0)

    def run_command(*arguments: str, stdin: str = "") -> Ended:
        text = tmp_path / "stdin"
        text.write_text(stdin, encoding="utf-8", newline="")
        with text.open("rb") as stream:
            os.dup2(stream.fileno(), 0)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            run(arguments)
        written = capfd.readouterr()
        return Ended(int(ended.value.code or 0), written.out, written.err)

    yield run_command
    os.dup2(kept, 0)
    os.close(kept)
