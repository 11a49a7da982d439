"""Line by line nothing is lost and nothing appears twice: the server and the client are killed in between."""

import os
import time
from pathlib import Path

from securechat.client import Client
from tests.system.client_process import ClientPipe, password_file, server_options
from tests.system.conftest import Serve
from tests.system.server_process import DEADLINE, PASSWORD


def until_there(directory: Path, *texts: str) -> None:
    """Wait until a journal holds these texts."""
    deadline = time.monotonic() + DEADLINE
    while not all(any(text in path.read_text() for path in directory.rglob("*.jsonl")) for text in texts):
        assert time.monotonic() < deadline, "the journal does not hold what was entered"
        os.sched_yield()


def test_what_was_entered_is_sent_by_the_next_start(serve: Serve, tmp_path: Path) -> None:
    """The server dies, lines are entered, the client dies; both are there again, and each line is, once."""
    server = serve(accounts=["alice"])
    arguments = [*server_options(server, "alice"), *password_file(tmp_path)]
    with ClientPipe(tmp_path, *arguments) as client:
        client.until("Your text goes to #general")
        client.enter("before")
        client.until("alice: before")
        server.kill()
        client.until("The connection is lost")
        client.enter("while it is away", "and more")
        kept = tmp_path / ".local" / "state" / "securechat" / "outbox"
        until_there(kept, "while it is away", "and more")
    server.start(port=server.port)
    with ClientPipe(tmp_path, *arguments) as client:
        client.until("2 messages of an earlier time were not confirmed: now sent.")
        client.until("alice: and more")
        client.enter("after", "exit")
        assert client.end() == (0, "")
    with Client("localhost", server.port, user="alice", password=PASSWORD, ca=server.ca) as chat:
        said = [message.text for message in chat.history("#general")]
    assert said == ["before", "while it is away", "and more", "after"]
    assert list(kept.rglob("*.jsonl")) == []
