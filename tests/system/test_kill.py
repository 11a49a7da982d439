"""What was confirmed survives the death of the server."""

from tests.system.confirmed import Load
from tests.system.conftest import Serve
from tests.system.crowd import Crowd

KILLS = 5


def test_no_confirmed_message_is_lost_by_kill_9(serve: Serve) -> None:
    """The server is killed under load again and again; what was echoed is stored and read once, in order."""
    load = Load(["anna", "boris", "clara", "david"])
    server = serve(accounts=load.accounts)
    for kill in range(1, KILLS + 1):
        with Crowd(server) as crowd:
            load.log_in(crowd)
            load.begin()
            enough = len(load.confirmed) + 150 * kill
            crowd.run(load.has_confirmed(enough), load.on_line)
            server.kill()
            crowd.drain(load.on_line)
        server.start()
    with Crowd(server) as crowd:
        load.log_in(crowd)
        crowd.run(load.is_read, load.on_line)
    server.stop()
    assert load.check(server.database) >= len(load.confirmed) >= 150 * KILLS
    server.start()  # the fixture stops it
