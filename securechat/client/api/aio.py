"""The client for asyncio: the same operations, awaited.

Theory of operation. The I/O thread hands each batch of events to the event loop by one call
(`call_soon_threadsafe`), and so the answer of the session to each question. Everything else happens on the
loop, without locks. A task that is cancelled while it awaits a call is rid of it at once; what it has asked
for may still be done by the server, as after a lost connection.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar, Unpack, cast

from securechat.client.api import channels as places
from securechat.client.api import messages, past, people
from securechat.client.api.calls import Answer, Operation, Step
from securechat.client.api.client import DEFAULT_TIMEOUT
from securechat.client.api.described import described
from securechat.client.api.opening import Options, log_in
from securechat.client.api.standing import Standing
from securechat.client.events import Event
from securechat.client.network.connection import keep_connected

P = ParamSpec("P")
T = TypeVar("T")
V = TypeVar("V")


def awaited(
    operation: Callable[P, Operation[T]],
) -> Callable[Concatenate["AsyncClient", P], Coroutine[None, None, T]]:
    """Make a coroutine method of an operation."""

    async def method(client: "AsyncClient", /, *arguments: P.args, **options: P.kwargs) -> T:
        return await client.run(operation(*arguments, **options))

    return described(method, operation)


class AsyncClient:
    """One account's connection to one server, for one event loop.

        async with AsyncClient("chat.example.org", user="bot", password_file="secret") as chat:
            await chat.join("#ops")
            async for event in chat.events():
                ...

    Methods, values and errors are those of `Client`, and are awaited. They belong to the loop's thread.
    """

    def __init__(self, host: str, port: int = 6697, **options: Unpack[Options]) -> None:
        """Prepare a client, as `Client` does."""
        login = log_in(host, port, options)
        self.timeout = options.get("timeout", DEFAULT_TIMEOUT)
        """Seconds that each call waits for an answer of the server."""
        self._standing = Standing(login.credentials.account)
        self._came_in, self._news = asyncio.Event(), asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._enrolment = login.enrolment
        self._connection = keep_connected(
            login.trust,
            login.credentials,
            lambda events: self._on_loop(self._take, events),
            enrolment=login.enrolment,
        )

    @property
    def nick(self) -> str:
        """What one is called."""
        return self._standing.nick

    # Beginning and end

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def connect(self) -> None:
        """Connect and log in. Raises Unreachable, TrustError, LoginFailed, Unsuitable, OutcomeUnknown."""
        self._loop = asyncio.get_running_loop()
        self._connection.start()
        try:
            await self._until(self._came_in)
            if not self._standing.ready:
                self._standing.raise_end(timeout=self.timeout)
        except BaseException:
            await self.close()
            raise

    async def close(self, reason: str = "") -> None:
        """Say goodbye and close. `events` ends then, and calls that wait raise."""
        # It waits for the I/O thread, and must end also when the task is cancelled.
        await asyncio.shield(asyncio.to_thread(self._connection.close, reason))

    # What happens

    async def events(self) -> AsyncIterator[Event]:
        """Yield what happens, from the login on; ends when the client is closed. Raises the error that ended
        the connection, if one did.
        """
        standing = self._standing
        while True:
            while standing.inbox:
                yield standing.inbox.take()
            if standing.ended is not None:
                break
            self._news.clear()
            await self._news.wait()
        if standing.ended.error is not None:
            raise standing.ended.error

    # What one can do

    send = awaited(messages.send)
    send_all = awaited(messages.send_all)
    reply = awaited(messages.reply)
    edit = awaited(messages.edit)
    delete = awaited(messages.delete)
    react = awaited(messages.react)
    unreact = awaited(messages.unreact)
    tag = awaited(messages.tag)
    typing = awaited(messages.typing)
    pin = awaited(messages.pin)
    unpin = awaited(messages.unpin)
    history = awaited(past.history)
    search = awaited(past.search)
    join = awaited(places.join)
    part = awaited(places.part)
    topic = awaited(places.topic)
    set_topic = awaited(places.set_topic)
    names = awaited(places.names)
    channels = awaited(places.channels)
    pins = awaited(places.pins)
    invite = awaited(places.invite)
    kick = awaited(places.kick)
    mode = awaited(places.mode)
    ban = awaited(places.ban)
    unban = awaited(places.unban)
    members = awaited(people.members)
    whois = awaited(people.whois)
    set_nick = awaited(people.set_nick)
    away = awaited(people.away)
    ignore = awaited(people.ignore)
    unignore = awaited(people.unignore)
    metadata = awaited(people.metadata)
    set_metadata = awaited(people.set_metadata)
    read_marker = awaited(people.read_marker)
    mark_read = awaited(people.mark_read)

    async def enrol(self, code: str = "") -> str:
        """Let this computer log in with a key of its own from now on, as `Client.enrol` does."""
        return await self.run(people.enrol(self._enrolment, code))

    async def run(self, operation: Operation[T]) -> T:
        """Do an operation, such as one that a program has put together of others."""
        try:
            step = next(operation)
            while True:
                step = operation.send(await self._ask(step))
        except StopIteration as end:
            return cast(T, end.value)
        finally:
            operation.close()

    # Inside

    async def _ask(self, step: Step) -> Answer:
        done = asyncio.Event()
        call = self._standing.calls.begin(done.set)
        self._connection.submit(lambda session: self._on_loop(call.expect, step(session, call.label)))
        try:
            if self._standing.ended is None:
                await self._until(done)
            if not call.is_complete:
                self._standing.raise_end(call, timeout=self.timeout)
            return call.answer
        finally:
            self._standing.calls.forget(call)

    async def _until(self, event: asyncio.Event) -> None:
        """Wait for an event, or until the time is up."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.timeout):
                await event.wait()

    def _on_loop(self, function: Callable[[V], None], value: V) -> None:
        """Called by the I/O thread: have the loop call a function, unless it is closed: then nobody waits."""
        assert self._loop is not None, "it was connected"
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(function, value)

    def _take(self, events: Sequence[Event]) -> None:
        self._standing.take(events)
        self._news.set()
        if self._standing.ready or self._standing.ended is not None:
            self._came_in.set()
