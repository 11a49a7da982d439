"""The Python API: a chat client for scripts and bots.

    with Client("chat.example.org", user="bot", password_file="secret") as chat:
        chat.join("#ops")
        message = chat.send("#ops", "deploy done")      # returns when it is stored: id and time
        for event in chat.events():
            ...

Calls return when the server has answered and raise `Refused` when it said no. The client makes a lost
connection again, and sends messages without a confirmation again without doubling them, so `send` just takes
longer then. All methods may be called by any thread.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from securechat.client.account.credentials import PasswordSource
from securechat.client.account.login import log_in_unasked
from securechat.client.address import parse_address
from securechat.client.device_events import Enrolled, NotEnrolled
from securechat.client.errors import Closed, CredentialError, LoginFailed, OutcomeUnknown, Refused, TrustError
from securechat.client.events import (
    Answered,
    Ended,
    Event,
    Message,
    MessageRefused,
    MessageTaken,
    Missed,
    Names,
    Person,
    Ready,
    Topic,
    Welcome,
)
from securechat.client.network.connection import keep_connected
from securechat.client.network.enrolment import Enrolment
from securechat.client.network.trust import Trust, settle
from securechat.client.paths import places
from securechat.client.protocol.registration import Credentials
from securechat.client.protocol.session import Session, check_target, check_text, lines_of, sendable
from securechat.client.sent import Sent as Sent
from securechat.client.sent import stored_as
from securechat.irc.names import fold
from securechat.irc.text import count

MOST_EVENTS: Final = 10_000
"""Events that wait for `events`; of more, the oldest are dropped and a `Missed` says how many."""


class Client:
    """One account's connection to one server."""

    def __init__(
        self,
        host: str,
        port: int = 6697,
        *,
        user: str,
        password: str | None = None,
        password_file: str | Path | None = None,
        password_command: str | None = None,
        ca: str | Path | None = None,
        pin: str | None = None,
        timeout: float = 30.0,
    ) -> None:
        """Prepare a client; nothing is sent before `connect` or the `with` block.

        Without a password, the key is used that `securechat connect` or `enrol` has made for this computer.

        `host` may have a port in it. Without `ca` (a PEM file) and `pin`, known servers and the system's
        authorities decide whom to trust. `timeout` is in seconds, for each call. Raises InvalidAddress,
        CredentialError, TrustError, and ValueError for a text that is no pin.
        """
        from securechat.tls.pins import parse_pin

        address, here = parse_address(host, port), places(os.environ)
        trust = settle(
            address,
            here,
            ca=Path(ca) if ca is not None else None,
            pin=parse_pin(pin) if pin is not None else None,
        )
        source = PasswordSource(
            file=Path(password_file) if password_file is not None else None, command=password_command
        )
        login = log_in_unasked(trust, user, here, password, source)
        self._begin(login.trust, login.credentials, timeout, enrolment=login.enrolment)

    @classmethod
    def over(
        cls,
        trust: Trust,
        credentials: Credentials,
        timeout: float = 30.0,
        *,
        replay: bool = True,
        enrolment: Enrolment | None = None,
    ) -> Self:
        """Prepare a client for a server that is trusted already.

        Without `replay` nothing of what the account missed is told, so that it waits for another client.
        """
        client = cls.__new__(cls)
        client._begin(trust, credentials, timeout, replay=replay, enrolment=enrolment)
        return client

    def _begin(
        self,
        trust: Trust,
        credentials: Credentials,
        timeout: float,
        *,
        replay: bool = True,
        enrolment: Enrolment | None = None,
    ) -> None:
        self.nick = credentials.account
        self.timeout = timeout
        """Seconds that each call waits for the server."""
        self._changed = threading.Condition()
        self._queue: deque[Event] = deque()
        self._missed = 0
        self._ready = False
        self._ended: Ended | None = None
        self._calls = 0
        # What is waited for, by label or nonce, and its outcome when it is there.
        self._open: dict[str, Answered | Message | MessageRefused | MessageTaken | None] = {}
        self._rows: dict[str, list[Message | Person]] = {}
        self._topics, self._names = dict[str, str](), dict[str, tuple[str, ...]]()
        self._enrolment = enrolment
        self._enrolled: Enrolled | NotEnrolled | None = None
        self._connection = keep_connected(
            trust, credentials, self._deliver, replay=replay, enrolment=enrolment
        )

    # Beginning and end

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def connect(self) -> None:
        """Connect and log in. Raises Unreachable, TrustError, LoginFailed, Unsuitable, OutcomeUnknown."""
        self._connection.start()
        try:
            self._wait_for(lambda: self._ready)
        except BaseException:
            self.close()
            raise

    def close(self, reason: str = "") -> None:
        """Say goodbye and close. `events` ends then."""
        self._connection.close(reason)

    # What one can do

    def send(self, target: str, text: str) -> Sent:
        """Send a message to a channel or a person; return when it is stored.

        A text of several lines is one message where the server has such, else several; the last one's id is
        returned. Raises Refused when (a part of) it was not taken, OutcomeUnknown when no confirmation came.
        """
        return self.send_all(target, text)[-1]

    def send_all(self, target: str, text: str, *, lines: bool = False) -> list[Sent]:
        """Do what `send` does, and return every message that it took; `lines` makes each line one."""
        check_target(target)
        check_text(text)
        if not text.strip() or not lines_of(text):
            raise Refused("NO_TEXT", "there is nothing to send")
        said: list[tuple[str, ...]] = []

        whole = text.rstrip("\r\n")
        lines = lines or "\n" not in whole

        def say(session: Session) -> None:
            with self._changed:
                said.append(session.say(target, text) if lines else session.write(target, whole))
                self._open.update(dict.fromkeys(said[0]))
                self._changed.notify_all()

        self._connection.submit(say)
        self._wait_for(lambda: bool(said))
        try:
            return [stored_as(self._outcome(nonce)) for nonce in said[0]]
        except (Closed, LoginFailed, TrustError) as error:
            raise OutcomeUnknown(f"the connection ended before the message was confirmed: {error}") from error
        finally:
            self._forget(*said[0])

    def join(self, channel: str) -> None:
        """Enter a channel. Raises Refused, OutcomeUnknown."""
        check_target(channel)
        self._ask(lambda session, label: session.join(channel, label))

    def part(self, channel: str, reason: str = "") -> None:
        """Leave a channel. Raises Refused, OutcomeUnknown."""
        check_target(channel)
        wanted = sendable(check_text(reason))
        self._ask(lambda session, label: session.part(channel, wanted, label))

    def set_topic(self, channel: str, text: str) -> None:
        """Set a channel's topic. Raises Refused, OutcomeUnknown."""
        check_target(channel)
        wanted = sendable(check_text(text))
        self._ask(lambda session, label: session.request("TOPIC", channel, wanted, label=label))

    def topic(self, channel: str) -> str:
        """Return a channel's topic, "" when it has none. Raises Refused, OutcomeUnknown."""
        check_target(channel)
        self._ask(lambda session, label: session.request("TOPIC", channel, label=label))
        return self._topics.get(fold(channel), "")

    def names(self, channel: str) -> tuple[str, ...]:
        """Return who is in a channel and online. Raises Refused, OutcomeUnknown."""
        check_target(channel)
        self._ask(lambda session, label: session.request("NAMES", channel, label=label))
        return self._names.get(fold(channel), ())

    def request(self, command: str, *params: str) -> list[Message | Person]:
        """Send a command; return what CHATHISTORY or SEARCH finds, or WHO's rows. Raises as `join` does."""
        with self._changed:
            label = self._next_label()
            rows = self._rows.setdefault(label, [])
        try:
            self._ask(lambda session, label: session.request(command, *params, label=label), label)
        finally:
            del self._rows[label]
        return rows

    def enrol(self, code: str = "") -> str:
        """Let this computer log in with a key of its own from now on; return the name of the device.

        `code` is that of an authenticator, for an account that has one. Raises Refused, CredentialError when
        the key cannot be kept, OutcomeUnknown.
        """
        enrolment = self._enrolment
        if enrolment is None:
            raise CredentialError("this client has no place to keep a key in")
        self._enrolled = None
        self._connection.submit(lambda session: enrolment.begin(session, code))
        self._wait_for(lambda: self._enrolled is not None)
        if isinstance(self._enrolled, Enrolled):
            return self._enrolled.name
        assert self._enrolled is not None, "it was waited for"
        raise self._enrolled.reason

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Yield what happens, from the login on; ends when the client is closed.

        With a `timeout` it also ends when nothing has happened for that long. Raises the error that
        ended the connection, if one did.
        """
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: self._queue or self._ended is not None, timeout):
                    return
                if not self._queue:
                    break
                event = Missed(self._missed) if self._missed else self._queue.popleft()
                self._missed = 0
            yield event
        if self._ended is not None and self._ended.error is not None:
            raise self._ended.error

    # Inside

    def _deliver(self, events: Sequence[Event]) -> None:
        """Called by the I/O thread."""
        with self._changed:
            for event in events:
                self._take_note(event)
                self._queue.append(event)
            while len(self._queue) > MOST_EVENTS:
                self._queue.popleft()
                self._missed += 1
            self._changed.notify_all()

    def _take_note(self, event: Event) -> None:
        match event:
            case Welcome():
                self.nick = event.nick
            case Ready():
                self._ready = True
            case Ended():
                self._ended = event
            case Topic():
                self._topics[fold(event.channel)] = event.text
            case Enrolled() | NotEnrolled():
                self._enrolled = event
            case Names():
                self._names[fold(event.channel)] = event.nicks
            case Answered() if event.label in self._open:
                self._open[event.label] = event
            case Message() | Person() if event.asked in self._rows:
                self._rows[event.asked].append(event)
            case Message() | MessageRefused() | MessageTaken() if event.nonce in self._open:
                self._open[event.nonce] = event
            case _:
                pass

    def _next_label(self) -> str:
        self._calls += 1
        return f"c{self._calls}"

    def _ask(self, request: Callable[[Session, str], object], label: str = "") -> None:
        """Make a request and wait for its answer."""
        with self._changed:
            label = label or self._next_label()
            self._open[label] = None
        self._connection.submit(lambda session: request(session, label))
        try:
            answer = self._outcome(label)
            assert isinstance(answer, Answered), "a label belongs to a request"
            if answer.refused is not None:
                raise answer.refused
        finally:
            self._forget(label)

    def _outcome(self, key: str) -> Answered | Message | MessageRefused | MessageTaken:
        self._wait_for(lambda: self._open[key] is not None)
        outcome = self._open[key]
        assert outcome is not None, "it was waited for"
        return outcome

    def _forget(self, *keys: str) -> None:
        with self._changed:
            for key in keys:
                self._open.pop(key, None)

    def _wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something has happened. Raises OutcomeUnknown, and what ended the connection."""
        with self._changed:
            self._changed.wait_for(lambda: condition() or self._ended is not None, self.timeout)
            if condition():
                return
        if self._ended is None:
            raise OutcomeUnknown(f"the server did not answer within {count(self.timeout, 'second')}")
        raise self._ended.error or Closed("the connection is closed")
