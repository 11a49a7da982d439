"""Connecting without typing it all again: profiles, with the real client and server."""

from pathlib import Path

from tests.system.client_process import ClientTerminal, password_file, run, server_options
from tests.system.server_process import PASSWORD, ServerProcess


def test_the_second_time_the_name_of_the_program_is_enough(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """The first login keeps server, account, authority and where the password is."""
    first = ["connect", f"alice@localhost:{shared_server.port}", "--ca", str(shared_server.ca)]
    with ClientTerminal(tmp_path, *first, *password_file(tmp_path)) as terminal:
        terminal.until("`securechat connect` alone comes here")
        terminal.type("exit\r")
        assert terminal.end() == 0
    for again in (["connect"], [], ["connect", "localhost"], ["connect", "--profile", "work"]):
        if "work" in again:
            file = tmp_path / ".config/securechat/profiles.toml"
            file.write_text(file.read_text().replace(f'["localhost:{shared_server.port}"]', "[work]"))
        with ClientTerminal(tmp_path, *again) as terminal:
            terminal.until("#general>")
            assert not any("comes here" in row for row in terminal.rows())
            terminal.type("exit\r")
            assert terminal.end() == 0
    assert run(tmp_path, "send", "#general", "from a script").returncode == 0


def test_another_account_there_needs_its_own_password(shared_server: ServerProcess, tmp_path: Path) -> None:
    """It takes whom to trust from the profile of the server, and nothing else."""
    options = [*server_options(shared_server, "alice"), *password_file(tmp_path)]
    assert run(tmp_path, "connect", *options).returncode == 0
    with ClientTerminal(tmp_path, "connect", "bob@localhost") as terminal:
        terminal.until("Password of bob on localhost")
        terminal.type(f"{PASSWORD}\r")
        terminal.until("#general>")
        terminal.type("exit\r")
        assert terminal.end() == 0


def test_the_server_is_looked_at_before_the_password_is_asked_for(
    shared_server: ServerProcess, tmp_path: Path
) -> None:
    """Nobody types a password in vain, and wonders where it went."""
    options = [*server_options(shared_server, "alice", ca=False), "--pin", "sha256:" + "A" * 43]
    with ClientTerminal(tmp_path, "connect", *options) as terminal:
        assert terminal.end() == 5
        assert not any("Password" in row for row in terminal.rows())


def test_the_own_server_needs_no_authority(shared_server: ServerProcess, tmp_path: Path) -> None:
    """On this host, with this user's data directory."""
    own = {"SECURECHAT_DATA_DIR": str(shared_server.ca.parent)}
    where = f"alice@localhost:{shared_server.port}"
    done = run(tmp_path, "connect", where, *password_file(tmp_path), environment=own)
    assert (done.returncode, done.stderr) == (0, "")
