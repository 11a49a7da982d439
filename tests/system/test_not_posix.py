"""The client where only POSIX systems have what others lack: played, since there is no Windows here."""

import subprocess
import sys
from pathlib import Path

from tests.system.client_process import password_file, server_options
from tests.system.server_process import DEADLINE, ServerProcess, clean_environment


def run(home: Path, *arguments: str, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "tests.support.not_posix", *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        env=clean_environment(home, {"APPDATA": str(home / "appdata")}),
        cwd=Path(__file__).parents[2],
        check=False,
        start_new_session=True,
    )


def test_one_chats_without_what_only_posix_has(shared_server: ServerProcess, tmp_path: Path) -> None:
    """Through pipes and by the tools: the messages are there, and the files are where Windows has them."""
    where = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    chat = run(tmp_path, "connect", *where, "--join", "#away", text="hello\n/mute\nexit\n")
    assert (chat.returncode, chat.stderr) == (0, "")
    assert "alice: hello" in chat.stdout
    assert (tmp_path / "appdata" / "securechat" / "bookmarks.json").exists()
    assert run(tmp_path, "send", "#away", "and more", *where).returncode == 0
    read = run(tmp_path, "history", "#away", *where)
    assert (read.returncode, read.stdout.count("alice: ")) == (0, 2)


def test_what_is_for_a_servers_host_says_so(tmp_path: Path) -> None:
    """Instead of the trouble that it would have there."""
    for command in ("server", "users"):
        done = run(tmp_path, command)
        assert done.returncode == 1
        assert (
            done.stderr == "securechat: this command is for a server's host, and the server runs on Linux\n"
        )
