"""Files that commands read and write, of which any may be `-`: standard input or standard output.

What is read twice, or at any place, has to be a regular file: anything else (a pipe, a device) is copied
into a private one first.
"""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Final

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import Place

STANDARD: Final = "-"
_STDIN: Final = (Path(STANDARD), Path("/dev/stdin"), Path("/dev/fd/0"))
_BLOCK: Final = 1 << 20
_MOST: Final = 1 << 36
"""Bytes of a pipe that are taken: 64 GiB."""
_LONGEST_LINE: Final = 4096


def is_stdin(file: Path | None) -> bool:
    """Return whether a file is standard input, which others may read from as well."""
    return file in _STDIN


def shown_name(file: Path, standard: str = "standard input") -> str:
    """Return how a file is called in a text and in the audit log."""
    return standard if str(file) == STANDARD else str(file.absolute())


def readable(file: Path) -> Path:
    """Return a path under which a file that is read once can be opened. The server side runs on Linux."""
    return Path("/dev/stdin") if is_stdin(file) else file


def read_line() -> str:
    """Return the first line of standard input, without blanks around it."""
    return os.read(0, _LONGEST_LINE).partition(b"\n")[0].decode("utf-8-sig", errors="replace").strip()


@contextmanager
def rereadable(file: Path, place: Place, most: int = _MOST) -> Iterator[IO[bytes]]:
    """Give a file that can be read anywhere and again: the one that is named, if it is a regular one.

    Else what it has is copied first into the data directory. Raises CommandFailed, and OSError.
    """
    from securechat.cli.snapshot import scratch

    with readable(file).open("rb") as stream:
        if stat.S_ISREG(os.fstat(stream.fileno()).st_mode) and not is_stdin(file):
            yield stream
            return
        if stream.isatty():
            raise CommandFailed("standard input is a terminal: name a file, or use a pipe", ExitCode.USAGE)
        with scratch(place.directory) as directory, TemporaryFile(dir=directory) as spool:
            _copy(stream, spool, most)
            spool.seek(0)
            yield spool


def refuse_existing(file: Path) -> None:
    """Raise CommandFailed when a file cannot be made because something has its name."""
    if str(file) != STANDARD and os.path.lexists(file):
        raise CommandFailed(
            f"{file} is there already: name a new file, or - for standard output", ExitCode.REFUSED
        )


@contextmanager
def new_output(file: Path) -> Iterator[IO[bytes]]:
    """Give standard output, or a new file that gets its name when it is complete and on disk.

    Raises OSError.
    """
    from securechat.storage.files import new_file

    if str(file) != STANDARD:
        with new_file(file) as stream:
            yield stream
        return
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def refuse_terminal(file: Path) -> None:
    """Raise BadParameter when bytes would be printed on a terminal."""
    if str(file) == STANDARD and sys.stdout.isatty():
        raise typer.BadParameter("standard output is a terminal: name a file, or use a pipe")


def _copy(stream: IO[bytes], spool: IO[bytes], most: int) -> None:
    left = most
    while block := stream.read(_BLOCK):
        left -= len(block)
        if left < 0:
            raise CommandFailed(f"there are more than {most} bytes in the pipe: name a regular file")
        spool.write(block)
