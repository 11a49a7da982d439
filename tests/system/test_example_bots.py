"""The bots of docs/examples/bots, run as they are."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from securechat.client import Client, Message
from tests.system.server_process import DEADLINE, PASSWORD, ServerProcess, clean_environment

_BOTS = Path(__file__).parents[2] / "docs" / "examples" / "bots"


class Bots:
    """Starts bots as bob; they are ended when the test is over."""

    def __init__(self, server: ServerProcess, home: Path) -> None:
        self._server = server
        self._home = home
        self._running: list[subprocess.Popen[bytes]] = []
        (home / "password").write_text(PASSWORD)

    def start(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Start one."""
        told = {"CHAT_PASSWORD_FILE": str(self._home / "password"), "CHAT_CA": str(self._server.ca)}
        command = [sys.executable, str(_BOTS / name), f"localhost:{self._server.port}", "bob", *arguments]
        with (self._home / "bot.log").open("ab") as log:
            bot = subprocess.Popen(
                command, env=clean_environment(self._home, told), stdout=log, stderr=log, cwd=_BOTS.parents[2]
            )
        self._running.append(bot)
        return bot

    def end(self) -> None:
        """End all."""
        for bot in self._running:
            bot.kill()
            bot.wait(DEADLINE)
        print((self._home / "bot.log").read_text())


@pytest.fixture
def bots(shared_server: ServerProcess, tmp_path: Path) -> Iterator[Bots]:
    """Bots on the shared server."""
    made = Bots(shared_server, tmp_path)
    yield made
    made.end()


@pytest.fixture
def alice(shared_server: ServerProcess) -> Iterator[Client]:
    """Somebody who talks with them."""
    server = shared_server
    with Client("localhost", server.port, user="alice", password=PASSWORD, ca=server.ca) as client:
        yield client


def hear(chat: Client, text: str) -> Message:
    """The next message of somebody else with this text."""
    return next(
        event
        for event in chat.events(DEADLINE)
        if isinstance(event, Message) and event.sender != chat.nick and event.text == text
    )


def until_there(chat: Client, channel: str) -> None:
    """Wait until the bot is in a channel."""
    next(event for event in chat.events(DEADLINE) if "bob" in str(event) and channel in str(event))


def test_the_echo_bot_answers_whom_it_should(bots: Bots, alice: Client) -> None:
    """In the channel when it is called, and in direct messages; not itself."""
    alice.join("#birds")
    bots.start("echo.py", "#birds")
    until_there(alice, "#birds")
    alice.send("#birds", "nobody in particular")
    called = alice.send("#birds", "bob: good morning")
    assert hear(alice, "good morning").answers == called.id
    alice.send("bob", "psst")
    assert hear(alice, "psst").conversation == "bob"
    assert [message.text for message in alice.history("#birds")][-1] == "good morning"


def test_the_notifier_tells_how_a_command_went(bots: Bots, alice: Client) -> None:
    """Its exit code is the command's, and everything was sent before it ended."""
    alice.join("#ops")
    assert bots.start("notify.py", "#ops", "sh", "-c", "echo broken pipe; exit 3").wait(DEADLINE) == 3
    assert bots.start("notify.py", "#ops", "true").wait(DEADLINE) == 0
    assert [message.text for message in alice.history("#ops")] == [
        "sh -c echo broken pipe; exit 3 begins",
        "sh -c echo broken pipe; exit 3 failed with 3:\nbroken pipe",
        "true begins",
        "true is done",
    ]


def test_the_reminder_bot_survives_its_end(bots: Bots, alice: Client, tmp_path: Path) -> None:
    """What was wished before and while it was killed is said, each once."""
    alice.join("#remind")
    file = str(tmp_path / "reminders.json")
    bot = bots.start("remind.py", "#remind", file)
    until_there(alice, "#remind")
    alice.send("#remind", "remind 0s look up")
    hear(alice, "alice: look up")
    alice.send("#remind", "remind 1s stand up")
    bot.kill()
    bot.wait(DEADLINE)
    alice.send("#remind", "remind 0s sit down")
    bots.start("remind.py", "#remind", file)
    hear(alice, "alice: stand up")
    alice.send("#remind", "remind 0s enough")
    hear(alice, "alice: enough")
    said = [message.text for message in alice.history("#remind") if message.sender == "bob"]
    assert sorted(said) == ["alice: enough", "alice: look up", "alice: sit down", "alice: stand up"]
