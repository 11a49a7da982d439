"""The control socket: one line asks, one answers."""

import json
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread

import pytest

from securechat.chat.items import Administer
from securechat.chat.requests import (
    AddAccount,
    Answer,
    DisableAccount,
    Done,
    EnableAccount,
    ListAccounts,
    ListAudit,
    Refused,
    RemoveAccount,
    Request,
    SetPassword,
)
from securechat.server.control import Control, user_name
from securechat.server.control_client import NoAnswer, NotRunning, ask, socket_path
from securechat.server.control_protocol import (
    MAX_LINE,
    BadLine,
    Command,
    decode_answer,
    decode_request,
    encode_answer,
    encode_request,
)
from securechat.server.inbox import Inbox

REQUESTS: list[Request] = [
    AddAccount("alice", "$argon2id$…", "admin"),
    SetPassword("alice", "$argon2id$…", keep_sessions=True),
    RemoveAccount("alice"),
    DisableAccount("alice"),
    EnableAccount("alice"),
    ListAccounts(),
    ListAudit(7),
]


class Office:
    """A control socket in a thread, and a hub that answers everything with its name."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.inbox = Inbox()
        self.requests: list[Request] = []
        self.askers: set[tuple[str, str]] = set()
        self.control = Control(
            directory,
            self.inbox,
            {
                "status": lambda _: Done([{"connections": 3}]),
                "say": lambda text: Done([{"said": ascii(text)}]),
            },
            request_seconds=0.2,
            answer_seconds=0.2,
        )
        self.answering = True
        self.threads = [Thread(target=self.control.run), Thread(target=self._hub)]
        for thread in self.threads:
            thread.start()

    def _hub(self) -> None:
        while True:
            for item in self.inbox.take(None, 100):
                if callable(item):
                    return
                assert isinstance(item, Administer)
                self.requests.append(item.request)
                self.askers.add((item.by, item.origin))
                self.control.answered(item.ticket - 1, Refused("LATE", "the answer to an earlier request"))
                if self.answering:
                    self.control.answered(item.ticket, Done([{"kind": type(item.request).__name__}]))

    def send(self, data: bytes) -> bytes:
        """Send bytes and return all that comes back."""
        with socket.socket(socket.AF_UNIX) as sock, socket_path(self.directory) as path:
            sock.settimeout(10)
            sock.connect(path)
            answer = b""
            # It may be closed with some of the request unread.
            with suppress(ConnectionResetError, BrokenPipeError):
                sock.sendall(data)
                while piece := sock.recv(4096):
                    answer += piece
            return answer

    def close(self) -> None:
        self.control.stop()
        self.inbox.put(lambda: None)
        for thread in self.threads:
            thread.join(10)
        self.control.close()


@pytest.fixture
def office(directory: Path) -> Iterator[Office]:
    """A control socket at work, in a directory whose path is too long for a Unix socket."""
    office = Office(directory)
    yield office
    office.close()


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: type(request).__name__)
def test_requests_reach_the_hub_as_they_were(office: Office, request_: Request) -> None:
    """Every kind of request arrives as the value that was sent, and its own answer comes back."""
    assert ask(office.directory, request_) == Done([{"kind": type(request_).__name__}])
    assert office.requests == [request_]
    assert office.askers == {(user_name(os.geteuid()), "control socket")}


def test_commands_of_the_server_are_answered_without_the_hub(office: Office) -> None:
    """`status` is answered by the server itself."""
    assert ask(office.directory, "status") == Done([{"connections": 3}])
    assert office.requests == []


@pytest.mark.parametrize("text", ["/home/ä b", "/no utf-8 \udcff", ""])
def test_commands_may_be_told_something(office: Office, text: str) -> None:
    """What it is arrives as it was, also the name of a file that is no UTF-8."""
    assert ask(office.directory, Command("say", text)) == Done([{"said": ascii(text)}])
    assert decode_request(encode_request(Command("say", text))) == Command("say", text)


def test_an_unknown_operation(office: Office) -> None:
    """What nobody knows is refused by name."""
    answer = ask(office.directory, "dance")
    assert answer == Refused("UNKNOWN_OPERATION", "this server does not know 'dance'")


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"hello\n", "the line is not JSON"),
        (b"[1]\n", "the line is not a JSON object"),
        (b"{}\n", 'the request has no "op"'),
        (b'{"op":"deluser"}\n', '"name" of deluser is missing or has the wrong type'),
        (b'{"op":"deluser","name":5}\n', '"name" of deluser is missing or has the wrong type'),
        (b'{"op":"passwd","name":"a","phc":"x","keep_sessions":1}\n', '"keep_sessions" of passwd'),
        (b'{"op":"deluser","name":"a","forced":true}\n', "deluser has no forced"),
        (b'{"op":' + b"[" * 60_000 + b"\n", "the line is not JSON"),
        (b'{"op":"backup","file":"\\ud800"}\n', "a character that is none"),
        (b'{"op":"backup","file":"a\\u0000b"}\n', "a character that is none"),
        (b'{"op":"deluser","name":"a","\\udfff":"b"}\n', "a character that is none"),
        (b'{"op":"backup","file":"\xff"}\n', "the line is not JSON"),
        (b'{"op":"audit","after":%d}\n' % (1 << 63), "a number of the request is too large"),
        (b'{"op":"audit","after":%s}\n' % (b"9" * 5000), "the line is not JSON"),
        (b'{"op":"say","argument":5}\n', "\"argument\" of 'say' has the wrong type"),
        (b"x" * (MAX_LINE + 4096), f"a request is one line of at most {MAX_LINE} bytes"),
    ],
)
def test_a_bad_request_is_answered(office: Office, line: bytes, text: str) -> None:
    """Whoever does not keep to the protocol is told how."""
    answer = decode_answer(office.send(line))
    assert isinstance(answer, Refused)
    assert answer.code == "BAD_REQUEST"
    assert text in answer.text
    assert office.requests == []


def test_an_error_of_ours_costs_one_connection(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever asked gets no answer, the log says why, and the next one is served."""

    def fail(_argument: str) -> Answer:
        raise KeyError("x")

    office.control._commands = {"fail": fail, "status": lambda _: Done([])}
    with pytest.raises(NoAnswer):
        ask(office.directory, "fail")
    assert caplog.records[-1].exc_info is not None
    assert ask(office.directory, "status") == Done([])


