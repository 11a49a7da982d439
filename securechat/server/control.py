"""The control socket: administrators' requests become items for the hub, and its answers go back.

Theory of operation. Only the server's own user and root may connect: the socket's mode says so, and the
kernel's word for who connects (SO_PEERCRED) is looked at, too. The thread serves one connection at a time,
one line each way, and every step has a deadline, so a connection that says nothing delays the next one and no
more.
"""

import logging
import os
import pwd
import select
import socket
import struct
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from securechat.chat.items import Administer
from securechat.chat.requests import Answer, Done, NoteReload, Refused, Request
from securechat.server.bell import Bell
from securechat.server.control_client import socket_path
from securechat.server.control_protocol import (
    MAX_LINE,
    SOCKET,
    BadLine,
    Command,
    decode_request,
    encode_answer,
)
from securechat.server.inbox import Inbox

log: Final = logging.getLogger("securechat.control")

REQUEST_SECONDS: Final = 5.0
ANSWER_SECONDS: Final = 15.0
ORIGIN: Final = "control socket"
"""From where they ask, for the audit log."""
NOBODY: Final = 0
"""The ticket of a request whose answer nobody waits for."""
_CREDENTIALS: Final = struct.Struct("3i")
_ROOT: Final = 0


class Control:
    """Serves `control.sock` in `directory`. `commands` are answered here, everything else by the hub.

    They are called with what they are told besides, "" for most. Raises OSError when the socket cannot be
    made.
    """

    def __init__(
        self,
        directory: Path,
        inbox: Inbox,
        commands: Mapping[str, Callable[[str], Answer]],
        *,
        request_seconds: float = REQUEST_SECONDS,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._path = directory / SOCKET
        self._inbox = inbox
        self._commands = commands
        self._request_seconds = request_seconds
        self._answer_seconds = answer_seconds
        self._tickets = count(1)
        self._answers: SimpleQueue[tuple[int, Answer] | None] = SimpleQueue()
        self._stopping = False
        self._sock = _bind(directory)
        self._bell = Bell()
        self._poll = select.poll()
        self._poll.register(self._sock, select.POLLIN)
        self._poll.register(self._bell.fd, select.POLLIN)

    def answered(self, ticket: int, answer: Answer) -> None:
        """Hand over the answer to a request. Called by the hub, after the commit."""
        if ticket != NOBODY:
            self._answers.put((ticket, answer))

    def stop(self) -> None:
        """End the loop. Any thread may call."""
        self._stopping = True
        self._answers.put(None)
        self._bell.ring()

    def run(self) -> None:
        """Serve until `stop`. The control thread."""
        while not self._stopping:
            self.run_once(None)

    def run_once(self, timeout_ms: int | None) -> None:
        """Wait for a connection and serve it."""
        self._poll.poll(timeout_ms)
        if self._stopping:
            return
        try:
            sock, _ = self._sock.accept()
        except BlockingIOError:
            return
        except OSError as error:  # out of descriptors, most likely: the connection waits for the next try
            log.error("a control connection could not be accepted: %s", error.strerror)
            time.sleep(0.1)
            return
        with sock:
            try:
                self._serve(sock)
            except OSError as error:
                log.info("a control connection ended early: %s", error.strerror or error)
            except Exception:  # it is the one who asks that gets no answer, and not everybody that is cut off
                log.exception("a control connection got no answer")

    def close(self) -> None:
        """Remove the socket. Called after the loop."""
        self._path.unlink(missing_ok=True)
        self._sock.close()
        self._bell.close()

    def _serve(self, sock: socket.socket) -> None:
        peer = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
        pid, uid, _ = _CREDENTIALS.unpack(peer)
        if uid not in (_ROOT, os.geteuid()):
            log.warning("user id %d (process %d) may not use the control socket", uid, pid)
            return
        try:
            answer = self._answer(decode_request(self._read_line(sock)), user_name(uid))
        except BadLine as problem:
            answer = Refused("BAD_REQUEST", str(problem))
        if answer is not None:
            sock.settimeout(self._request_seconds)
            sock.sendall(encode_answer(answer))

    def _read_line(self, sock: socket.socket) -> bytes:
        deadline = time.monotonic() + self._request_seconds
        line = b""
        while b"\n" not in line:
            sock.settimeout(max(0.001, deadline - time.monotonic()))
            piece = sock.recv(4096)
            line += piece
            if not piece or len(line) > MAX_LINE:
                raise BadLine(f"a request is one line of at most {MAX_LINE} bytes")
        return line

    def _answer(self, request: Request | Command, by: str) -> Answer | None:
        """Return the answer, or None when the server stops before there is one."""
        if isinstance(request, Command):
            command = self._commands.get(request.op)
            if command is None:
                return Refused("UNKNOWN_OPERATION", f"this server does not know {request.op[:32]!a}")
            answer = command(request.argument)
            if request.op == "reload" and isinstance(answer, Done):
                self._inbox.put(reloaded(answer, by, ORIGIN))
            return answer
        ticket = next(self._tickets)
        self._inbox.put(Administer(ticket, request, by, ORIGIN))
        deadline = time.monotonic() + self._answer_seconds
        while True:
            try:
                entry = self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                log.error("the hub did not answer a %s request in time", type(request).__name__)
                return None
            if entry is None:
                return None
            if entry[0] == ticket:  # and not the late answer to an earlier request
                return entry[1]


def reloaded(answer: Done, by: str, origin: str) -> Administer:
    """Return what has the audit log say that the configuration was read again, and what came of it."""
    parts = (
        f"{row['key']} {'is in force' if row['applied'] else 'needs a restart'}"
        for row in answer.rows
        if "key" in row
    )
    return Administer(NOBODY, NoteReload(", ".join(parts)), by, origin)


def user_name(uid: int) -> str:
    """Return how the audit log calls a user of this host."""
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _bind(directory: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        os.fchmod(sock.fileno(), 0o600)  # the file that bind makes has this mode from the beginning
        # A socket file that is there was left by a server that was killed: whoever gets here holds the
        # directory's lock.
        (directory / SOCKET).unlink(missing_ok=True)
        with socket_path(directory) as path:
            sock.bind(path)
        sock.listen(16)
    except OSError as error:
        sock.close()
        text = f"cannot make the control socket in {directory}: {error.strerror}"
        raise OSError(error.errno, text) from error
    return sock
