"""Asking a running server through its control socket."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from securechat.chat.requests import Answer, Request
from securechat.server.control_protocol import SOCKET, BadLine, Command, decode_answer, encode_request

TIMEOUT: Final = 20.0


class NotRunning(Exception):
    """No server answers in this data directory."""


class NoAnswer(Exception):
    """The server took the request and did not answer it: whether it was done is unknown."""


def ask(directory: Path, request: Request | Command | str, timeout: float = TIMEOUT) -> Answer:
    """Send one request to the server that uses `directory` and return its answer.

    A string is a command that needs to be told nothing: "status" or "reload". `timeout` (seconds) is for each
    step. Raises NotRunning, and NoAnswer when the connection fails after the request was sent.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        try:
            with socket_path(directory) as path:
                sock.connect(path)
        except OSError as error:
            raise NotRunning(f"no server answers in {directory} ({error.strerror or error})") from error
        try:
            sock.sendall(encode_request(request))
            with sock.makefile("rb") as lines:
                line = lines.readline()
            if not line.endswith(b"\n"):
                raise NoAnswer("the server ended the connection without an answer")
            return decode_answer(line)
        except (OSError, BadLine) as error:
            raise NoAnswer(f"the server gave no answer: {error}") from error


@contextmanager
def socket_path(directory: Path) -> Iterator[str]:
    """A path to the control socket that is short enough: a Unix socket's ends at 107 bytes, so through
    /proc."""
    descriptor = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{descriptor}/{SOCKET}"
    finally:
        os.close(descriptor)
