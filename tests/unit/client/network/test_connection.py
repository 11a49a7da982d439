"""The I/O thread: it keeps one connection up, loses no message, and knows when to give up."""

import queue
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from typing import TypeVar

import pytest

from securechat.client.errors import LoginFailed, TrustError, Unreachable
from securechat.client.events import Disconnected, Ended, Event, Message, Ready, Welcome
from securechat.client.network.connection import FIRST_RETRY, LAST_RETRY, Connection, retry_delay
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import Credentials
from securechat.client.protocol.session import Session
from tests.unit.client.certificates import Workshop
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import Conversation, FakeServer

Trusting = Callable[[FakeServer], Trust]
E = TypeVar("E")
_PATIENCE = 20.0


class Listener:
    """Takes what a connection delivers."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.all: list[Event] = []

    def deliver(self, events: Sequence[Event]) -> None:
        for event in events:
            self._events.put(event)

    def until(self, kind: type[E]) -> E:
        """Wait for an event of this kind."""
        while True:
            event = self._events.get(timeout=_PATIENCE)
            self.all.append(event)
            if isinstance(event, kind):
                return event


@contextmanager
def connected(trust: Trust) -> Iterator[tuple[Connection, Listener]]:
    """A connection whose retries come at once."""
    listener = Listener()
    numbers = count()
    session = Session(Credentials("alice", "secret"), mint=lambda: f"n{next(numbers)}")
    connection = Connection(session, trust, listener.deliver, jitter=lambda: -1.0)
    connection.start()
    try:
        yield connection, listener
    finally:
        connection.close("bye")


def stay(conversation: Conversation) -> None:
    """Let the client in, and wait until it goes."""
    conversation.log_in()
    conversation.wait_for_the_end()


def confirm_one(conversation: Conversation) -> None:
    """Let the client in, confirm a message, and wait until it goes."""
    conversation.log_in()
    conversation.confirm("m1")
    conversation.wait_for_the_end()


def leave(conversation: Conversation) -> None:
    """Let the client in and close."""
    conversation.log_in()


def test_with_patience_a_server_that_is_away_is_waited_for(serve: Serve, trusting: Trusting) -> None:
    """Also before the first login: it is one of several, and the others go on."""
    server = serve(stay)
    trust, listener = trusting(server), Listener()
    tries = iter([Unreachable("nobody answers"), Unreachable("nobody answers")])

    class Away(Trust):
        address, certificate = trust.address, None
        anchors = ()

        def __init__(self) -> None:
            self.looked = False

        def context(self) -> ssl.SSLContext:
            for error in tries:
                raise error
            return trust.context()

        def reconsider(self, error: ssl.SSLCertVerificationError) -> None:
            trust.reconsider(error)

    session = Session(Credentials("alice", "secret"), mint=str)
    connection = Connection(session, Away(), listener.deliver, patience=True, jitter=lambda: -1.0)
    connection.start()
    try:
        listener.until(Ready)
        assert [event.reason for event in listener.all if isinstance(event, Disconnected)] == [
            "nobody answers",
            "nobody answers",
        ]
    finally:
        connection.close()


def test_a_message_goes_out_and_is_confirmed(serve: Serve, trusting: Trusting) -> None:
    """From any thread; closing says goodbye, and the last event is Ended."""
    server = serve(confirm_one)
    with connected(trusting(server)) as (connection, listener):
        listener.until(Ready)
        connection.submit(lambda session: session.say("#general", "hello"))
        message = listener.until(Message)
        assert (message.id, message.text, message.own) == ("m1", "hello", True)
    assert listener.until(Ended) == Ended(None, 0)
    assert server.received[-1] == "QUIT bye"


def test_a_lost_connection_is_made_again_and_the_message_sent_again(serve: Serve, trusting: Trusting) -> None:
    """With the nonce that it had; it is told once."""
    nonces = []

    def take_and_die(conversation: Conversation) -> None:
        conversation.log_in()
        nonces.append(conversation.message()[1])

    def confirm_again(conversation: Conversation) -> None:
        conversation.log_in()
        tags, nonce, target, text = conversation.message()
        nonces.append(nonce)
        conversation.say(f"@{tags};msgid=m1 :alice!alice@s.test PRIVMSG {target} :{text}")
        conversation.wait_for_the_end()

    with connected(trusting(serve(take_and_die, confirm_again))) as (connection, listener):
        listener.until(Ready)
        connection.submit(lambda session: session.say("#general", "hello"))
        assert listener.until(Disconnected).waiting == 1
        assert listener.until(Welcome).again
        assert listener.until(Message).id == "m1"
    assert nonces == ["n0", "n0"]
    listener.until(Ended)
    assert sum(isinstance(event, Message) for event in listener.all) == 1


def test_the_servers_reason_is_told(serve: Serve, trusting: Trusting) -> None:
    """ERROR explains a loss better than the socket does."""

    def shut_down(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.say("ERROR :Server shutting down")

    with connected(trusting(serve(shut_down, stay))) as (_, listener):
        assert listener.until(Disconnected).reason == "Server shutting down"
        listener.until(Ready)


def test_a_wrong_password_is_not_tried_again(serve: Serve, trusting: Trusting) -> None:
    """The first refusal ends it."""

    def refuse(conversation: Conversation) -> None:
        conversation.until("CAP LS")
        conversation.say(":s.test 904 alice :SASL authentication failed: Wrong account name or password")
        conversation.wait_for_the_end()

    server = serve(refuse)
    with connected(trusting(server)) as (_, listener):
        ended = listener.until(Ended)
    assert isinstance(ended.error, LoginFailed)
    assert len(server.handshakes) == 1


def test_a_first_connection_that_fails_is_told_and_not_tried_again(serve: Serve, trusting: Trusting) -> None:
    """The person is there and can correct the address."""

    def hang_up(conversation: Conversation) -> None:
        conversation.say("ERROR :Too many connections")

    with connected(trusting(serve(hang_up))) as (_, listener):
        ended = listener.until(Ended)
    assert isinstance(ended.error, Unreachable)
    assert "Too many connections" in str(ended.error)


def test_a_login_that_is_refused_for_now_is_tried_again(serve: Serve, trusting: Trusting) -> None:
    """After a first login, a busy server is no reason to give up."""

    def busy(conversation: Conversation) -> None:
        conversation.until("CAP LS")
        conversation.say(":s.test 904 alice :The server is busy, try again in a few seconds")
        conversation.wait_for_the_end()

    with connected(trusting(serve(leave, busy, stay))) as (_, listener):
        listener.until(Disconnected)
        assert "busy" in listener.until(Disconnected).reason
        assert listener.until(Ready).again


def test_a_password_that_was_changed_meanwhile_ends_it(serve: Serve, trusting: Trusting) -> None:
    """Trying a wrong password again and again would only raise the server's guard."""

    def refuse(conversation: Conversation) -> None:
        conversation.until("CAP LS")
        conversation.say(":s.test 904 alice :Wrong account name or password")
        conversation.wait_for_the_end()

    with connected(trusting(serve(leave, refuse))) as (_, listener):
        assert isinstance(listener.until(Ended).error, LoginFailed)


