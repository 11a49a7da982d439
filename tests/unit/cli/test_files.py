"""Files by the name `-`, pipes and FIFOs: what is read twice is copied first, and nothing is lost."""

import json
import os
import re
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest
from pyrage import x25519

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.files import read_line, rereadable, short_lines
from tests.unit.conftest import Command

PASSWORD = "correct horse battery"
BOM = "\ufeff"


@pytest.fixture
def exported(command: Command, home: Path) -> str:
    """An export of a server that knows alice."""
    command("adduser", "alice", "--password-stdin", stdin=PASSWORD)
    return command("export", "--all").out


def piped(data: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run `securechat ARGUMENTS…` with a pipe as its standard input."""
    return subprocess.run(
        [sys.executable, "-m", "securechat", *arguments],
        input=data,
        capture_output=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_import_from_a_pipe(command: Command, home: Path, tmp_path: Path, exported: str, name: str) -> None:
    """What can be read once only is imported all the same, and a second time it changes nothing."""
    other = str(tmp_path / "other")
    command("adduser", "carol", "--generate", "--data-dir", other)
    ended = piped(exported.encode(), "import", name, "--create-accounts", "--data-dir", other)
    assert ended.returncode == 0, ended.stderr
    assert b"1 account" in ended.stderr
    names = sorted(row["name"] for row in json.loads(command("users", "--json", "--data-dir", other).out))
    assert names == ["alice", "carol"]
    assert not list(Path(other).glob("scratch/*"))


def test_import_from_a_fifo(command: Command, home: Path, tmp_path: Path, exported: str) -> None:
    """It ends, and has everything."""
    fifo, other = tmp_path / "fifo", str(tmp_path / "other")
    os.mkfifo(fifo)
    command("adduser", "carol", "--generate", "--data-dir", other)
    writer = threading.Thread(target=fifo.write_text, args=(exported,))
    writer.start()
    ended = command("import", str(fifo), "--create-accounts", "--data-dir", other)
    writer.join()
    assert ended.code == 0, ended.err
    assert "alice" in command("users", "--data-dir", other).out


def test_import_of_nothing_is_an_error(command: Command, exported: str) -> None:
    """An empty pipe is no export."""
    ended = command("import", "-")
    assert ended.code == ExitCode.ERROR
    assert "nothing was imported" in ended.err


def test_an_export_may_begin_with_a_byte_order_mark(command: Command, tmp_path: Path, exported: str) -> None:
    """It is skipped, as editors write it."""
    file = tmp_path / "export"
    file.write_text(BOM + exported, encoding="utf-8")
    assert command("import", str(file)).code == 0


def test_a_pipe_is_copied_up_to_a_bound(command: Command, tmp_path: Path, home: Path) -> None:
    """More is an error that says what to do."""
    command("adduser", "alice", "--generate")
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_bytes, args=(b"x" * 1001,))
    writer.start()
    with pytest.raises(CommandFailed, match="has more than 1000 bytes"), rereadable(fifo, home, 1000):
        pass
    writer.join()
    assert not (home / "scratch").exists()


@pytest.mark.parametrize("options", [[], ["--passphrase-file"]])
def test_a_backup_through_pipes(
    command: Command, home: Path, tmp_path: Path, exported: str, options: list[str]
) -> None:
    """`backup -` writes what `restore -` reads, encrypted or not."""
    secret = tmp_path / "secret"
    secret.write_text("a passphrase that is long enough\n")
    options = [*options, str(secret)] if options else []
    backup = piped(b"", "backup", "-", *options)
    assert backup.returncode == 0, backup.stderr
    other = str(tmp_path / "other")
    restored = piped(backup.stdout, "restore", "-", *options, "--data-dir", other)
    assert restored.returncode == 0, restored.stderr
    assert "alice" in command("users", "--data-dir", other).out
    audit = command("audit", "show", "--data-dir", other).out
    assert "standard output" in audit
    assert "standard input" in audit


def test_standard_input_holds_one_thing(command: Command, exported: str) -> None:
    """A backup and its passphrase cannot both come from it; a report cannot go where a backup goes."""
    assert command("restore", "-", "--passphrase-stdin").code == ExitCode.USAGE
    assert command("restore", "-", "--passphrase-file", "-").code == ExitCode.USAGE
    assert command("restore", "-", "--identity", "-").code == ExitCode.USAGE
    assert command("backup", "-", "--json").code == ExitCode.USAGE


@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_a_password_file_may_be_standard_input(command: Command, home: Path, name: str) -> None:
    """`--password-file -` is `--password-stdin`."""
    assert command("adduser", "alice", "--password-file", name, stdin=f"{PASSWORD}\nmore").code == 0


def test_an_existing_file_is_never_overwritten(command: Command, tmp_path: Path, exported: str) -> None:
    """Also not one that is no regular file: standard output is `-`."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for arguments in (["backup", str(fifo)], ["export", str(fifo), "--all"]):
        ended = command(*arguments)
        assert ended.code == ExitCode.REFUSED
        assert "or - for standard output" in ended.err


def test_a_configuration_from_standard_input(command: Command, home: Path) -> None:
    """`config check -` checks it; a command that reads it again refuses it."""
    assert command("config", "check", "-", stdin='[server]\nname = "chat.example.org"\n').code == 0
    ended = command("config", "check", "-", stdin="[server]\nport = -1\n")
    assert ended.code == ExitCode.ERROR
    assert "server.port must be a number from 0 to 65535, not -1 (in standard input)" in ended.err
    ended = command("users", "--config", "-")
    assert ended.code == ExitCode.ERROR
    assert "config check -" in ended.err


def test_a_configuration_that_can_be_read_once_is_not_for_a_server(
    command: Command, home: Path, tmp_path: Path
) -> None:
    """It reads its configuration again at each reload, and would wait there for ever."""
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    ended = command("server", "--config", str(fifo))
    assert ended.code == ExitCode.ERROR
    assert "is a pipe" in ended.err


def test_a_configuration_may_begin_with_a_byte_order_mark(command: Command, tmp_path: Path) -> None:
    """It is skipped."""
    file = tmp_path / "securechat.toml"
    file.write_text(f'{BOM}[server]\nname = "chat.example.org"\n', encoding="utf-8")
    assert command("config", "check", "--config", str(file)).code == 0


def test_an_invitation_is_revoked_by_a_code_from_standard_input(command: Command, exported: str) -> None:
    """So the code is in no argument, which others could see."""
    code = command("invite").out
    assert command("invite", "revoke", "-", stdin=code).code == 0
    assert "There is no invitation" in command("invite", "list").err


@pytest.mark.parametrize("line", [1, 3])
def test_a_line_without_end_is_not_read_to_its_end(
    command: Command, home: Path, tmp_path: Path, line: int
) -> None:
    """The number of the line and the bound are said; memory and disk are used up to the bound only."""
    command("adduser", "alice", "--generate")
    fifo, written = tmp_path / "fifo", 0
    os.mkfifo(fifo)

    def write() -> None:
        nonlocal written
        with suppress(BrokenPipeError), fifo.open("wb", buffering=0) as stream:
            stream.write(b"{}\n" * (line - 1))
            while True:
                written += stream.write(bytes(1 << 16))

    writer = threading.Thread(target=write)
    writer.start()
    ended = command("import", str(fifo))
    writer.join()
    assert (ended.code, f"line {line} has more than 16777216 bytes" in ended.err) == (ExitCode.ERROR, True)
    assert written < 20 << 20 and not (home / "scratch").exists()


def test_lines_are_counted_over_the_pieces_of_a_pipe() -> None:
    """Wherever a piece ends."""
    for size in range(1, 8):
        look, text = short_lines(5), b"12345\n\n1234\n12345\n123456\n"
        with pytest.raises(CommandFailed, match=r"^line 5 has more than 5 bytes"):
            for at in range(0, len(text), size):
                look(text[at : at + size])


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "check", "-"),
        ("adduser", "bob", "--password-file", "-"),
        ("backup", "FILE", "--passphrase-file", "-"),
        ("restore", "FILE", "--identity", "-"),
    ],
)
def test_what_is_short_is_not_read_without_end(
    command: Command, home: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    """A configuration, a password, a passphrase or an identity from something that never ends."""
    assert command("adduser", "alice", "--generate").code == 0
    file = tmp_path / "file"
    if arguments[0] == "restore":
        recipient = str(x25519.Identity.generate().to_public())
        assert command("backup", str(file), "--recipient", recipient).code == 0
    arguments = tuple(str(file) if word == "FILE" else word for word in arguments)
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(
            [sys.executable, "-m", "securechat", *arguments, "--data-dir", str(tmp_path / "new")]
            if arguments[0] == "restore"
            else [sys.executable, "-m", "securechat", *arguments],
            stdin=endless,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == ExitCode.ERROR
    assert re.search("has more than [0-9]+ bytes", done.stderr), done.stderr


def test_a_line_that_comes_in_pieces(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It is read to its end, and nothing behind that; what cannot be read is told in words."""
    (tmp_path / "input").write_bytes(b" k3v9-0mxq \nmore")
    read, kept = os.read, os.dup(0)
    monkeypatch.setattr(os, "read", lambda descriptor, size: read(descriptor, min(size, 4)))
    try:
        with (tmp_path / "input").open("rb") as stream:
            os.dup2(stream.fileno(), 0)
            assert read_line() == "k3v9-0mxq"
            assert read(0, 100) == b"more"
        directory = os.open(tmp_path, os.O_RDONLY)
        os.dup2(directory, 0)
        os.close(directory)
        with pytest.raises(CommandFailed, match="standard input cannot be read: Is a directory"):
            read_line()
    finally:
        os.dup2(kept, 0)
        os.close(kept)
