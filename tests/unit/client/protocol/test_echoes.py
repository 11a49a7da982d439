"""An echo is known by the nonce that it carries, whatever its text looks like."""

import pytest

from securechat.client.events import Answered, Event, Kind, Message, MessageRefused, MessageTaken, ServerText
from tests.unit.client.wire import TIME, Wire, in_general

LOOKS = [
    "\x01VERSION\x01",
    "\x01PING 12345\x01",
    "\x01DCC SEND file 1 2 3\x01",
    "\x01",
    "\x01\x01",
    "\x01 \x01",
    "\x01no end",
    "no beginning\x01",
    "\x01ACTION\x01",
    "\x01ACTIONS\x01",
    "\x01action waves\x01",
    "* bob has left #general",
    ":bob!b@s.test PRIVMSG #general :hi",
    "FAIL PRIVMSG UNCONFIRMED :no",
    "@label=1 ACK",
    "BATCH -1",
]


@pytest.fixture
def wire() -> Wire:
    """A session that is ready, in #general with bob."""
    wire = Wire()
    wire.ready(*in_general("bob"))
    return wire


def echoed(wire: Wire, text: str, number: int = 1, msgid: str = "m1") -> list[Event]:
    """Say a text, and let the server echo it."""
    wire.session.say("#general", text)
    label = wire.sent()[-1].partition("@label=")[2].partition(";")[0]
    wire.events()
    tags = f"@label={label};msgid={msgid};+securechat/nonce=n{number};{TIME}"
    wire.says(f"{tags} :alice!alice@s.test PRIVMSG #general :{text}")
    return wire.events()


@pytest.mark.parametrize("text", LOOKS)
def test_an_own_text_is_confirmed_whatever_it_looks_like(wire: Wire, text: str) -> None:
    """A text in the form of CTCP, of an event or of a line is a message like any other."""
    (event,) = echoed(wire, text)
    assert isinstance(event, Message)
    assert (event.nonce, event.id, event.own) == ("n1", "m1", True)
    assert len(wire.session.outbox) == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [("\x01ACTION waves\x01", "waves"), ("\x01ACTION waves", "waves"), ("\x01ACTION\x01", "")],
)
def test_an_own_action_is_confirmed_as_one(wire: Wire, text: str, told: str) -> None:
    """With or without its last \\x01, and when it says nothing."""
    (event,) = echoed(wire, text)
    assert isinstance(event, Message)
    assert (event.kind, event.text, event.nonce) == (Kind.ACTION, told, "n1")


def test_each_line_of_a_text_is_confirmed(wire: Wire) -> None:
    """A line that looks like CTCP between others does not keep the text from being confirmed."""
    nonces = wire.session.say("#general", "before\n\x01VERSION\x01\nafter")
    wire.events()
    for nonce in nonces:
        wire.says(
            f"@msgid=m{nonce};+securechat/nonce={nonce} :alice!alice@s.test PRIVMSG #general :\x01X\x01"
        )
    assert [e.nonce for e in wire.events() if isinstance(e, Message)] == ["n1", "n2", "n3"]


def test_an_own_text_from_another_device_is_a_message(wire: Wire) -> None:
    """Nobody's client asks anything then, also when it comes from the past."""
    wire.says(
        f"@msgid=m1;{TIME} :alice!alice@s.test PRIVMSG bob :\x01VERSION\x01",
        ":s BATCH +b chathistory bob",
        f"@msgid=m2;batch=b;{TIME} :alice!alice@s.test PRIVMSG bob :\x01TIME\x01",
        ":s BATCH -b",
    )
    told = [e for e in wire.events() if isinstance(e, Message)]
    assert [(e.text, e.own, e.past) for e in told] == [
        ("\x01VERSION\x01", True, False),
        ("\x01TIME\x01", True, True),
    ]


def test_an_echo_confirms_although_the_message_is_known_already(wire: Wire) -> None:
    """History may tell a message without its nonce, before its echo comes."""
    wire.session.say("#general", "hi")
    wire.events()
    wire.says(
        f"@msgid=m1;{TIME} :alice!alice@s.test PRIVMSG #general :hi",
        f"@msgid=m1;+securechat/nonce=n1;{TIME} :alice!alice@s.test PRIVMSG #general :hi",
    )
    assert [e.nonce for e in wire.events() if isinstance(e, Message)] == ["", "n1"]


def test_a_nonce_that_somebody_else_copied_confirms_nothing(wire: Wire) -> None:
    """Others in the channel see the nonce, and may send it, too."""
    wire.session.say("#general", "hi")
    wire.events()
    wire.says("@msgid=m9;+securechat/nonce=n1 :bob!bob@s.test PRIVMSG #general :hi")
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert (event.nonce, event.own, len(wire.session.outbox)) == ("", False, 1)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("PRIVMSG alice :\x01VERSION\x01", "bob's client asks yours: VERSION"),
        ("PRIVMSG alice :\x01PING 1", "bob's client asks yours: PING 1"),
        ("NOTICE alice :\x01VERSION irssi\x01", "bob's client answers yours: VERSION irssi"),
    ],
)
def test_what_others_clients_want_is_told_as_such(wire: Wire, line: str, told: str) -> None:
    """A question or an answer between clients is no message of a person."""
    wire.says(f":bob!b@s {line}")
    assert wire.events() == [ServerText(told)]


@pytest.mark.parametrize("text", ["\x01", "\x01\x01", "\x01 hello"])
def test_what_asks_for_nothing_is_a_message(wire: Wire, text: str) -> None:
    """A \\x01 without a word behind it is no CTCP."""
    wire.says(f":bob!b@s PRIVMSG #general :{text}")
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert event.text == text


def test_a_message_of_several_lines_is_one_whatever_a_line_looks_like(wire: Wire) -> None:
    """CTCP has one line, so nothing of such a message is hidden."""
    wire.says(
        f"@msgid=m1;{TIME} :bob!b@s BATCH +b draft/multiline #general",
        "@batch=b :bob!b@s PRIVMSG #general :\x01VERSION\x01",
        "@batch=b :bob!b@s PRIVMSG #general :second",
        ":s BATCH -b",
    )
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert (event.kind, event.text) == (Kind.TEXT, "\x01VERSION\x01\nsecond")


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_refusal_with_a_label_is_always_told(wire: Wire, wrapped: bool) -> None:
    """FAIL for a message refuses it, also from inside a labelled batch, and also after a NOTICE."""
    wire.session.say("#general", "\x01VERSION\x01")
    wire.sent()
    wire.events()
    lines = [
        ":s.test NOTICE alice :something",
        ":s.test FAIL PRIVMSG STORE_UNAVAILABLE :The disk is full",
    ]
    if wrapped:
        inside = [f"@batch=b {line}" for line in lines]
        wire.says("@label=1 :s BATCH +b labeled-response", *inside, ":s BATCH -b")
    else:
        wire.says(f"@label=1 {lines[1]}")
    refused = [e for e in wire.events() if isinstance(e, MessageRefused)]
    assert [(e.nonce, str(e.reason)) for e in refused] == [("n1", "The disk is full")]


def test_a_service_that_answers_has_taken_the_message(wire: Wire) -> None:
    """Also a message that looks like CTCP."""
    wire.session.say("securechat", "\x01VERSION\x01")
    wire.sent()
    wire.events()
    wire.says("@label=1 :securechat!s@s.test NOTICE alice :Unknown command")
    assert [e for e in wire.events() if isinstance(e, MessageTaken | Answered)] == [
        MessageTaken("n1", "securechat")
    ]