def test_a_certificate_that_changes_between_connections_is_a_hard_stop(
    serve: Serve, trusting: Trusting, workshop: Workshop
) -> None:
    """No password, and no message that waits, goes to the other server."""
    server = serve(stay)

    def change(conversation: Conversation) -> None:
        conversation.log_in()
        server.context = workshop.self_signed().context
        conversation.message()
        server.received.clear()

    server.scripts.insert(0, change)
    with connected(trusting(server)) as (connection, listener):
        listener.until(Ready)
        connection.submit(lambda session: session.say("#general", "hello"))
        ended = listener.until(Ended)
    assert isinstance(ended.error, TrustError)
    assert ended.waiting == 1
    assert server.received == []


def test_an_untrusted_server_is_sent_nothing(serve: Serve, trusting: Trusting, workshop: Workshop) -> None:
    """Not even the first line."""
    server = serve(stay)
    trust = trusting(server)
    server.context = workshop.self_signed().context
    with connected(trust) as (_, listener):
        assert isinstance(listener.until(Ended).error, TrustError)
    assert server.received == []


def test_closing_does_not_wait_for_the_next_try(serve: Serve, trusting: Trusting) -> None:
    """A connection that waits before it tries again ends at once."""
    listener = Listener()
    session = Session(Credentials("alice", "secret"), mint=lambda: "n")
    connection = Connection(session, trusting(serve(leave)), listener.deliver, jitter=lambda: 1000.0)
    connection.start()
    listener.until(Disconnected)
    connection.close()
    assert listener.until(Ended) == Ended(None, 0)


