"""Where the password comes from."""

import getpass
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client.account.credentials import PasswordSource, ask_on_terminal, read_password
from securechat.client.errors import CredentialError, NoTerminal
from securechat.client.protocol.registration import Credentials


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe as standard input: (reading end, writing end)."""
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)


def test_the_first_line_of_standard_input_is_the_password(pipe: tuple[int, int]) -> None:
    """Not a byte more is read: the rest is input."""
    reading, writing = pipe
    os.write(writing, "pässword \r\nhello\n".encode())
    os.close(writing)
    assert read_password(PasswordSource(stdin=True), "", stdin=reading) == "pässword "
    assert os.read(reading, 100) == b"hello\n"


def test_the_first_line_of_a_file_is_the_password(tmp_path: Path) -> None:
    """With or without a line end."""
    (tmp_path / "pw").write_bytes(b"secret\r\nmore")
    assert read_password(PasswordSource(file=tmp_path / "pw"), "") == "secret"


def test_what_a_command_prints_is_the_password() -> None:
    """Its first line; a shell runs it, so a pipe works."""
    assert read_password(PasswordSource(command="echo secret; echo more | cat"), "") == "secret"


def test_a_person_is_asked() -> None:
    """With the prompt that was given, when nothing else was named."""
    asked = []

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return "secret"

    assert read_password(PasswordSource(), "Password: ", ask) == "secret"
    assert asked == ["Password: "]


def test_nobody_to_ask_is_an_error_that_says_what_to_do() -> None:
    """Standard input is data; it is never taken for the prompt's answer."""
    with pytest.raises(NoTerminal, match="--password-stdin"):
        read_password(PasswordSource(), "")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\n"])
def test_what_is_no_password_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty, or not UTF-8."""
    (tmp_path / "pw").write_bytes(content)
    with pytest.raises(CredentialError):
        read_password(PasswordSource(file=tmp_path / "pw"), "")


def test_a_file_that_cannot_be_read_and_a_command_that_fails_are_errors(tmp_path: Path) -> None:
    """The text names which."""
    with pytest.raises(CredentialError, match="missing"):
        read_password(PasswordSource(file=tmp_path / "missing"), "")
    with pytest.raises(CredentialError, match="exit code 3"):
        read_password(PasswordSource(command="exit 3"), "")


def test_an_error_does_not_show_what_was_read(tmp_path: Path) -> None:
    """What is not UTF-8 may still be most of the password."""
    (tmp_path / "pw").write_bytes(b"hunter2\xff\n")
    with pytest.raises(CredentialError) as caught:
        read_password(PasswordSource(file=tmp_path / "pw"), "")
    assert "hunter2" not in str(caught.value)


def test_credentials_do_not_show_the_password() -> None:
    """Not in a traceback, not in a log."""
    assert "secret" not in repr(Credentials("alice", "secret"))


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfsecret\n", b"\xef\xbb\xbfsecret\r\nmore", b"\xef\xbb\xbfsecret"]
)
def test_a_byte_order_mark_is_no_part_of_the_password(
    content: bytes, pipe: tuple[int, int], tmp_path: Path
) -> None:
    """Programs of Windows write one in front of a file, and into a pipe."""
    (tmp_path / "pw").write_bytes(content)
    assert read_password(PasswordSource(file=tmp_path / "pw"), "") == "secret"
    os.write(pipe[1], content)
    os.close(pipe[1])
    assert read_password(PasswordSource(stdin=True), "", stdin=pipe[0]) == "secret"
    assert read_password(PasswordSource(command=f"cat {tmp_path / 'pw'}"), "") == "secret"


def test_only_the_first_mark_is_skipped(tmp_path: Path) -> None:
    """And a file that holds nothing else is empty."""
    path = tmp_path / "pw"
    path.write_bytes(b"\xef\xbb\xbf\xef\xbb\xbfx")
    assert read_password(PasswordSource(file=path), "") == "\ufeffx"
    path.write_bytes(b"\xef\xbb\xbf\n")
    with pytest.raises(CredentialError, match="empty"):
        read_password(PasswordSource(file=path), "")


def test_standard_input_that_cannot_be_read_is_an_error(pipe: tuple[int, int], tmp_path: Path) -> None:
    """A closed descriptor, a directory, and one that is open for writing only."""
    os.close(pipe[1])
    directory = os.open(tmp_path, os.O_RDONLY)
    writable = os.open(os.devnull, os.O_WRONLY)
    closed = os.dup(pipe[0])
    os.close(closed)
    for descriptor in (directory, writable, closed):
        with pytest.raises(CredentialError, match="standard input cannot be read"):
            read_password(PasswordSource(stdin=True), "", stdin=descriptor)
    os.close(directory)
    os.close(writable)


def test_names_that_the_system_refuses_are_errors() -> None:
    """A NUL in the name of a file or in a command."""
    for source in (PasswordSource(file=Path("a\0b")), PasswordSource(command="a\0b")):
        with pytest.raises(CredentialError):
            read_password(source, "")


def test_a_terminal_that_goes_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the answer."""

    def gone(prompt: str) -> str:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(getpass, "getpass", gone)
    with pytest.raises(CredentialError, match="Input/output error"):
        ask_on_terminal("Password: ")


def test_a_long_line_is_no_password(pipe: tuple[int, int], tmp_path: Path) -> None:
    """It is refused, not cut; a command that goes on for ever is not waited for."""
    file, line = tmp_path / "password", "x" * 4096
    file.write_text(line)
    assert read_password(PasswordSource(file=file), "") == line
    file.write_text(line + "y\n")
    os.write(pipe[1], line.encode() + b"y\n")
    for source in (
        PasswordSource(file=file),
        PasswordSource(stdin=True),
        PasswordSource(command=f"cat {file}"),
        PasswordSource(command="cat /dev/zero"),
    ):
        with pytest.raises(CredentialError, match="has more than 4096 bytes"):
            read_password(source, "", stdin=pipe[0])
