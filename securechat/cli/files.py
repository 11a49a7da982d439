"""Files that commands read and write, of which any may be `-`: standard input or standard output.

A file that is read twice, or at any place, has to be a regular one: anything else (a pipe, a device) is
copied into a private file first.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import IO, Final

from securechat.cli.exits import CommandFailed, ExitCode

STANDARD: Final = "-"
_STDIN: Final = (Path(STANDARD), Path("/dev/stdin"), Path("/dev/fd/0"))
_BLOCK: Final = 1 << 20
_MOST: Final = 1 << 36
"""Bytes of a pipe that are taken: 64 GiB."""


def is_stdin(file: Path | None) -> bool:
    """Return whether a file is standard input."""
    return file in _STDIN


def is_stdout(file: Path) -> bool:
    """Return whether a file is to be standard output."""
    return str(file) == STANDARD


def is_utf8(text: str) -> bool:
    """Return whether an argument was UTF-8: what was not comes as lone surrogates."""
    return not any("\ud800" <= c <= "\udfff" for c in text)


def name_of(file: Path) -> str:
    """Return where a file is, for people and the audit log; bytes that are no UTF-8 are escaped."""
    return os.fsencode(file.absolute()).decode(errors="backslashreplace")


def stdin_or_file(stdin: bool, file: Path | None) -> tuple[bool, Path | None]:
    """Take a file that is standard input as the option that says so, which reads no more than it needs."""
    return (True, None) if is_stdin(file) else (stdin, file)


def read_line() -> str:
    """Return the first line of standard input, without blanks around it. Raises CommandFailed."""
    from securechat.client.account.credentials import first_line
    from securechat.client.errors import CredentialError

    try:
        return first_line(0).decode("utf-8-sig", errors="replace").strip()
    except CredentialError as error:
        raise CommandFailed(str(error)) from error


def refuse_pipe(file: Path, why: str) -> None:
    """Raise CommandFailed when a file can be read only once."""
    if file.is_fifo():
        raise CommandFailed(f"{file} is a pipe, {why}: name a regular file")


def refuse_existing(file: Path) -> None:
    """Raise CommandFailed when a file cannot be made because something has its name."""
    if not is_stdout(file) and os.path.lexists(file):
        text = f"{file} is there already: name a new file, or - for standard output"
        raise CommandFailed(text, ExitCode.REFUSED)


@contextmanager
def opened(file: Path) -> Iterator[BufferedReader]:
    """Give a file to read from, or standard input. Raises CommandFailed for a terminal, and OSError."""
    with open(0, "rb", closefd=False) if is_stdin(file) else file.open("rb") as stream:
        if stream.isatty():
            raise CommandFailed("standard input is a terminal: name a file, or use a pipe", ExitCode.USAGE)
        yield stream


Look = Callable[[bytes], None]
"""Looks at each piece of a pipe before it is kept, and raises CommandFailed when no more is wanted."""


def short_lines(most: int) -> Look:
    """Return what refuses a text with a line of more than `most` bytes, as soon as that is known."""
    line, length = 1, 0

    def look(piece: bytes) -> None:
        nonlocal line, length
        first, *more = piece.split(b"\n")
        length += len(first)
        longest = max([length, *map(len, more)])
        if longest > most:
            raise CommandFailed(f"line {line} has more than {most} bytes: this is no export")
        line, length = line + len(more), len(more[-1]) if more else length

    return look


@contextmanager
def spooled(
    stream: BufferedReader, directory: Path, most: int = _MOST, look: Look = lambda _: None
) -> Iterator[IO[bytes]]:
    """Give what can be read anywhere and again: a regular file itself, else a copy in a private `directory`.

    `most` is how many bytes are copied. Raises CommandFailed when there are more, and OSError.
    """
    from tempfile import TemporaryFile

    if _is_regular(stream):
        yield stream
        return
    with TemporaryFile(dir=directory) as spool:
        left = most
        # What has come, not a whole block: a signal that comes between two reads of one is heard by nobody.
        while block := stream.read1(_BLOCK):
            left -= len(block)
            if left < 0:
                raise CommandFailed(f"the pipe has more than {most} bytes: name a regular file")
            look(block)
            spool.write(block)
        spool.seek(0)
        yield spool


@contextmanager
def rereadable(file: Path, data: Path, most: int = _MOST, look: Look = lambda _: None) -> Iterator[IO[bytes]]:
    """Give a file, or standard input, that can be read anywhere and again; a copy is in the directory `data`.

    Raises CommandFailed, and OSError.
    """
    from securechat.cli.scratch import scratch

    with opened(file) as stream:
        if _is_regular(stream):
            yield stream
            return
        with scratch(data) as directory, spooled(stream, directory, most, look) as spool:
            yield spool


@contextmanager
def new_output(file: Path) -> Iterator[IO[bytes]]:
    """Give standard output, or a new file, which gets its name when it is complete and on disk.

    Raises OSError.
    """
    from securechat.storage.files import new_file

    if not is_stdout(file):
        with new_file(file) as stream:
            yield stream
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def _is_regular(stream: IO[bytes]) -> bool:
    return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)
