"""The client for threads: each call waits for its answer in the thread that makes it."""

import threading
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Concatenate, Final, ParamSpec, Self, TypeVar, Unpack, cast

from securechat.client.api import channels as places
from securechat.client.api import messages, past, people
from securechat.client.api.calls import Answer, Call, Operation, Step
from securechat.client.api.described import described
from securechat.client.api.opening import Options, log_in, make_account
from securechat.client.api.standing import Standing
from securechat.client.errors import CredentialError
from securechat.client.events import Event
from securechat.client.network.connection import keep_connected
from securechat.client.network.enrolment import Enrolment
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import Credentials
from securechat.client.protocol.session import Session

P = ParamSpec("P")
T = TypeVar("T")
DEFAULT_TIMEOUT: Final = 30.0


def blocking(operation: Callable[P, Operation[T]]) -> Callable[Concatenate["Client", P], T]:
    """Make a method of an operation: it waits for every answer."""

    def method(client: "Client", /, *arguments: P.args, **options: P.kwargs) -> T:
        return client.run(operation(*arguments, **options))

    return described(method, operation)


class Client:
    """One account's connection to one server. All methods may be called by any thread.

    Every call returns when the server has answered. It raises `Refused` when the server said no,
    `OutcomeUnknown` when no answer came within `timeout` seconds or the connection was lost before it came,
    and after the end of the connection what ended it (`Closed`, `LoginFailed`, `TrustError`).
    """

    def __init__(self, host: str, port: int = 6697, **options: Unpack[Options]) -> None:
        """Prepare a client; nothing is sent before `connect` or the `with` block.

        `host` may have a port in it; for the options see `Options`. Raises InvalidAddress, CredentialError,
        TrustError, and ValueError for a text that is no pin.
        """
        login = log_in(host, port, options)
        timeout = options.get("timeout", DEFAULT_TIMEOUT)
        self._begin(login.trust, login.credentials, timeout, enrolment=login.enrolment)

    @classmethod
    def over(
        cls,
        trust: Trust,
        credentials: Credentials,
        timeout: float = DEFAULT_TIMEOUT,
        *,
        replay: bool = True,
        enrolment: Enrolment | None = None,
        at_once: bool = False,
    ) -> Self:
        """Prepare a client for a server that is trusted already.

        Without `replay` nothing of what the account missed is told, so that it waits for another client. With
        `at_once` it begins to connect, for which `connect` waits; RuntimeError is raised when there can be no
        more threads.
        """
        client = cls.__new__(cls)
        client._begin(trust, credentials, timeout, replay=replay, enrolment=enrolment)
        if at_once:
            client._start()
        return client

    @classmethod
    def register(cls, link: str, user: str, password: str) -> Self:
        """Make an account with an invitation's link; return a client for it, to connect with.

        The server must prove to be the one that the link means, and is trusted from then on. Raises
        InvalidInvitation, TrustError, Unreachable, Refused (its `code` says what was wrong: the name, the
        password or the invitation), and OutcomeUnknown when the connection was lost before the last answer.
        """
        return cls(str(make_account(link, user, password)), user=user, password=password)

    def _begin(
        self,
        trust: Trust,
        credentials: Credentials,
        timeout: float,
        *,
        replay: bool = True,
        enrolment: Enrolment | None = None,
    ) -> None:
        self.timeout = timeout
        """Seconds that each call waits for an answer of the server."""
        self._changed = threading.Condition()
        self._standing = Standing(credentials.account)
        self._enrolment = enrolment
        self._connection = keep_connected(
            trust, credentials, self._deliver, replay=replay, enrolment=enrolment
        )

    @property
    def nick(self) -> str:
        """What one is called."""
        return self._standing.nick

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
        self._start()
        try:
            self._wait_for(lambda: self._standing.ready)
        except BaseException:
            self.close()
            raise

    def close(self, reason: str = "") -> None:
        """Say goodbye and close. `events` ends then, and calls that wait raise."""
        self._connection.close(reason)

    # What happens

    def events(self, timeout: float | None = None) -> Iterator[Event]:
        """Yield what happens, from the login on; ends when the client is closed.

        With a `timeout` it also ends when nothing has happened for that long. Raises the error that ended the
        connection, if one did.
        """
        standing = self._standing
        while True:
            with self._changed:
                if not self._changed.wait_for(lambda: standing.inbox or standing.ended is not None, timeout):
                    return
                if not standing.inbox:
                    break
                event = standing.inbox.take()
            yield event
        if standing.ended is not None and standing.ended.error is not None:
            raise standing.ended.error

    # What one can do

    send = blocking(messages.send)
    send_all = blocking(messages.send_all)
    reply = blocking(messages.reply)
    edit = blocking(messages.edit)
    delete = blocking(messages.delete)
    react = blocking(messages.react)
    unreact = blocking(messages.unreact)
    tag = blocking(messages.tag)
    typing = blocking(messages.typing)
    pin = blocking(messages.pin)
    unpin = blocking(messages.unpin)
    history = blocking(past.history)
    search = blocking(past.search)
    join = blocking(places.join)
    part = blocking(places.part)
    topic = blocking(places.topic)
    set_topic = blocking(places.set_topic)
    names = blocking(places.names)
    channels = blocking(places.channels)
    pins = blocking(places.pins)
    invite = blocking(places.invite)
    kick = blocking(places.kick)
    mode = blocking(places.mode)
    ban = blocking(places.ban)
    unban = blocking(places.unban)
    members = blocking(people.members)
    whois = blocking(people.whois)
    set_nick = blocking(people.set_nick)
    away = blocking(people.away)
    ignore = blocking(people.ignore)
    unignore = blocking(people.unignore)
    metadata = blocking(people.metadata)
    set_metadata = blocking(people.set_metadata)
    read_marker = blocking(people.read_marker)
    mark_read = blocking(people.mark_read)

    def enrol(self, code: str = "") -> str:
        """Let this computer log in with a key of its own from now on; return the name of the device.

        `code` is that of an authenticator, for an account that has one. Raises Refused, CredentialError when
        the key cannot be kept, OutcomeUnknown.
        """
        if self._enrolment is None:
            raise CredentialError("this client has no place to keep a key in")
        return self.run(people.enrol(self._enrolment, code))

    def run(self, operation: Operation[T]) -> T:
        """Do an operation, such as one that a program has put together of others."""
        try:
            step = next(operation)
            while True:
                step = operation.send(self._ask(step))
        except StopIteration as end:
            return cast(T, end.value)
        finally:
            operation.close()

    # Inside

    def _start(self) -> None:
        try:
            self._connection.start()
        except RuntimeError:
            self.close()
            raise

    def _ask(self, step: Step) -> Answer:
        with self._changed:
            call = self._standing.calls.begin()

        def ask_session(session: Session) -> None:
            keys = step(session, call.label)
            with self._changed:
                call.expect(keys)
                self._changed.notify_all()

        self._connection.submit(ask_session)
        try:
            self._wait_for(lambda: call.is_complete, call)
            return call.answer
        finally:
            with self._changed:
                self._standing.calls.forget(call)

    def _wait_for(self, condition: Callable[[], bool], call: Call | None = None) -> None:
        """Wait until something has happened. Raises OutcomeUnknown, and what ended the connection."""
        standing = self._standing
        with self._changed:
            self._changed.wait_for(lambda: condition() or standing.ended is not None, self.timeout)
            if not condition():
                standing.raise_end(call, timeout=self.timeout)

    def _deliver(self, events: Sequence[Event]) -> None:
        """Called by the I/O thread."""
        with self._changed:
            self._standing.take(events)
            self._changed.notify_all()
