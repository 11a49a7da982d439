"""The Python API: calls that return when the server has answered."""

from collections.abc import Callable
from pathlib import Path

import pytest

import securechat.client
from securechat.client import (
    Client,
    Joined,
    LoginFailed,
    Message,
    Missed,
    OutcomeUnknown,
    Refused,
    Sent,
    TrustError,
)
from securechat.client.api import inbox
from securechat.client.errors import ClientError, CredentialError, InvalidAddress
from securechat.client.network.trust import Trust
from securechat.client.protocol.registration import Credentials
from tests.unit.client.certificates import Workshop
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import Conversation, FakeServer

Trusting = Callable[[FakeServer], Trust]


def client(trust: Trust) -> Client:
    return Client.over(trust, Credentials("alice", "secret"))


def stay(conversation: Conversation) -> None:
    conversation.log_in()
    conversation.wait_for_the_end()


def test_the_client_is_made_from_what_a_script_knows(
    serve: Serve, workshop: Workshop, tmp_path: Path
) -> None:
    """Host and port in one, a password file, a CA file."""
    (tmp_path / "pw").write_text("secret\n")
    server = serve(stay)
    with Client(
        str(server.address), user="alice", password_file=tmp_path / "pw", ca=workshop.ca_file()
    ) as chat:
        assert chat.nick == "alice"
    assert "AUTHENTICATE AGFsaWNlAHNlY3JldA==" in server.received


def test_a_client_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    """Before anything is connected to."""
    for arguments in (
        {"host": "a b", "password": "x"},
        {"host": "a..b", "password": "x"},
        {"host": "h", "port": 0, "password": "x"},
        {"host": "h"},
        {"host": "h", "password_file": tmp_path / "missing"},
        {"host": "h", "password": "x", "ca": tmp_path / "missing"},
    ):
        with pytest.raises((InvalidAddress, CredentialError, TrustError)):
            Client(user="alice", **arguments)
    with pytest.raises(ValueError, match="pin"):
        Client("h", user="alice", password="x", pin="sha256:short")


def test_send_returns_id_and_time_when_the_message_is_stored(serve: Serve, trusting: Trusting) -> None:
    """A text of several lines takes several messages; the last one's id is returned, or all of them."""

    def confirm(conversation: Conversation) -> None:
        conversation.log_in()
        for number in range(3):
            conversation.confirm(f"m{number}")
        conversation.wait_for_the_end()

    with client(trusting(serve(confirm))) as chat:
        assert chat.send("#general", "one") == Sent("m0", 1795347900123)
        assert [sent.id for sent in chat.send_all("#general", "two\nthree")] == ["m1", "m2"]


def test_a_refused_message_raises(serve: Serve, trusting: Trusting) -> None:
    """With the server's code and text; a name that no line can carry, and no text, too."""

    def refuse(conversation: Conversation) -> None:
        conversation.log_in()
        tags = conversation.message()[0]
        conversation.say(f"@{tags.partition(';')[0]} :s.test 403 alice #nope :No such channel")
        conversation.wait_for_the_end()

    with client(trusting(serve(refuse))) as chat:
        with pytest.raises(Refused, match="No such channel") as caught:
            chat.send("#nope", "hello")
        assert caught.value.code == "403"
        for target, text in (("a b", "hello"), ("#general", " \n "), ("#general", "\0"), ("#general", "\r")):
            with pytest.raises(Refused):
                chat.send(target, text)


