"""Roles and the end of sessions, with a running server and real connections."""

import json
from collections.abc import Callable

from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]


def asked(server: ServerProcess, *arguments: str) -> object:
    """What a command says to programs."""
    value: object = json.loads(server.administer(*arguments, "--json"))
    return value


def test_powers_end_with_the_role(serve: Serve, enter: Enter) -> None:
    """One command on the host, at once, and the session goes on without them."""
    server = serve(accounts=["alice", "root", "boss"])
    for name in ("root", "boss"):
        server.administer("role", name, "admin")
    alice = enter(server, "alice")
    alice.send(f"OPER root :{PASSWORD}")
    alice.expect("381")
    assert asked(server, "role", "root", "member") == {
        "account": "root",
        "role": "member",
    }
    alice.expect("MODE")
    alice.send("WALLOPS :hello")
    alice.expect("481")
    assert server.run("role", "boss", "member").returncode == 6
    alice.sync()


def test_all_sessions_of_somebody_end(serve: Serve, enter: Enter) -> None:
    """Also more than end in one turn, and by address; nobody else's."""
    server = serve(accounts=["alice", "bob"])
    devices = [enter(server, "alice") for _ in range(7)]
    bob = enter(server, "bob")
    assert asked(server, "sessions", "end", "alice") == {"ended": 7}
    for device in devices:
        assert device.remainder()[-1].command == "ERROR"
    bob.sync()
    assert asked(server, "sessions", "end", "--address", "10.0.0.0/8") == {"ended": 0}
    assert asked(server, "sessions", "end", "--address", "127.0.0.1") == {"ended": 1}
    assert bob.remainder()[-1].command == "ERROR"


def test_an_account_gets_another_name(serve: Serve, enter: Enter) -> None:
    """Its session goes on, and so does its device under the old name; what was said before is found."""
    server = serve(accounts=["alice", "bob"])
    alice, bob = enter(server, "alice"), enter(server, "bob")
    alice.say("#general", "I am alice")
    bob.hear("I am alice")
    token = server.administer("devices", "add", "alice", "phone").strip()
    assert asked(server, "rename", "alice", "alicia") == {"account": "alicia", "previous": "alice"}
    assert bob.expect("NICK").params == ("alicia",)
    alice.expect("NICK")
    alice.say("#general", "I am alicia")
    assert bob.hear("I am alicia").source == "alicia!alicia@chat.test"
    phone = enter(server, "alice", password=token)
    phone.say("#general", "from the phone")
    assert bob.hear("from the phone").source == "alicia!alicia@chat.test"
    server.kill()
    server.start()
    again = enter(server, "alicia")
    again.say("#general", "after a crash")
    assert server.run("adduser", "alice", "--generate").returncode == 6


def test_many_accounts_of_a_file(serve: Serve, enter: Enter) -> None:
    """With a running server: they can log in at once, and are in the channels that everybody is in."""
    server = serve(accounts=["alice"])
    alice = enter(server, "alice")
    lines = "name,password\n" + "".join(f"person{number}x,{PASSWORD}\n" for number in range(60))
    server.administer("users", "import", "-", text=lines)
    last = enter(server, "person59x")
    last.say("#general", "we are many")
    alice.hear("we are many")
    assert len(server.administer("users").splitlines()) == 62
