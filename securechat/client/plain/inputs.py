"""Waiting for what a person types, while others may call the waiting thread away."""

import errno
import os
import select
import socket
import sys
import threading
from collections import deque
from contextlib import suppress
from typing import Final, Protocol

_PIECE: Final = 4096


class Source(Protocol):
    """Bytes from standard input. `wake` may be called by any thread and from a signal handler, the rest by
    one.
    """

    problem: str
    """Why the input could not be read to its end, "" otherwise."""

    def wait(self, timeout: float | None, wanted: bool) -> bytes | None:
        """Return what was typed, b"" at the end of input, and None when the time is up or `wake` was called.

        Unless input is `wanted` none is read: it waits where it comes from.
        """

    def wake(self) -> None:
        """Make `wait` return."""

    def close(self) -> None:
        """Free what the source holds."""


class DescriptorSource:
    """A source for systems on which every file descriptor can be waited for."""

    def __init__(self, descriptor: int = 0) -> None:
        self.problem = ""
        self._descriptor = descriptor
        self._wake_up, self._woken = socket.socketpair()
        self._wake_up.setblocking(False)
        self._woken.setblocking(False)

    def wait(self, timeout: float | None, wanted: bool) -> bytes | None:
        watched: list[int | socket.socket] = [self._woken]
        if wanted:
            watched.append(self._descriptor)
        ready, _, _ = select.select(watched, [], [], timeout)
        if self._woken in ready:
            self._woken.recv(_PIECE)
        if self._descriptor in ready:
            try:
                return os.read(self._descriptor, _PIECE)
            except BlockingIOError:  # somebody else took it
                return None
            except OSError as error:
                self.problem = _problem(error)
                return b""
        return None

    def wake(self) -> None:
        with suppress(OSError):  # full: it is going to return anyway
            self._wake_up.send(b"\0")

    def close(self) -> None:
        self._wake_up.close()
        self._woken.close()


class ThreadSource:
    """A source for Windows, where only sockets can be waited for: a thread reads ahead a little."""

    _READ_AHEAD: Final = 16

    def __init__(self, descriptor: int = 0) -> None:
        self.problem = ""
        self._descriptor = descriptor
        self._pieces: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._woken = False
        # A daemon, because reading standard input cannot be interrupted.
        self._thread = threading.Thread(target=self._read, name="input", daemon=True)
        self._thread.start()

    def wait(self, timeout: float | None, wanted: bool) -> bytes | None:
        with self._changed:
            self._changed.wait_for(lambda: self._woken or (wanted and bool(self._pieces)), timeout)
            self._woken = False
            if not wanted or not self._pieces:
                return None
            piece = self._pieces[0]
            if piece:  # the end of input stays
                self._pieces.popleft()
                self._changed.notify_all()
            return piece

    def wake(self) -> None:
        with self._changed:
            self._woken = True
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing to free: the thread ends with the process."""

    def _read(self) -> None:
        piece = b"-"
        while piece:
            try:
                piece = os.read(self._descriptor, _PIECE)
            except OSError as error:
                self.problem = _problem(error)
                piece = b""
            with self._changed:
                self._changed.wait_for(lambda: len(self._pieces) < self._READ_AHEAD)
                self._pieces.append(piece)
                self._changed.notify_all()


def _problem(error: OSError) -> str:
    """Say why input cannot be read; a terminal that is gone (EIO) is the end of what comes from it."""
    return "" if error.errno == errno.EIO else f"standard input cannot be read: {error.strerror}"


def standard_input() -> Source:
    """The source for this system."""
    if sys.platform == "win32":
        return ThreadSource()
    return DescriptorSource()


def keep_taken(descriptor: int) -> None:
    """Let nothing else get the number of a standard stream that the program was started without.

    A socket with that number would be taken for the stream. Reading finds the end; writing fails, as it does
    with a stream that is closed.
    """
    try:
        os.fstat(descriptor)
    except OSError:
        opened = os.open(os.devnull, os.O_RDONLY)
        if opened != descriptor:
            os.dup2(opened, descriptor)
            os.close(opened)
