"""The commands for scripts, with a real server: history, search, who and tail."""

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.client_process import command, password_file, run, server_options
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, ServerProcess, clean_environment

Enter = Callable[..., Person]


def rows(text: str) -> list[dict[str, Any]]:
    """Lines of JSON."""
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def server(serve: Serve) -> ServerProcess:
    return serve(accounts=["alice", "bob"])


@pytest.fixture
def alice(server: ServerProcess, tmp_path: Path) -> list[str]:
    """Alice's options."""
    return [*server_options(server, "alice"), *password_file(tmp_path)]


class Tail:
    """`securechat tail` that runs."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self._stdout = process.stdout

    def row(self) -> dict[str, Any]:
        """The next line, when it is there."""
        line = self._stdout.readline()
        assert line, self._process.communicate(timeout=DEADLINE)[1]
        found: dict[str, Any] = json.loads(line)
        return found


@contextmanager
def tailing(home: Path, *arguments: str) -> Iterator[Tail]:
    """Run `securechat tail --json`."""
    with subprocess.Popen(
        command("tail", "--json", *arguments),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(home),
        start_new_session=True,
    ) as process:
        try:
            yield Tail(process)
        finally:
            process.terminate()
            process.communicate(timeout=DEADLINE)


def test_history_search_and_who(
    server: ServerProcess, enter: Enter, alice: list[str], tmp_path: Path
) -> None:
    """A number of messages, of whatever length; what was said with words; who is there."""
    bob = enter(server, "bob")
    for number in range(1, 251):
        bob.say(
            "#general", f"message {number} of the deployment" if number % 50 == 0 else f"message {number}"
        )
    bob.say("alice", "a secret \x1b[31mword")

    def lines(*arguments: str) -> list[dict[str, Any]]:
        done = run(tmp_path, *arguments, "--json", *alice)
        assert (done.returncode, done.stderr) == (0, "")
        return rows(done.stdout)

    texts = [row["text"] for row in lines("history", "#general", "-n", "230")]
    assert texts[0] == "message 21"
    assert texts[-1] == "message 250 of the deployment"
    assert len(texts) == 230
    assert len(lines("history", "#general", "--since", "1h", "-n", "1000")) == 250
    assert [row["text"] for row in lines("history", "bob")] == ["a secret \x1b[31mword"]
    found = lines("search", "deployment", "--in", "#general", "-n", "3")
    assert [row["text"][:11] for row in found] == ["message 150", "message 200", "message 250"]
    assert lines("search", "nothing", "of", "that") == []
    (person,) = [row for row in lines("who", "#general") if row["nick"] == "bob"]
    assert (person["away"], person["channel"]) == (False, "#general")
    plain = run(tmp_path, "history", "bob", *alice)
    assert "(private) bob: a secret ␛[31mword" in plain.stdout
    assert "bob is here" in run(tmp_path, "who", "bob", *alice).stdout


@pytest.mark.parametrize("tool", ["history", "tail"])
def test_a_place_that_is_not_there_ends_with_6(alice: list[str], tmp_path: Path, tool: str) -> None:
    """And says so."""
    done = run(tmp_path, tool, "#nope", *alice)
    assert done.returncode == 6
    assert done.stdout == ""
    assert "#nope" in done.stderr


@pytest.mark.parametrize("since", ["yesterday", "1x", "25:00", "99999999999d"])
def test_a_time_that_is_none_is_a_usage_error(tmp_path: Path, since: str) -> None:
    """It says how times are written, and connects to nobody."""
    done = run(tmp_path, "history", "#general", "--host", "h.test", "--since", since)
    assert done.returncode == 2
    assert since in done.stderr


def test_tail_tells_everything_once_through_a_crash(
    server: ServerProcess, enter: Enter, alice: list[str], tmp_path: Path
) -> None:
    """What was said before, what is said, and what was said while the connection was lost."""
    bob = enter(server, "bob")
    bob.say("#general", "before 1")
    bob.say("#general", "before 2")
    with tailing(tmp_path, "#general", "-n", "1", *alice) as tail:
        assert tail.row()["text"] == "before 2"
        bob.say("#general", "live")
        assert tail.row()["text"] == "live"
        port = server.port
        server.kill()
        server.start(port=port)
        again = enter(server, "bob")
        for number in range(5):
            again.say("#general", f"after {number}")
        assert [tail.row()["text"] for _ in range(5)] == [f"after {number}" for number in range(5)]


def test_tail_ends_when_it_is_told_not_to_follow(
    server: ServerProcess, enter: Enter, alice: list[str], tmp_path: Path
) -> None:
    """The last messages of several conversations."""
    bob = enter(server, "bob")
    bob.say("#general", "in the channel")
    bob.say("alice", "to alice")
    done = run(tmp_path, "tail", "#general", "bob", "--no-follow", "--json", *alice)
    assert done.returncode == 0
    assert [row["text"] for row in rows(done.stdout)] == ["in the channel", "to alice"]


def test_a_text_of_several_lines_is_one_message(
    server: ServerProcess, enter: Enter, alice: list[str], tmp_path: Path
) -> None:
    """Unless a message for each line is asked for."""
    assert run(tmp_path, "send", "#general", *alice, text="one\n\ntwo\n").returncode == 0
    assert run(tmp_path, "send", "#general", "--lines", *alice, text="three\n\nfour\n").returncode == 0
    done = run(tmp_path, "history", "#general", "--json", *alice)
    assert [row["text"] for row in rows(done.stdout)] == ["one\n\ntwo", "three", "four"]
