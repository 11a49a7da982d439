"""The handler of logs when things go wrong: it neither waits, nor loses count, nor tells itself."""

import logging
import threading

import pytest

from securechat.client import Client, CredentialError, SecureChatHandler
from securechat.client.api import logs
from tests.unit.client.certificates import Workshop
from tests.unit.client.conftest import Serve
from tests.unit.client.fake_server import Conversation, FakeServer


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_FIRST_PAUSE", 0.0)
    monkeypatch.setattr("securechat.client.network.connection.FIRST_RETRY", 0.0)


def handler(server: FakeServer, workshop: Workshop, capacity: int = 1000) -> SecureChatHandler:
    made = SecureChatHandler(
        "#log",
        str(server.address),
        user="alice",
        password="secret",
        ca=workshop.ca_file(),
        capacity=capacity,
        join=False,
    )
    made.setFormatter(logging.Formatter("%(message)s"))
    return made


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("test", logging.WARNING, "f.py", 1, text, None, None)


def test_wrong_options_are_said_at_once() -> None:
    """And not by the thread, later."""
    with pytest.raises(CredentialError):
        SecureChatHandler("#log", "localhost", user="nobody-here")


def test_a_record_is_sent_again_under_its_name(serve: Serve, workshop: Workshop) -> None:
    """Over a connection that is lost before the confirmation, and is there once."""
    names = []

    def die(conversation: Conversation) -> None:
        conversation.log_in()
        names.append(conversation.message()[1])

    def confirm(conversation: Conversation) -> None:
        conversation.log_in()
        tags, nonce, target, text = conversation.message()
        names.append(nonce)
        conversation.say(f"@{tags};msgid=m1 :alice!alice@s.test PRIVMSG {target} :{text}")
        conversation.wait_for_the_end()

    chat = handler(serve(die, confirm), workshop)
    chat.emit(record("hello"))
    chat.flush(20.0)
    chat.close()
    assert names[0] == names[1] != ""
    assert chat.dropped == 0


def test_what_has_no_room_is_dropped_and_counted(serve: Serve, workshop: Workshop) -> None:
    """`emit` returns at once; the next message that comes through says how many are missing."""
    come, go = threading.Event(), threading.Event()
    said = []

    def wait(conversation: Conversation) -> None:
        conversation.log_in()
        for number in range(3):
            tags, _, target, text = conversation.message()
            said.append(text)
            come.set()
            go.wait(20.0)
            conversation.say(f"@{tags};msgid=m{number} :alice!alice@s.test PRIVMSG {target} :{text}")
        conversation.wait_for_the_end()

    chat = handler(serve(wait), workshop, capacity=2)
    chat.emit(record("one"))
    assert come.wait(20.0)
    for text in ("two", "three", "four"):
        chat.emit(record(text))
    assert chat.dropped == 2
    go.set()
    chat.flush(20.0)
    chat.emit(record("five"))
    chat.flush(20.0)
    chat.close()
    assert said == ["one", "(2 records were dropped before this one) two", "five"]


def test_a_server_that_is_not_there_yet_is_tried_again(
    serve: Serve, workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """The trouble is said once on standard error, and the record is sent when the server lets it in."""
    said = []

    def refuse(conversation: Conversation) -> None:
        conversation.until("CAP LS")
        conversation.say(":s.test 904 alice :Wrong account name or password")
        conversation.wait_for_the_end()

    def take(conversation: Conversation) -> None:
        conversation.log_in()
        tags, _, target, text = conversation.message()
        said.append(text)
        conversation.say(f"@{tags};msgid=m :alice!alice@s.test PRIVMSG {target} :{text}")
        conversation.wait_for_the_end()

    chat = handler(serve(refuse, refuse, take), workshop)
    chat.emit(record("hello"))
    chat.flush(20.0)
    chat.close()
    assert said == ["hello"]
    trouble = "securechat: log records cannot be sent to #log: Wrong account name or password\n"
    assert capsys.readouterr().err == trouble


def test_a_refused_record_is_dropped(
    serve: Serve, workshop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    """It would be refused again; the next one may be taken."""

    def refuse(conversation: Conversation) -> None:
        conversation.log_in()
        tags = conversation.message()[0]
        conversation.say(f"@{tags.partition(';')[0]} :s.test 404 alice #log :No")
        conversation.confirm("m")
        conversation.wait_for_the_end()

    chat = handler(serve(refuse), workshop)
    chat.emit(record("one"))
    chat.emit(record("two"))
    chat.flush(20.0)
    chat.close()
    assert chat.dropped == 1
    assert "No" in capsys.readouterr().err


def test_its_own_thread_tells_it_nothing(
    serve: Serve, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else what is logged while a record is sent would be sent, too, without end."""

    def take(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.confirm("m1")
        conversation.wait_for_the_end()

    server = serve(take)
    chat = handler(server, workshop)
    connect = Client.connect

    def talkative(client: Client) -> None:
        chat.emit(record("from inside"))
        chat.flush()
        connect(client)

    monkeypatch.setattr(Client, "connect", talkative)
    chat.emit(record("hello"))
    chat.flush(20.0)
    chat.close()
    assert [line for line in server.received if "from inside" in line] == []
    assert chat.dropped == 0


def test_after_the_end_records_are_dropped(serve: Serve, workshop: Workshop) -> None:
    """A handler that is closed says nothing more, and closing it twice changes nothing."""

    def nobody(conversation: Conversation) -> None:
        raise AssertionError("nothing is sent, so nothing is connected to")

    chat = handler(serve(nobody), workshop)
    chat.close()
    chat.close()
    chat.emit(record("late"))
    chat.flush()
    assert chat.dropped == 1
