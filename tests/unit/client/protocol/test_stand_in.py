"""Servers that lack labels, echoes or tags: the session knows no difference."""

import pytest

from securechat.client.deliveries import MessageRefused
from securechat.client.events import Answered, Event, Failed, Message
from securechat.client.protocol.registration import DURABLE, WANTED
from tests.unit.client.wire import Wire

OLD = WANTED - {DURABLE, "labeled-response", "echo-message", "message-tags", "batch", "server-time"}
KINDS = {
    "no labels, echoes and tags": OLD,
    "no labels": WANTED - {"labeled-response"},
    "no labels and echoes": WANTED - {"labeled-response", "echo-message"},
    "no echoes": WANTED - {"echo-message"},
}


def come_in(offer: frozenset[str]) -> Wire:
    """Log in to a server that offers this much."""
    wire = Wire(offer=offer)
    wire.log_in(":alice!alice@s.test JOIN #general", ":s.test 366 alice #general :End")
    wire.sent()
    wire.events()
    return wire


def answer(wire: Wire, line: str = "") -> None:
    """Play the server: every command that was sent is done, and the first message is answered with a line."""
    answers: list[str] = []
    for sent in wire.sent():
        tags, _, rest = sent.partition(" ") if sent.startswith("@") else ("", "", sent)
        label = next((tag for tag in tags[1:].split(";") if tag.startswith("label=")), "")
        command = rest.split(" ")[0]
        if command == "PING":
            answers.append(f":s.test PONG s.test {rest.split(' ')[1]}")
        elif command in ("PRIVMSG", "NOTICE", "WHOIS"):
            refusal = line and (f"@{label} {line}" if label else line)
            echo = f":alice!alice@s.test {rest}" if "echo-message" in wire.session.granted else ""
            shown = f"{tags or '@x'} {echo}" if echo else f"@{label} ACK" if label else ""
            answers.append(refusal or shown)
            line = ""
    wire.says(*filter(None, answers))


def said(events: list[Event]) -> list[tuple[str, str, str, bool]]:
    """What is told of messages."""
    return [
        (event.sender, event.text, event.nonce, event.own) for event in events if isinstance(event, Message)
    ]


@pytest.mark.parametrize("offer", KINDS.values(), ids=KINDS)
def test_a_message_is_told_when_the_server_has_taken_it(offer: frozenset[str]) -> None:
    """Not before; once; as one's own, and the outbox is empty then."""
    wire = come_in(offer)
    wire.session.say("#general", "hello")
    assert said(wire.events()) == [] and len(wire.session.outbox) == 1
    answer(wire)
    assert said(wire.events()) == [("alice", "hello", "n1", True)]
    assert len(wire.session.outbox) == 0


@pytest.mark.parametrize("offer", KINDS.values(), ids=KINDS)
def test_a_refused_message_is_told_with_its_reason(offer: frozenset[str]) -> None:
    """The refusal is that of the message it came behind, and the next message is none of its business."""
    wire = come_in(offer)
    wire.session.say("#general", "hello")
    wire.session.say("#general", "again")
    answer(wire, ":s.test 404 alice #general :Cannot send to channel")
    events = wire.events()
    (refused,) = [event for event in events if isinstance(event, MessageRefused)]
    assert (refused.nonce, refused.text, refused.reason.code) == ("n1", "hello", "404")
    assert said(events) == [("alice", "again", "n2", True)]


@pytest.mark.parametrize("offer", KINDS.values(), ids=KINDS)
def test_what_others_say_meanwhile_is_theirs(offer: frozenset[str]) -> None:
    """The same words of somebody else are no echo."""
    wire = come_in(offer)
    wire.session.say("#general", "hello")
    wire.says(":bob!bob@s.test PRIVMSG #general :hello")
    assert said(wire.events()) == [("bob", "hello", "", False)]
    answer(wire)
    assert said(wire.events()) == [("alice", "hello", "n1", True)]


def test_a_request_is_answered() -> None:
    """Where nothing was refused it is done; what is shown of it comes as ever."""
    wire = come_in(OLD)
    label = wire.session.request("WHOIS", "bob")
    answer(wire, ":s.test 401 alice bob :No such nick")
    refused, done = wire.events()
    assert isinstance(refused, Failed) and refused.label == label
    assert isinstance(done, Answered) and done.refused is not None and done.label == label
    label = wire.session.request("WHOIS", "bob")
    answer(wire, ":s.test 318 alice bob :End")
    assert [(event.label, event.refused) for event in wire.events() if isinstance(event, Answered)] == [
        (label, None)
    ]


def test_no_tag_goes_to_a_server_without_tags() -> None:
    """Neither the nonce nor the reply, and no label."""
    wire = come_in(OLD)
    wire.session.write("#general", "yes", answers="m1")
    message, ping = wire.sent()
    assert message == "PRIVMSG #general yes" and ping.startswith("PING label-")


def test_an_edit_is_no_new_message_on_a_server_without_tags() -> None:
    """Nothing is sent of it, and that is said; of a reaction, too."""
    wire = come_in(OLD)
    wire.session.write("#general", "better", edits="m1")
    assert [line for line in wire.sent() if "better" in line] == []
    wire.session.write("#general", "better", edits="m1")
    wire.session.request("TAGMSG", "#general")
    sent = wire.sent()
    assert not any(line.startswith(("PRIVMSG", "TAGMSG")) for line in sent)
    wire.says(*(f":s.test PONG s.test {line.split(' ')[1]}" for line in sent))
    reasons = [event.reason.code for event in wire.events() if isinstance(event, MessageRefused)]
    assert reasons == ["UNSUPPORTED", "UNSUPPORTED"]
    assert len(wire.session.outbox) == 0


def test_what_was_under_way_is_not_said_twice_by_a_server_without_nonces() -> None:
    """The person is told that it may have been said; what was not sent yet is sent."""
    wire = come_in(OLD)
    wire.session.say("#general", "under way")
    wire.sent()
    wire.session.lose()
    wire.session.say("#general", "not sent")
    wire.session.open(wire.now)
    wire.log_in(":alice!alice@s.test JOIN #general", ":s.test 366 alice #general :End")
    assert [line for line in wire.sent() if line.startswith("PRIVMSG")] == ["PRIVMSG #general :not sent"]
    (maybe,) = [event for event in wire.events() if isinstance(event, MessageRefused)]
    assert (maybe.text, maybe.reason.code) == ("under way", "CONNECTION_LOST")
