"""Paths that cannot be used: every command names them, says why in words, and ends with an error.

As root nothing is closed to the tests, so what cannot be read is a file whose reading fails.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.unit.conftest import Command, Ended

P = "PATH"
"""Stands for the path in the arguments below."""
READS: Mapping[str, Sequence[str]] = {
    "restore": ("restore", P, "--data-dir", "NEW"),
    "restore --check": ("restore", P, "--check"),
    "import": ("import", P),
    "users import": ("users", "import", P),
    "adduser --password-file": ("adduser", "bob", "--password-file", P),
    "backup --passphrase-file": ("backup", "NEW", "--passphrase-file", P),
    "certs show": ("certs", "show", "--cert", P),
    "certs install": ("certs", "install", "--cert", P, "--key", P),
    "certs acme --ca": (
        *("certs", "acme", "--name", "chat.test", "--agree-terms"),
        *("--directory", "https://127.0.0.1:1/", "--ca", P),
    ),
    "send --ca": ("send", "bob", "hi", "--host", "127.0.0.1:1", "--user", "alice", "--ca", P),
    "send --password-file": (
        *("send", "bob", "hi", "--host", "127.0.0.1:1", "--pin", f"sha256:{'A' * 43}"),
        *("--user", "alice", "--password-file", P),
    ),
}
"""Commands that read a file."""
CONFIGURED: Mapping[str, Sequence[str]] = {
    "config check": ("config", "check", P),
    "users --config": ("users", "--config", P),
}
"""Commands that read a file which may be empty."""
WRITES: Mapping[str, Sequence[str]] = {
    "backup": ("backup", P),
    "export": ("export", P, "--all"),
    "adduser --save": ("adduser", "bob", "--generate", "--save", P),
    "devices add --save": ("devices", "add", "alice", "phone", "--save", P),
}
"""Commands that make a file; a backup may be in a directory."""
PLACES: Mapping[str, Sequence[str]] = {
    "status --data-dir": ("status", "--data-dir", P),
    "backup --scratch": ("backup", "NEW", "--scratch", P),
    "doctor --data-dir": ("doctor", "--data-dir", P),
}
"""Commands that need a directory."""


@pytest.fixture
def kinds(tmp_path: Path) -> dict[str, Path]:
    """Paths of every kind."""
    place = tmp_path / "kinds"
    (place / "directory").mkdir(parents=True)
    (place / "empty").touch()
    (place / "loop").symlink_to("loop")
    os.mkfifo(place / "fifo")
    return {
        "absent": place / "absent",
        "deep": place / "absent" / "x",
        "beneath a file": place / "empty" / "x",
        "loop": place / "loop",
        "long": place / ("n" * 300),
        "directory": place / "directory",
        "empty": place / "empty",
        "broken": Path("/proc/self/mem"),
        "fifo": place / "fifo",
    }


@contextmanager
def nobody_writes(fifo: Path) -> Iterator[None]:
    """Have whoever reads a FIFO find its end."""
    writer = threading.Thread(target=lambda: os.close(os.open(fifo, os.O_WRONLY)))
    writer.start()
    yield
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)  # until the writer has come, where nobody has read it
    writer.join()
    os.close(reader)


def check(ended: Ended, path: Path, kind: str) -> None:
    """See that it failed, with a text for people that says of which path and why."""
    told = ended.err + ended.out
    assert ended.code in (1, 2, 4, 5, 6), (kind, ended)
    named = str(path.parent if kind.endswith(("deep", "beneath a file")) else path)
    # Of one that is empty it is what is missing in it that is told.
    assert named in told or path.name in ("empty", "fifo"), (kind, ended)
    assert "[Errno" not in told and "Traceback" not in told, (kind, ended)


def given(arguments: Sequence[str], path: Path, new: Path) -> list[str]:
    """Put the paths into the arguments."""
    return [{P: str(path), "NEW": str(new)}.get(word, word) for word in arguments]


GROUPS: Mapping[str, tuple[Mapping[str, Sequence[str]], Sequence[str]]] = {
    "what is read": (READS, ()),
    "configurations": (CONFIGURED, ("empty", "fifo")),
    "what is made": (WRITES, ("absent",)),
    "directories": (PLACES, ("directory",)),
}
"""Commands, and the kinds of paths that they can use."""


@pytest.mark.parametrize("group", GROUPS)
def test_a_path_that_cannot_be_used_is_named(
    command: Command, kinds: Mapping[str, Path], tmp_path: Path, group: str
) -> None:
    """Whatever is wrong with it."""
    assert command("adduser", "alice", "--generate").code == 0
    commands, usable = GROUPS[group]
    for name, arguments in commands.items():
        for kind, path in kinds.items():
            if kind not in usable and (name, kind) != ("backup", "directory"):
                with nobody_writes(kinds["fifo"]):
                    ended = command(*given(arguments, path, tmp_path / "new"))
                check(ended, path, f"{name}: {kind}")
