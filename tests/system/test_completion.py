"""Tab in real shells: profiles, channels and people, at the first press."""

import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from securechat.client.account.profiles import Profile, Profiles
from securechat.client.address import Address
from securechat.client.kept.bookmark_file import BookmarkFile
from securechat.client.paths import places
from securechat.client.protocol.history import Bookmarks
from tests.system.server_process import DEADLINE, clean_environment

_REPOSITORY = Path(__file__).parents[2]
_PROGRAM = f"""#!/bin/sh
case "$_SECURECHAT_COMPLETE$1" in
    complete* | --install*) exec {sys.executable} -m securechat "$@" ;;
    *) echo "CALLED $*" ;;
esac
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with a profile and what it knows; the program says with what it is called."""
    program = tmp_path / "bin" / "securechat"
    program.parent.mkdir()
    program.write_text(_PROGRAM)
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    found = clean_environment(tmp_path, {"PATH": path, "PYTHONPATH": str(_REPOSITORY), "TERM": "xterm"})
    where = places(found)
    Profiles(where).use(Profile("", Address("busy.test"), "alice"))
    BookmarkFile(where.bookmarks).store(Address("busy.test"), "alice", Bookmarks(1, {"#ops": "m"}))
    return found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_tab_completes(environment: dict[str, str], shell: str) -> None:
    """As `--install-completion` has set it up for the shell in which it was called."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    install = [shell, "-ic", "securechat --install-completion; true"]
    subprocess.run(
        install, env=environment, capture_output=True, check=True, timeout=DEADLINE, start_new_session=True
    )
    person, terminal = pty.openpty()
    # The first terminal that the leader of a session opens becomes its controlling terminal.
    opener = ["sh", "-c", 'exec "$@" <"$0" >"$0" 2>&1', os.ttyname(terminal), shell, "-i"]
    process = subprocess.Popen(opener, env=environment, start_new_session=True)
    try:
        os.write(person, b"securechat connect bu\t\r")
        read_until(person, "CALLED connect busy.test")
        os.write(person, b"securechat tail \\#\t\r")
        read_until(person, "CALLED tail #ops")
    finally:
        process.kill()
        process.wait(DEADLINE)
        os.close(person)
        os.close(terminal)


def read_until(person: int, text: str) -> None:
    """Read what a terminal shows until this text is there."""
    seen, deadline = "", time.monotonic() + DEADLINE
    while text not in seen:
        ready, _, _ = select.select([person], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, seen
        seen += os.read(person, 65536).decode(errors="replace")
