"""What was confirmed survives the death of the server."""

from tests.system.confirmed import Load
from tests.system.conftest import Serve
from tests.system.crowd import Crowd

KILLS = 5


def test_no_confirmed_message_is_lost_by_kill_9(serve: Serve) -> None:
    """The server is killed under load again and again; what was echoed is stored once, and in order."""
    senders = ["anna", "boris", "clara", "david"]
    server = serve(accounts=[*senders, "listener"])
    load = Load()
    for kill in range(1, KILLS + 1):
        with Crowd(server) as crowd:
            *people, listener = crowd.log_in([*senders, "listener"])
            load.begin(crowd, people, listener)
            enough = len(load.confirmed) + 150 * kill
            crowd.run(load.has_confirmed(enough), load.on_line)
            server.kill()
            crowd.drain(load.on_line)
        server.start()
    server.stop()
    assert load.check(server.database) >= len(load.confirmed) >= 150 * KILLS
    server.start()  # the fixture stops it
