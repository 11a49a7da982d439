"""The three standard streams, whatever the caller has made of them: closed, full, or a pipe nobody reads.

Theory of operation. A stream that was closed is opened again before anything else is: else the next file (the
database, say) gets its number, and what is printed lands there. A text that cannot be written to standard
output is an error, once, where it is written: so a command that prints a secret before it acts does not act.
A text that cannot be written to standard error is dropped, since there is nobody to tell: the work goes on,
and the exit code is that of the work.
"""

import errno
import io
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_PAUSE: Final = 0.01


class OutputFailed(OSError):
    """Standard output cannot be written. The text is for the person, and is for standard error."""


def guard() -> None:
    """Put streams that behave as this module says in the place of those of `sys`. `main` calls, first."""
    for descriptor in range(3):
        _open_again(descriptor)
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    # Kept by sys.__stdout__ and sys.__stderr__, the old ones do not close the descriptors.
    sys.stdout = _text(_Output(1), sys.stdout)
    sys.stderr = _text(_Dropping(2), sys.stderr)


def _open_again(descriptor: int) -> None:
    """Have a closed descriptor open: it reads as empty and refuses to be written.

    The lowest free number is taken, which is this one when the ones below it are open.
    """
    try:
        os.fstat(descriptor)
    except OSError:
        os.set_inheritable(os.open(os.devnull, os.O_RDONLY), True)


def _text(raw: io.FileIO, old: object) -> io.TextIOWrapper:
    """Return a stream of text on `raw`, with the encoding of the stream whose place it takes."""
    encoding = old.encoding if isinstance(old, io.TextIOWrapper) else "utf-8"
    errors = old.errors if isinstance(old, io.TextIOWrapper) else "backslashreplace"
    by_line = raw.isatty() or isinstance(raw, _Dropping)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding=encoding, errors=errors, line_buffering=by_line)


class _Output(io.FileIO):
    """Standard output. The first piece that cannot be written raises OutputFailed; the rest is dropped."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)
        self._failed = False

    def write(self, data: "ReadableBuffer") -> int:
        if self._failed:
            return memoryview(data).nbytes
        try:
            return _write(super().write, data)
        except OSError as error:
            self._failed = True
            reason = "it is closed" if error.errno == errno.EBADF else error.strerror
            raise OutputFailed(f"standard output cannot be written: {reason}") from error


class _Dropping(io.FileIO):
    """Standard error: a text that cannot be written is dropped."""

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "w", closefd=False)

    def write(self, data: "ReadableBuffer") -> int:
        try:
            return _write(super().write, data)
        except OSError:
            return memoryview(data).nbytes


def _write(write: Callable[["ReadableBuffer"], int | None], data: "ReadableBuffer") -> int:
    """Write some of the data, also where somebody has made the descriptor not wait."""
    while (written := write(data)) is None:
        time.sleep(_PAUSE)
    return written
