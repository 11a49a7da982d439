"""A server that keeps everything in PostgreSQL: the same commands, and nothing confirmed is lost."""

from collections.abc import Callable, Iterator

import pytest

from tests.support.postgres import PostgresPlace, require_server
from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import PASSWORD

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
    """Without its connection the server confirms nothing and ends with exit code 70."""
    server = serve({"storage.url": place.url})
    server.administer("adduser", "alice", "--password-stdin", text=f"{PASSWORD}\n")
    alice = enter(server, "alice")
    place.disconnect()
    alice.send("PRIVMSG #general :lost")
    assert server.wait() == 70
    assert "the thread hub has failed" in server.log_text()
    assert place.execute("SELECT text FROM messages WHERE command = 'PRIVMSG'") == []