def test_a_large_flow_in_both_directions_arrives(serve: Serve, trusting: Trusting) -> None:
    """More than the sockets hold, while both sides write."""
    many, width = 1000, 400

    def flood(conversation: Conversation) -> None:
        conversation.log_in()
        for number in range(many):
            conversation.say(f"@msgid=f{number} :bob!b@s PRIVMSG #general :{'x' * width}")
        for number in range(many):
            conversation.confirm(f"m{number}")
        conversation.wait_for_the_end()

    with connected(trusting(serve(flood))) as (connection, listener):
        listener.until(Ready)
        for number in range(many):
            connection.submit(partial(Session.say, target="#general", text=f"{number} {'y' * width}"))
        theirs = own = 0
        while theirs < many or own < many:
            message = listener.until(Message)
            assert message.id == (f"m{own}" if message.own else f"f{theirs}")
            theirs, own = theirs + (not message.own), own + message.own


def test_a_new_connection_can_be_asked_for(serve: Serve, trusting: Trusting) -> None:
    """In place of one that is there, and at once while the next try would be long from now."""
    trust = trusting(serve(stay, stay))
    with connected(trust) as (connection, listener):
        listener.until(Ready)
        connection.renew()
        assert listener.until(Disconnected).reason == "a new connection was asked for"
        assert listener.until(Welcome).again
    session_listener = Listener()
    session = Session(Credentials("alice", "secret"), mint=lambda: "n1")
    waiting = Connection(
        session, trusting(serve(leave, stay)), session_listener.deliver, jitter=lambda: 1000.0
    )
    waiting.start()
    assert session_listener.until(Disconnected).retry > 100
    waiting.renew()
    assert session_listener.until(Welcome).again
    waiting.close("bye")


@pytest.mark.parametrize("jitter", [0.0, 0.5, 1.0])
def test_retries_come_later_and_later(jitter: float) -> None:
    """From half a second to half a minute, twice as long each time, spread by the jitter."""
    delays = [retry_delay(attempt, jitter) for attempt in range(40)]
    assert delays == sorted(delays)
    assert FIRST_RETRY / 2 <= delays[0] <= FIRST_RETRY
    assert LAST_RETRY / 2 <= delays[-1] <= LAST_RETRY
    assert delays[1] == 2 * delays[0]


def test_a_silent_server_is_asked_before_it_is_given_up(
    serve: Serve, trusting: Trusting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The PING leaves when it is due, and the answer keeps the connection."""
    monkeypatch.setattr("securechat.client.protocol.session.PING_AFTER", 0.05)
    answered: queue.SimpleQueue[str] = queue.SimpleQueue()

    def quiet(conversation: Conversation) -> None:
        conversation.log_in()
        answered.put(conversation.until("PING alive"))
        conversation.say(":s.test PONG s.test :alive")
        conversation.wait_for_the_end()

    server = serve(quiet)
    with connected(trusting(server)) as (_, listener):
        listener.until(Ready)
        assert answered.get(timeout=_PATIENCE) == "PING alive"
    assert not any(isinstance(event, Disconnected) for event in listener.all)
