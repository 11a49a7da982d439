"""People chat through a real server, over real TLS."""

import re
from collections.abc import Callable

from tests.system.conftest import Serve
from tests.system.person import Person
from tests.system.server_process import ServerProcess

Enter = Callable[..., Person]


def test_two_people_hear_each_other(shared_server: ServerProcess, enter: Enter) -> None:
    """What one says in a channel the other hears, with the same msgid as the echo, and vice versa."""
    alice, bob = enter(shared_server, "alice"), enter(shared_server, "bob")
    msgid = alice.say("#general", "hello, bob")
    heard = bob.hear("hello, bob")
    assert heard.tags["msgid"] == msgid
    assert heard.tags["account"] == "alice"
    assert heard.source == "alice!alice@chat.test"
    bob.say("#general", "hello, alice")
    assert alice.hear("hello, alice").params == ("#general", "hello, alice")


def test_an_echo_comes_to_who_asked_for_it(shared_server: ServerProcess, enter: Enter) -> None:
    """Without echo-message the sender gets its message not at all, and its other session gets it once."""
    desk = enter(shared_server, "alice", capabilities=("message-tags",))
    phone = enter(shared_server, "alice")
    desk.send("PRIVMSG #general :from my desk")
    assert desk.said() == []
    assert phone.said() == ["from my desk"]
    phone.say("#general", "from my phone")
    assert desk.said() == ["from my phone"]


def test_all_members_see_one_order(shared_server: ServerProcess, enter: Enter) -> None:
    """Three people who write at the same time all read the same sequence."""
    people = [enter(shared_server, name) for name in ("alice", "bob", "carol")]
    for number in range(50):
        for person in people:
            person.send(f"PRIVMSG #general :{person.nick} {number}")
    for person in people:  # all of it is handled before the first looks
        person.send("PING done")
        person.expect("PONG", "chat.test", "done")
    seen = [_order(person) for person in people]
    assert len(seen[0]) == 150
    assert seen[1] == seen[0]
    assert seen[2] == seen[0]


def _order(person: Person) -> list[str]:
    person.sync()
    lines = person.transcript.decode().split("\r\n")
    # What the account missed before is replayed at the login, and is no part of this.
    said = [line for line in lines if re.search(r" PRIVMSG #general :\w+ \d+$", line)]
    return [line.split(" ", 1)[0].split("msgid=")[1][:13] for line in said]


def test_people_come_and_go(shared_server: ServerProcess, enter: Enter) -> None:
    """Others see JOIN when somebody's first session comes, and QUIT only when the last one goes."""
    alice = enter(shared_server, "alice")
    desk, phone = enter(shared_server, "bob"), enter(shared_server, "bob")
    joins = [line for line in alice.sync() if line.command == "JOIN"]
    assert [line.source for line in joins] == ["bob!bob@chat.test"]
    desk.send("QUIT :bye")
    assert desk.remainder()[-1].command == "ERROR"
    assert "QUIT" not in [line.command for line in alice.sync()]
    phone.close()
    assert alice.expect("QUIT").source == "bob!bob@chat.test"


def test_a_restart_loses_nothing(serve: Serve, enter: Enter) -> None:
    """Who waits, who is a member, what the topic is, which nonces are known: all outlive the server."""
    server = serve(accounts=["alice", "bob", "carol"])
    alice, bob = enter(server, "alice"), enter(server, "bob")
    alice.join("#plans")
    bob.join("#plans")
    alice.send("TOPIC #plans :where to go")
    bob.expect("TOPIC", "#plans")
    alice.send("@+securechat/nonce=n1 PRIVMSG #plans :only once")
    first = alice.hear("only once").tags["msgid"]
    last = alice.say("carol", "read this when you are back")
    alice.close()
    bob.close()
    server.stop()
    server.start()
    bob, alice = enter(server, "bob"), enter(server, "alice")
    burst = [(line.command, line.params) for line in bob.welcome]
    assert ("JOIN", ("#plans",)) in burst
    assert ("332", ("bob", "#plans", "where to go")) in burst
    assert ("353", ("bob", "=", "#plans", "bob")) in burst
    alice.send("@+securechat/nonce=n1 PRIVMSG #plans :only once")
    assert alice.hear("only once").tags["msgid"] == first
    assert bob.said() == []
    assert alice.say("#plans", "still here") > last > first
    assert _texts(enter(server, "carol")) == ["read this when you are back"]
    assert _texts(enter(server, "carol")) == []


def _texts(person: Person) -> list[str]:
    """Return the messages that came with the login."""
    return [line.params[-1] for line in person.welcome if line.command == "PRIVMSG"]


def test_who_is_offline_is_told_of(shared_server: ServerProcess, enter: Enter) -> None:
    """A direct message to somebody who is offline is answered with 301, and delivered at the login."""
    alice = enter(shared_server, "alice", capabilities=())
    alice.send("PRIVMSG carol :are you there?")
    assert alice.expect("301", "alice", "carol").params[-1] == "offline, delivered at next login"
    assert _texts(enter(shared_server, "carol")) == ["are you there?"]


def test_free_nicknames_make_each_session_a_person(serve: Serve, enter: Enter) -> None:
    """With identity.nicknames = "free" two sessions of an account have nicks of their own and can chat."""
    server = serve({"identity.nicknames": "free"}, accounts=["alice"])
    ann, ally = enter(server, "alice", nick="ann"), enter(server, "alice", nick="ally")
    ann.join("#games")
    ally.join("#games")
    ann.say("#games", "your move")
    heard = ally.hear("your move")
    assert (heard.source, heard.tags["account"]) == ("ann!alice@chat.test", "alice")


def test_a_client_that_leaves_without_a_word(shared_server: ServerProcess, enter: Enter) -> None:
    """A connection that breaks is a QUIT for the others and nothing else."""
    alice, bob = enter(shared_server, "alice"), enter(shared_server, "bob")
    bob.socket.shutdown(2)
    bob.close()
    assert alice.expect("QUIT").source == "bob!bob@chat.test"
    alice.say("#general", "is anybody there?")
