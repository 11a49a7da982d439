"""The handler of logs when things go wrong: it neither waits, nor loses count, nor tells itself."""

import logging
import os
import threading

import pytest

from securechat.client import Client, CredentialError, SecureChatHandler
from securechat.client.api import logs
from securechat.client.network.connection import Connection
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


def test_the_first_record_begins_every_thread(
    serve: Serve, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that ends right after it can begin no more: of Python 3.12, also those of this handler."""

    def take(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.confirm("m1")
        conversation.wait_for_the_end()

    start = Connection.start

    def at_the_end(connection: Connection) -> None:
        if connection._thread.ident is None and threading.current_thread() is not threading.main_thread():
            raise RuntimeError("can't create new thread at interpreter shutdown")
        start(connection)

    monkeypatch.setattr(Connection, "start", at_the_end)
    server = serve(take)
    chat = handler(server, workshop)
    chat.emit(record("hello"))
    chat.close()
    assert any("hello" in line for line in server.received)
    assert chat.dropped == 0


def test_a_record_that_comes_too_late_raises_nothing(
    serve: Serve, workshop: Workshop, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program that logs goes on; the record is counted, and said to be missing."""

    def too_late(thread: threading.Thread) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    chat = handler(serve(), workshop)
    with monkeypatch.context() as end:
        end.setattr(threading.Thread, "start", too_late)
        chat.emit(record("late"))
        chat.close()
    assert chat.dropped == 1
    assert "at interpreter shutdown" in capsys.readouterr().err


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_begins_anew(serve: Serve, workshop: Workshop) -> None:
    """It has no thread of its parent's, whose connection and records stay its parent's."""

    def take(conversation: Conversation) -> None:
        conversation.log_in()
        conversation.confirm("m1")
        conversation.wait_for_the_end()

    chat, server = handler(serve(take), workshop), serve(take)
    chat.emit(record("parent"))
    chat.flush(20.0)
    chat._login = handler(server, workshop)._login
    with chat._changed:  # as when another thread is in there just then
        child = os.fork()
        if not child:
            chat.emit(record("child"))
            chat.close(20.0)
            os._exit(chat.dropped)
    assert os.waitpid(child, 0)[1] == 0
    chat.close()
    assert [line.rpartition(" ")[2] for line in server.received if " PRIVMSG " in line] == ["child"]
