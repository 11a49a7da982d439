"""Where the password comes from: a prompt on the terminal, standard input, a file, or a command. Never argv.

Standard input is read byte by byte up to the first line end, so that what follows is left for whoever reads
next. A UTF-8 byte order mark, which programs of Windows write in front of a text, is no part of the password.
"""

import codecs
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from securechat.client.errors import CredentialError, NoTerminal
from securechat.client.safe import safe

_LONGEST: Final = 4096
_STDIN: Final = 0


@dataclass(frozen=True, slots=True)
class PasswordSource:
    """At most one of these is set; none of them means a prompt."""

    stdin: bool = False
    file: Path | None = None
    command: str | None = None

    @property
    def given(self) -> int:
        """How many are set."""
        return sum((self.stdin, self.file is not None, self.command is not None))


def read_password(
    source: PasswordSource, prompt: str, ask: Callable[[str], str] | None = None, stdin: int = _STDIN
) -> str:
    """Get the password. Raises CredentialError.

    `ask` shows a prompt and returns what was typed unseen; None means that there is no terminal. `stdin` is a
    file descriptor.
    """
    if source.stdin:
        return _decode(first_line(stdin), "the first line of standard input")
    if source.file is not None:
        try:
            with source.file.open("rb") as stream:
                return _decode(stream.readline(_LONGEST + 1), f"the first line of {source.file}")
        except OSError as error:
            raise CredentialError(f"the password file {source.file}: {error.strerror}") from error
        except ValueError as error:  # a NUL in the name
            raise CredentialError(f"the password file {str(source.file)!a}: {error}") from error
    if source.command is not None:
        return _decode(_output_of(source.command), "the output of the password command")
    if ask is None:
        raise NoTerminal(
            "there is no terminal to ask for the password: use --password-stdin, --password-file FILE or "
            "--password-command COMMAND"
        )
    return _decode(ask(prompt).encode(errors="surrogateescape"), "what was typed")


def ask_on_terminal(prompt: str) -> str:
    """Ask for a secret on the terminal itself, whatever standard input is. Raises CredentialError.

    The caller makes sure that there is a terminal: without one, `getpass` warns and reads standard input.
    """
    import getpass

    try:
        return getpass.getpass(safe(prompt))
    except EOFError:
        raise CredentialError("no password was typed") from None
    except OSError as error:  # the terminal has gone, or belongs to another process
        raise CredentialError(f"the terminal cannot be asked for the password: {error.strerror}") from error


def first_line(descriptor: int) -> bytes:
    """Read up to the first line end, or as much as a password may have. Raises CredentialError."""
    line = bytearray()
    while not line.endswith(b"\n") and len(line) <= _LONGEST:
        try:
            byte = os.read(descriptor, 1)
        except OSError as error:  # closed, or a directory
            raise CredentialError(f"standard input cannot be read: {error.strerror}") from error
        if not byte:
            break
        line += byte
    return bytes(line)


def _output_of(command: str) -> bytes:
    try:
        # A shell, as people expect of a command in one piece (`pass show chat | head -1`). It is their own.
        with subprocess.Popen(
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None, "it is a pipe"
            line = process.stdout.readline(_LONGEST + 1)
            if len(line) <= _LONGEST:
                while process.stdout.read(_LONGEST):  # what it has to say besides: it may end as it wants
                    pass
    except (OSError, ValueError) as error:
        raise CredentialError(f"the password command cannot be run: {error}") from error
    if process.returncode and len(line) <= _LONGEST:
        raise CredentialError(f"the password command failed with exit code {process.returncode}")
    return line.removesuffix(b"\n")


def _decode(line: bytes, where: str) -> str:
    if len(line) > _LONGEST:
        raise CredentialError(f"{where} has more than {_LONGEST} bytes, so it cannot be the password")
    try:
        password = line.removeprefix(codecs.BOM_UTF8).removesuffix(b"\n").removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise CredentialError(f"{where} is not UTF-8, so it cannot be the password") from None
    if not password:
        raise CredentialError(f"{where} is empty: there is no password")
    return password