def test_a_connection_that_says_nothing_is_ended(office: Office) -> None:
    """A silent connection does not keep the next one from being served for long."""
    with socket.socket(socket.AF_UNIX) as silent, socket_path(office.directory) as path:
        silent.connect(path)
        assert ask(office.directory, "status") == Done([{"connections": 3}])
        silent.settimeout(10)
        assert silent.recv(1) == b""


def test_no_answer_in_time_is_an_unknown_outcome(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    """When the hub does not answer, the client learns that the outcome is unknown."""
    office.answering = False
    with pytest.raises(NoAnswer, match="ended the connection without an answer"):
        ask(office.directory, ListAccounts())
    assert "the hub did not answer a ListAccounts request in time" in caplog.text


def test_stop_ends_a_request_that_waits(directory: Path) -> None:
    """A stop does not wait for the hub's answer."""
    office = Office(directory)
    office.answering = False
    office.control._answer_seconds = 3600.0
    outcome: list[Exception] = []

    def client() -> None:
        try:
            ask(directory, ListAccounts())
        except NoAnswer as error:
            outcome.append(error)

    thread = Thread(target=client)
    thread.start()
    while not office.requests:
        pass
    office.close()
    thread.join(10)
    assert len(outcome) == 1


def test_only_the_owner_may_use_the_socket(office: Office) -> None:
    """The socket's mode is 0600 from the beginning."""
    assert stat.S_IMODE((office.directory / "control.sock").stat().st_mode) == 0o600


def test_another_user_is_not_served(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is neither the server's user nor root gets no answer, whatever the mode of the file."""
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr("securechat.server.control._ROOT", 12346)
    assert office.send(encode_request("status")) == b""


def test_a_stale_socket_is_replaced(directory: Path) -> None:
    """The socket of a server that was killed is in nobody's way, and none is left after a stop."""
    with socket.socket(socket.AF_UNIX) as dead, socket_path(directory) as path:
        dead.bind(path)
    with pytest.raises(NotRunning, match="no server answers in"):
        ask(directory, "status")
    Office(directory).close()
    assert list(directory.iterdir()) == []
    with pytest.raises(NotRunning):
        ask(directory, "status")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """No directory, no server; and none can be started there."""
    with pytest.raises(NotRunning):
        ask(tmp_path / "nowhere", "status")
    with pytest.raises(OSError, match="cannot make the control socket in"):
        Control(tmp_path / "nowhere", Inbox(), {})


@pytest.mark.parametrize(
    "answer",
    [
        Done([{"certificate": "b\udcff.pem"}]),
        Refused("NO", "b\udcff.toml cannot be read"),
        Done(),
        Done([{"name": "ä", "disabled": False, "created": 5, "last": None}]),
        Done([{"name": "#a"}, {"name": "#b"}], more=7),
        Refused("NO", "no\nway"),
    ],
)
def test_answers_survive_the_way(answer: Answer) -> None:
    """An answer is the same value on the other side, and one line on the way."""
    line = encode_answer(answer)
    assert line.count(b"\n") == 1
    assert decode_answer(line) == (
        answer if isinstance(answer, Refused) else Done(list(answer.rows), answer.more)
    )


def test_others_have_their_turn_while_a_long_answer_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other thread runs while a JSON text is made, so none is made of more than a row."""
    written, encode = list[str](), json.JSONEncoder.encode

    def noted(self: json.JSONEncoder, value: object) -> str:
        written.append(encode(self, value))
        return written[-1]

    monkeypatch.setattr(json.JSONEncoder, "encode", noted)
    line = encode_answer(Done([{"name": f"user{number}"} for number in range(1000)]))
    assert len(line) > 10_000
    assert max(map(len, written)) < 100


@pytest.mark.parametrize("line", [b"", b"5\n", b'{"ok":true}\n', b'{"ok":true,"rows":[1]}\n'])
def test_a_bad_answer_is_an_error(line: bytes) -> None:
    """What is no answer is not taken for one."""
    with pytest.raises(BadLine):
        decode_answer(line)


def test_the_lines_are_json() -> None:
    """Other programs can speak the protocol, too."""
    assert json.loads(encode_request(RemoveAccount("bob"))) == {
        "op": "deluser",
        "name": "bob",
        "messages": "",
        "channels": "",
        "heir": "",
        "force": False,
        "check": False,
    }
    assert decode_request(b'{"op":"adduser","name":"a","phc":"$"}') == AddAccount("a", "$", "member")
