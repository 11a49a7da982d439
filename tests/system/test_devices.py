"""Devices of one account in step, over TLS and over a crash of the server."""

from collections.abc import Callable

from tests.system.conftest import Serve
from tests.system.person import CAPABILITIES, Person, Wire

Enter = Callable[..., Person]

MODERN = (
    *CAPABILITIES,
    "draft/chathistory",
    "draft/event-playback",
    "draft/message-redaction",
    "draft/read-marker",
    "soju.im/search",
    "standard-replies",
)


def lines(wire: Wire, request: str) -> list[tuple[str, ...]]:
    """Ask for something that is answered with a batch; return command, parameters and msgid of its lines."""
    wire.send(request)
    opening = wire.expect("BATCH")
    inside = wire.until(
        lambda line: line.command == "BATCH" and line.params[0] == f"-{opening.params[0][1:]}"
    )
    return [(line.command, *line.params, line.tags.get("msgid", "")) for line in inside[:-1]]


def test_a_device_that_was_away_gets_what_was_done(serve: Serve, enter: Enter) -> None:
    """Edits, reactions, redactions with their reasons, topics and markers, after kill -9 of the server."""
    server = serve(accounts=["alice", "bob"])
    desk, bob = enter(server, "alice", capabilities=MODERN), enter(server, "bob", capabilities=MODERN)
    with enter(server, "alice", capabilities=MODERN) as phone:
        desk.join("#dev")
        bob.join("#dev")
        wrong, secret = bob.say("#dev", "teh plan"), bob.say("#dev", "password: hunter2")
        phone.hear("password: hunter2")
    bob.send(f"@+securechat/edit={wrong} PRIVMSG #dev :the plan")
    edit = bob.hear("the plan").tags["msgid"]
    desk.send(f"@+draft/reply={wrong};+draft/react=x TAGMSG #dev")
    reaction = desk.expect("TAGMSG", "#dev").tags["msgid"]
    bob.send(f"REDACT #dev {secret} :a secret")
    redaction = bob.expect("REDACT", "#dev", secret).tags["msgid"]
    desk.send("TOPIC #dev :news")
    topic = desk.expect("TOPIC", "#dev").tags["msgid"]
    last = bob.say("#dev", "bye")
    time = desk.hear("bye").tags["time"]
    desk.send(f"MARKREAD #dev timestamp={time}")
    desk.expect("MARKREAD", "#dev")
    port = server.port
    server.kill()
    server.start(port=port)
    phone = enter(server, "alice", capabilities=MODERN)
    assert [line.params for line in phone.welcome if line.command == "332"] == [("alice", "#dev", "news")]
    assert f"timestamp={time}" in [line.params[-1] for line in phone.welcome if line.command == "MARKREAD"]
    assert lines(phone, f"CHATHISTORY AFTER #dev msgid={secret} 50") == [
        ("PRIVMSG", "#dev", "the plan", edit),
        ("TAGMSG", "#dev", reaction),
        ("REDACT", "#dev", secret, "a secret", redaction),
        ("TOPIC", "#dev", "news", topic),
        ("PRIVMSG", "#dev", "bye", last),
    ]
    assert lines(phone, f"CHATHISTORY AROUND #dev msgid={secret} 1") == [
        ("REDACT", "#dev", secret, "a secret", ""),
        ("PRIVMSG", "#dev", "the plan", edit),
    ], "the tombstone is in its place, and beyond the limit"
    assert lines(phone, "SEARCH text=hunter2") == []
    assert b"hunter2" not in server.database.read_bytes()


def test_what_is_said_to_operators_is_kept_for_them(serve: Serve, enter: Enter) -> None:
    """A confirmed message to a rank is there after a crash, for that rank only, in history and search."""
    server = serve(accounts=["alice", "bob", "carol"])
    alice = enter(server, "alice", capabilities=MODERN)
    alice.join("#dev")
    with (
        enter(server, "bob", capabilities=MODERN) as bob,
        enter(server, "carol", capabilities=MODERN) as carol,
    ):
        for person in (bob, carol):
            person.join("#dev")
        report = bob.say("@#dev", "carol is a spy")
    server.kill()
    server.start()
    said = ("PRIVMSG", "@#dev", "carol is a spy", report)
    for name, expected in (("alice", [said]), ("bob", [said]), ("carol", [])):
        person = enter(server, name, capabilities=[one for one in MODERN if one != "draft/event-playback"])
        assert lines(person, "CHATHISTORY LATEST #dev * 50") == expected
        assert lines(person, "SEARCH text=spy") == expected
        person.send(f"REDACT #dev {report}" if name == "carol" else "PING no")
        answer = person.receive()
        assert (
            answer.params[:2] == ("REDACT", "UNKNOWN_MSGID") if name == "carol" else answer.command == "PONG"
        )
