"""`securechat` alone where no server is known: from there into the chat, with the real server."""

import os
import signal
from pathlib import Path

from tests.system.client_process import ClientTerminal
from tests.system.conftest import Serve
from tests.system.server_process import PASSWORD, ServerProcess
from tests.system.tmux import TmuxTerminal, needs_tmux


def pin_of(server: ServerProcess) -> str:
    """The pin of its authority, behind the name of the hash."""
    return server.administer("invite", "--host", "localhost").strip().rpartition(":")[2]


def test_plain_questions(shared_server: ServerProcess, tmp_path: Path) -> None:
    """The pin, then the account, the password again after a wrong one, and the chat; the next time at once.

    Nothing typed at the first question ends it, and says what else there is.
    """
    with ClientTerminal(tmp_path, "connect") as person:
        person.until("The server (chat.example.org)")
        person.type("\r")
        person.until("securechat connect NAME@HOST")
        assert person.end() == 2
    with ClientTerminal(tmp_path) as person:
        person.until("The server (chat.example.org)")
        person.type(f"alice@localhost:{shared_server.port}\r")
        person.until("The first 8 characters of its pin")
        assert not any("assword" in row for row in person.rows())
        person.type(f"{pin_of(shared_server)[:8]}\r")
        person.until("1/2:")
        person.type("1\r")
        person.until("The name of your account [alice]")
        person.type("\r")
        person.until("Your password")
        person.type("not this one\r")
        person.until("Wrong account name or password")
        while sum("Your password" in row for row in person.rows()) < 2:
            person.more()
        person.type(f"{PASSWORD}\r")
        person.until("Let this computer log in without")
        person.type("2\r")
        person.until("#general>")
        person.type("exit\r")
        assert person.end() == 0
        assert not any(PASSWORD in row for row in person.rows())
    with ClientTerminal(tmp_path) as person:
        person.until("Password of alice on localhost")


@needs_tmux
def test_in_the_app(serve: Serve, tmp_path: Path) -> None:
    """An invitation's link, a name that is taken, another one, this computer as a device, and the chat."""
    server = serve(accounts=["alice"])
    with TmuxTerminal(tmp_path) as person:
        person.until("The server (chat.example.org)")
        person.type(server.administer("invite", "--host", "localhost").strip(), "Enter")
        person.until("The name you want in the chat")
        person.type("C-u", "alice", "Enter")
        person.until("A new password for alice")
        person.type(PASSWORD, "Enter")
        person.until("The same password once more")
        person.type(PASSWORD, "Enter")
        person.until("exists already")
        person.type("C-u", "bob", "Enter")
        person.until("Let this computer log in without your password")
        person.type("Enter")
        person.until("● online")
        person.until("without your password: it is the")
        person.type("C-q")
        person.until("ENDED 0")
        person.until("RESTORED")
    with TmuxTerminal(tmp_path) as person:
        person.until("● online")


@needs_tmux
def test_a_signal_leaves_the_terminal_in_order(tmp_path: Path) -> None:
    """Also before there is a chat."""
    with TmuxTerminal(tmp_path) as person:
        person.until("The server (chat.example.org)")
        os.kill(person.pid(), signal.SIGTERM)
        person.until("ENDED 143")
        person.until("RESTORED")
        assert not any("chat.example.org" in row for row in person.rows())
