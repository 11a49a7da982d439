"""A handler for `logging` that says records in a channel.

    handler = SecureChatHandler("#ops", "chat.example.org", user="ci", password_file="secret")
    handler.setLevel(logging.WARNING)
    logging.getLogger().addHandler(handler)

Theory of operation. `emit` puts the formatted record into a bounded queue and returns; a thread of its own,
which begins with the first record, sends the oldest one and takes it out when it is stored. So the program
never waits for the network. That record also begins the connection, since a program that ends right after it
can begin no more threads (Python 3.12). Each record has a name that the server knows it by (`once`), so that
it can be sent again after any failure and is there once. When the queue is full, records are dropped and
counted; the next message that comes through says how many. A process that is forked begins anew: what waits,
the thread and the connection are its parent's.
"""

import logging
import os
import secrets
import sys
import threading
import time
from collections import deque
from typing import Final, NamedTuple, Unpack
from weakref import WeakSet

from securechat.client.api.client import DEFAULT_TIMEOUT, Client
from securechat.client.api.opening import Options, log_in
from securechat.client.errors import ClientError, OutcomeUnknown, Refused, Unreachable
from securechat.client.safe import safe
from securechat.irc.text import count

CAPACITY: Final = 1000
_FIRST_PAUSE: Final = 1.0
_LAST_PAUSE: Final = 60.0
_LONGEST: Final = 8000
"""Characters of a record that are sent: the rest of a very long traceback helps nobody in a chat."""
_UNSENDABLE: Final = str.maketrans({"\0": "\u2400", "\x01": None})
"""NUL, which no line can carry, and the sign that would make a record a command of CTCP."""


_handlers: Final["WeakSet[SecureChatHandler]"] = WeakSet()


class _Record(NamedTuple):
    once: str
    text: str


class SecureChatHandler(logging.Handler):
    """Sends each record as a message. All methods may be called by any thread."""

    def __init__(
        self,
        target: str,
        host: str,
        port: int = 6697,
        *,
        level: int = logging.NOTSET,
        capacity: int = CAPACITY,
        join: bool = True,
        **options: Unpack[Options],
    ) -> None:
        """Nothing is connected to before the first record. `target` is a channel, which is entered first if
        `join`, or a person; at most `capacity` records wait. For the options see `Options`. Raises what
        `Client` raises.
        """
        super().__init__(level)
        self.dropped = 0
        """Records that reached nobody, since the start."""
        self._target = target
        self._join = join and target.startswith("#")
        self._capacity = capacity
        self._login = log_in(host, port, options)
        self._timeout = options.get("timeout", DEFAULT_TIMEOUT)
        self._until: float | None = None
        """When a handler that is closed gives up."""
        self._reported = ""
        self._begin_anew()
        _handlers.add(self)

    def _begin_anew(self) -> None:
        """Have nothing of a process that this one was forked from."""
        self._unsaid = 0
        self._client: Client | None = None
        self._is_in = False
        self._changed = threading.Condition()
        self._waiting: deque[_Record] = deque()
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record; drop it when the queue is full, or when this handler's own thread logs it."""
        if threading.current_thread() is self._thread:
            return
        try:
            text = self.format(record)[:_LONGEST].translate(_UNSENDABLE).encode(errors="replace").decode()
        except Exception:  # as in every handler of the standard library: what a record does is not known
            self.handleError(record)
            return
        with self._changed:
            if self._until is not None or len(self._waiting) >= self._capacity:
                self._drop(1)
                return
            try:
                self._begin()
            except (ClientError, RuntimeError):  # the program ends, or has too many threads
                self._drop(1)
                self.handleError(record)
                return
            self._waiting.append(_Record(f"log-{secrets.token_urlsafe(15)}", text))
            self._changed.notify_all()

    def flush(self, timeout: float = 5.0) -> None:
        """Wait until what was queued is sent, at most so many seconds."""
        if threading.current_thread() is not self._thread:
            with self._changed:
                self._changed.wait_for(lambda: not self._waiting, timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Send what was queued, for at most so many seconds, and close the connection; what is left then, and
        later records, are dropped. `logging.shutdown` calls this at the end of the program.
        """
        with self._changed:
            if self._until is None:
                self._until = time.monotonic() + timeout
            self._changed.notify_all()
            thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)
        self._disconnect()  # a call that still waits is over with that
        with self._changed:
            self._drop(len(self._waiting))
            self._waiting.clear()
        super().close()

    def _begin(self) -> None:
        """Begin to connect and to send, if that was not begun. Raises Unreachable, RuntimeError."""
        if self._thread is None:
            self._open()
            thread = threading.Thread(target=self._run, name="chat log", daemon=True)
            thread.start()
            self._thread = thread

    def _drop(self, number: int) -> None:
        self.dropped += number
        self._unsaid += number

    # The handler's own thread

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while (record := self._next()) is not None:
            unsaid = self._unsaid
            try:
                self._connected().send(self._target, _with_note(record.text, unsaid), once=record.once)
            except OutcomeUnknown:
                continue  # once more, under the same name
            except Refused as error:
                self._report(error)
                self._settled(dropped=1)
            except ClientError as error:
                self._report(error)
                self._disconnect()
                if self._until is not None:
                    break
                self._rest(pause)
                pause = min(2 * pause, _LAST_PAUSE)
            else:
                self._settled(said=unsaid)
                pause, self._reported = _FIRST_PAUSE, ""
        self._disconnect()

    def _next(self) -> _Record | None:
        """Wait for a record and return it; it stays the first one. None is the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._until is not None)
            return self._waiting[0] if self._waiting and not self._is_late() else None

    def _is_late(self) -> bool:
        return self._until is not None and time.monotonic() >= self._until

    def _rest(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._until is not None, seconds)

    def _settled(self, *, said: int = 0, dropped: int = 0) -> None:
        with self._changed:
            if self._waiting:
                self._waiting.popleft()
            self._unsaid -= said
            self._drop(dropped)
            self._changed.notify_all()

    def _connected(self) -> Client:
        client = self._open()
        if not self._is_in:
            client.connect()
            if self._join:
                client.join(self._target)
            self._is_in = True
        return client

    def _open(self) -> Client:
        """Return the client, which has begun to connect."""
        if self._client is None:
            login = self._login
            try:
                self._client = Client.over(
                    login.trust,
                    login.credentials,
                    self._timeout,
                    replay=False,
                    enrolment=login.enrolment,
                    at_once=True,
                )
            except (RuntimeError, OSError) as error:
                raise Unreachable(f"no connection can be begun in this program now: {error}") from error
        return self._client

    def _disconnect(self) -> None:
        client, self._client, self._is_in = self._client, None, False
        if client is not None:
            client.close()

    def _report(self, error: ClientError) -> None:
        """Say once on standard error why nothing is sent."""
        text = f"securechat: log records cannot be sent to {self._target}: {error}"
        if logging.raiseExceptions and text != self._reported and sys.stderr is not None:
            self._reported = text
            sys.stderr.write(f"{safe(text)}\n")


def _in_a_child() -> None:
    for handler in list(_handlers):
        handler._begin_anew()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_in_a_child)


def _with_note(text: str, dropped: int) -> str:
    if not dropped:
        return text
    were = "was" if dropped == 1 else "were"
    return f"({count(dropped, 'record')} {were} dropped before this one) {text}"
