"""Clients that people have set up for another network: odd nicks, many channels, and a server that dies."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

import pytest

from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import ServerProcess
from tests.system.stock_clients import Irssi, Senpai, WeeChat, irssi_lines, weechat_lines

Enter = Callable[..., Person]
CHANNELS: Final = "#ops,#dev,#random,#help,#music,#lobby"
NICK: Final = "[guest]|work^with-a-nick-that-is-far-too-long-for-anybody"


def weechat(home: Path, server: ServerProcess) -> AbstractContextManager[object]:
    """WeeChat, which tries again after a second."""
    lines = weechat_lines("127.0.0.1", server.port, server.ca, nick=NICK, channels=CHANNELS)
    quick = [
        "/set irc.server_default.autoreconnect_delay 1",
        "/set irc.network.autoreconnect_delay_growing 1",
    ]
    return WeeChat(home / "weechat", [*quick, *lines])


def irssi(home: Path, server: ServerProcess) -> AbstractContextManager[object]:
    """irssi, which tries again after ten seconds: it takes no less."""
    client = Irssi(home / "irssi")
    quick = ["/set server_reconnect_time 10", "/set server_connect_timeout 10"]
    client.set_up([*quick, *irssi_lines("localhost", server.port, server.ca, nick=NICK, channels=CHANNELS)])
    return client


def senpai(home: Path, server: ServerProcess) -> AbstractContextManager[object]:
    """senpai, whose pause after a lost connection is its own."""
    return Senpai(home / "senpai", "localhost", server.port, server.ca, NICK, CHANNELS)


@pytest.mark.parametrize(
    ("program", "client"),
    [("weechat-headless", weechat), ("irssi", irssi), ("senpai", senpai)],
    ids=["weechat", "irssi", "senpai"],
)
def test_a_client_of_another_network_comes_in_and_comes_back(
    program: str,
    client: Callable[[Path, ServerProcess], AbstractContextManager[object]],
    serve: Serve,
    enter: Enter,
    tmp_path: Path,
) -> None:
    """It logs in whatever its nick is, is in all of its channels, and is there again after kill -9."""
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    server = serve(accounts=["alice", "guest"])
    alice = enter(server, "alice")
    for channel in CHANNELS.split(","):
        alice.join(channel)
    wanted = set(CHANNELS.split(","))
    with client(tmp_path, server):
        joined: set[str] = set()
        while not joined >= wanted:
            joined.add(alice.expect("JOIN").params[0])
        port = server.port
        server.kill()
        server.start(port=port)
        alice = enter(server, "alice")
        alice.send("MONITOR + guest")
        alice.until(lambda line: line.command == "730" and line.params[-1].startswith("guest!"))
        alice.send("WHOIS guest")
        assert {name.lstrip("~&@%+") for name in alice.expect("319").params[-1].split()} >= wanted
