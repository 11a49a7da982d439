"""Bans against a running server: whoever they meet is out at once, and stays out."""

import json
from contextlib import ExitStack

import pytest

from tests.system.conftest import Serve
from tests.system.person import Ended, Person, Wire
from tests.system.proxy import from_address
from tests.system.server_process import PASSWORD, ServerProcess


def test_accounts_are_banned_in_one_command(serve: Serve) -> None:
    """Their sessions end, with the reason; a restart changes nothing, and they may come back in the end."""
    names = [f"mallory{number}" for number in range(3)]
    server = serve(accounts=["alice", *names])
    with Person(server, "alice") as alice, ExitStack() as entered:
        people = [entered.enter_context(Person(server, name)) for name in names]
        options = ("--reason", "a flood", "--for", "1h", "--json")
        rows = json.loads(server.administer("ban", "add", *names, *options))
        assert [row["sessions"] for row in rows] == [1, 1, 1]
        for person in people:
            *_, banned, error = person.remainder()
            assert (banned.command, error.command) == ("465", "ERROR")
            assert banned.params[-1].endswith(": a flood")
        assert alice.say("#general", "quiet again")
    server.stop()
    server.start()
    with Wire(server) as wire:
        wire.send(f"PASS :mallory0:{PASSWORD}")
        assert wire.expect("465").params[-1].endswith(": a flood")
    server.administer("ban", "remove", "mallory0")
    with Person(server, "mallory0"):
        pass


@pytest.mark.parametrize(
    ("address", "network"), [("198.51.100.7", "198.51.100.0/24"), ("2001:db8::7", "2001:db8::/32")]
)
def test_a_banned_network_is_refused_before_the_login(serve: Serve, address: str, network: str) -> None:
    """Those who are there from it are out; new connections get no TLS, also after a restart."""
    server = serve({"server.proxies": ["127.0.0.1/32"]}, accounts=["alice"])
    with from_address(server.port, address) as port:
        with Person(server, "alice", port=port) as alice, Wire(server, port=port) as stranger:
            stranger.send("PING x")
            stranger.sync()
            server.administer("ban", "add", network, "--reason", "scanners")
            assert [line.command for line in alice.remainder()[-2:]] == ["465", "ERROR"]
            assert [line.command for line in stranger.remainder()[-2:]] == ["465", "ERROR"]
        _is_refused(server, port)
    server.stop()
    assert f"{address} refused: {network} is banned" in server.log_text()
    server.start()
    with from_address(server.port, address) as port:
        _is_refused(server, port)
        server.administer("ban", "remove", network)
        with Person(server, "alice", port=port):
            pass


def _is_refused(server: ServerProcess, port: int) -> None:
    with pytest.raises((OSError, Ended)), Wire(server, port=port) as wire:
        wire.receive()