def test_a_text_is_sent_whole_or_not_at_all(serve: Serve, trusting: Trusting) -> None:
    """What no line can carry is named with its line; a topic and a reason are texts, too."""

    def refuse(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.wait_for_the_end()

    with client(trusting(serve(refuse))) as chat:
        for text, line in (("o\0ne", 1), ("one\n\nthr\udcffee", 3)):
            for call in (chat.send, chat.set_topic, chat.part):
                with pytest.raises(Refused, match=f"^line {line} ") as caught:
                    call("#general", text)
                assert caught.value.code == "INVALID_TEXT"


def test_requests_return_when_they_are_answered(serve: Serve, trusting: Trusting) -> None:
    """join, part, topic, set_topic and names wait for their labelled answer; refusals raise."""

    def answer(conversation: Conversation) -> None:
        conversation.log_in()

        def label() -> str:
            return conversation.until("@label=").partition(" ")[0]

        conversation.say(f"{label()} :alice!alice@s.test JOIN #dev")
        conversation.say(f"{label()} :s.test 332 alice #dev :the topic")
        tag = label()
        conversation.say(
            f"{tag} :s.test BATCH +1 labeled-response", "@batch=1 :s 353 alice = #dev :alice ~bob"
        )
        conversation.say("@batch=1 :s 366 alice #dev :End", ":s BATCH -1")
        conversation.say(f"{label()} :s.test 482 alice #dev :No")
        conversation.say(f"{label()} :alice!alice@s.test PART #dev")
        conversation.wait_for_the_end()

    with client(trusting(serve(answer))) as chat:
        chat.join("#dev")
        assert chat.topic("#dev") == "the topic"
        assert chat.names("#dev") == ("alice", "bob")
        with pytest.raises(Refused, match="No"):
            chat.set_topic("#dev", "mine")
        chat.part("#dev")


def test_a_call_that_is_not_answered_in_time_has_an_unknown_outcome(serve: Serve, trusting: Trusting) -> None:
    """The message may be stored or not."""
    with client(trusting(serve(stay))) as chat:
        chat.timeout = 0.0
        with pytest.raises(OutcomeUnknown):
            chat.send("#general", "hello")


def test_a_message_survives_a_lost_connection(
    serve: Serve, trusting: Trusting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`send` takes longer, and returns the one message that was stored."""
    monkeypatch.setattr("securechat.client.network.connection.FIRST_RETRY", 0.0)

    def die(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.message()

    def confirm(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.confirm("m1")
        conversation.wait_for_the_end()

    with client(trusting(serve(die, confirm))) as chat:
        assert chat.send("#general", "hello").id == "m1"


def test_events_come_in_order_and_end_with_the_connection(serve: Serve, trusting: Trusting) -> None:
    """From the login on; the error that ended the connection is raised after the last one."""

    def talk(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.say("@msgid=m1 :bob!b@s PRIVMSG #general :hi", ":bob!b@s QUIT :bye")
        conversation.wait_for_the_end()

    chat = client(trusting(serve(talk)))
    chat.connect()
    kinds = []
    for event in chat.events():
        kinds.append(type(event))
        if isinstance(event, Message):
            chat.close()
    assert kinds.index(Joined) < kinds.index(Message)
    assert list(chat.events()) == []


def test_events_can_stop_waiting(serve: Serve, trusting: Trusting) -> None:
    """With a timeout the iteration ends when nothing happens."""
    with client(trusting(serve(stay))) as chat:
        assert [type(event) for event in chat.events(timeout=0.0)]


def test_events_that_nobody_takes_are_counted(
    serve: Serve, trusting: Trusting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The queue is bounded, and the gap is told."""
    monkeypatch.setattr(inbox, "MOST_EVENTS", 2)

    def talk(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.say(*[f"@msgid=m{number} :bob!b@s PRIVMSG #general :{number}" for number in range(10)])
        conversation.confirm("own")
        conversation.wait_for_the_end()

    with client(trusting(serve(talk))) as chat:
        chat.send("#general", "after all of them")
        missed, *rest = chat.events(timeout=0.0)
    assert isinstance(missed, Missed)
    assert missed.count >= 8
    assert len(rest) == 2


def test_a_login_that_fails_raises(serve: Serve, trusting: Trusting) -> None:
    """From `with`, and nothing is left behind."""

    def refuse(conversation: Conversation) -> None:
        conversation.until("CAP LS")
        conversation.say(":s.test 904 alice :Wrong account name or password")
        conversation.wait_for_the_end()

    with pytest.raises(LoginFailed), client(trusting(serve(refuse))):
        raise AssertionError("logged in")


def test_a_closed_client_refuses_calls(serve: Serve, trusting: Trusting) -> None:
    """Instead of waiting for an answer that cannot come."""
    chat = client(trusting(serve(stay)))
    chat.connect()
    chat.close()
    with pytest.raises(ClientError):
        chat.join("#dev")


def test_everything_that_is_exported_is_there() -> None:
    """The package imports its parts when they are used."""
    for name in securechat.client.__all__:
        assert getattr(securechat.client, name) is not None
    with pytest.raises(AttributeError):
        _ = securechat.client.nothing
