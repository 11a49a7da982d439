"""A server that keeps everything in PostgreSQL: the same commands, and nothing confirmed is lost."""

import json
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.postgres import PostgresPlace, require_server
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import DEADLINE, PASSWORD

Enter = Callable[..., Person]


@pytest.fixture
def place() -> Iterator[PostgresPlace]:
    """An empty database."""
    require_server()
    place = PostgresPlace()
    yield place
    place.drop()


def test_a_server_with_postgresql(place: PostgresPlace, serve: Serve, enter: Enter) -> None:
    """Accounts that were made without and with the server chat; what was confirmed survives `kill -9`."""
    server = serve({"storage.url": place.url})
    server.administer("adduser", "alice", "--password-stdin", text=f"{PASSWORD}\n")
    server.stop()
    server.administer("adduser", "bob", "--password-stdin", text=f"{PASSWORD}\n")
    server.start()
    alice, bob = enter(server, "alice"), enter(server, "bob")
    alice.say("#general", "kept in PostgreSQL")
    bob.hear("kept in PostgreSQL")
    assert not server.database.exists()
    server.kill()
    assert place.execute("SELECT text FROM messages WHERE command = 'PRIVMSG'") == [("kept in PostgreSQL",)]
    server.start()
    enter(server, "alice").say("#general", "again")
    assert server.administer("users").count("\n") == 3


def test_a_database_that_goes_away_ends_the_server(place: PostgresPlace, serve: Serve, enter: Enter) -> None:
    """Without its connection the server confirms nothing and ends with exit code 70; a new start works."""
    server = serve({"storage.url": place.url})
    server.administer("adduser", "alice", "--password-stdin", text=f"{PASSWORD}\n")
    alice = enter(server, "alice")
    place.disconnect()
    alice.send("PRIVMSG #general :lost")
    assert server.wait() == 70
    (why,) = [line for line in server.log_text().splitlines() if "the thread hub has failed" in line]
    assert "is lost (terminating connection due to administrator command)" in why
    server.check_log()
    assert place.execute("SELECT text FROM messages WHERE command = 'PRIVMSG'") == []
    server.start()
    enter(server, "alice").say("#general", "back")


def test_readers_connect_again(place: PostgresPlace, serve: Serve, enter: Enter) -> None:
    """Nobody notices that connections died; while none can be made queries are refused, the rest goes on."""
    server = serve({"storage.url": place.url})
    server.administer("adduser", "alice", "--password-stdin", text=f"{PASSWORD}\n")
    alice = enter(server, "alice")
    alice.say("#general", "before")
    for number in range(3):
        place.end_readers()
        assert "before" in _asked(alice, "CHATHISTORY LATEST #general * 10")
        place.end_readers()
        assert "before" in _asked(alice, "SEARCH text=before")
        assert f"nonce {number}" in _asked(
            alice, f"@+securechat/nonce=n{number} PRIVMSG #general :nonce {number}"
        )
    place.let_in(False)
    place.end_readers()
    for _ in range(3):
        assert "could not be retrieved: the server is busy" in _asked(
            alice, "CHATHISTORY LATEST #general * 10"
        )
        assert "could not be run" in _asked(alice, "SEARCH text=before")
        assert "STORE_UNAVAILABLE" in _asked(alice, "@+securechat/nonce=new PRIVMSG #general :with a nonce")
    alice.say("#general", "without a nonce")
    state = json.loads(server.administer("status", "--json"))
    assert (state["readers"], state["readers_working"]) == (2, 0)
    assert "not currently accepting connections" in state["readers_problem"]
    assert "0 of 2 working" in server.administer("status")
    place.let_in(True)
    deadline = time.monotonic() + DEADLINE
    while json.loads(server.administer("status", "--json"))["readers_working"] < 2:
        assert time.monotonic() < deadline, "the readers did not connect again by themselves"
    assert "without a nonce" in _asked(alice, "CHATHISTORY LATEST #general * 10")


def _asked(person: Person, line: str) -> str:
    """Return everything that a command is answered with, as one text."""
    person.send(line)
    return "\n".join(f"{answer.command} {' '.join(answer.params)}" for answer in person.sync())
