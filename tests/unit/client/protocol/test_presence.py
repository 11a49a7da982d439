"""Typing, read markers, and what comes with history that a person asked for."""

import pytest

from securechat.client.events import Answered, Message, ReadUpTo, Redacted, Typing
from tests.unit.client.wire import TIME, Wire, in_general


@pytest.fixture
def wire() -> Wire:
    """A session that is ready, in #general with bob."""
    wire = Wire()
    wire.ready(*in_general("bob"))
    return wire


@pytest.mark.parametrize(("state", "active"), [("active", True), ("paused", False), ("done", False)])
def test_typing_is_told(wire: Wire, state: str, active: bool) -> None:
    """Both tags are known; a pause is the end of it."""
    for tag in ("+typing", "+draft/typing"):
        wire.says(f"@{tag}={state} :bob!bob@s.test TAGMSG #general")
        assert wire.events() == [Typing("#general", "bob", active)]


def test_ones_own_typing_on_another_device_is_not(wire: Wire) -> None:
    """It says nothing to oneself."""
    wire.says("@+typing=active :alice!alice@s.test TAGMSG #general")
    assert wire.events() == []


def test_signals_need_a_connection(wire: Wire) -> None:
    """They do not wait for one: nobody types then any more."""
    wire.session.signal("#general", {"+typing": "active"})
    assert wire.sent() == ["@+typing=active TAGMSG #general"]
    wire.session.lose()
    wire.session.signal("#general", {"+typing": "active"})
    assert wire.sent() == []


def test_read_markers_are_told_with_their_time(wire: Wire) -> None:
    """`*` is nothing yet; what is no time is nothing at all."""
    wire.says(
        ":s.test MARKREAD #general timestamp=2026-11-22T11:45:00.123Z",
        ":s.test MARKREAD bob *",
        ":s.test MARKREAD bob timestamp=soon",
    )
    assert wire.events() == [ReadUpTo("#general", 1795347900123), ReadUpTo("bob", 0)]


def test_what_was_asked_for_names_its_request(wire: Wire) -> None:
    """Also in a search, and with the reactions of the past; the end of the history is told."""
    wire.session.request("CHATHISTORY", "BEFORE", "#general", "msgid=m9", "2", label="h1")
    wire.says(
        "@label=h1 :s.test BATCH +a labeled-response",
        "@batch=a;draft/chathistory-end :s.test BATCH +b chathistory #general",
        f'@batch=b;msgid=m1;{TIME};securechat/reactions={{"+1":["bob","eve"],"x":2}} '
        ":bob!b@s PRIVMSG #general hi",
        f"@batch=b;{TIME} :bob!b@s REDACT #general m2 oops",
        ":s.test BATCH -b",
        ":s.test BATCH -a",
    )
    message, redacted, answered = wire.events()
    assert isinstance(message, Message) and message.asked == "h1" and message.past
    assert message.reactions == (("+1", ("bob", "eve")), ("x", ("", "")))
    assert isinstance(redacted, Redacted) and redacted.asked == "h1"
    assert answered == Answered("h1", None, ended=True)


@pytest.mark.parametrize("value", ["", "[]", "{", "3", '{"x":"y"}'])
def test_reactions_that_make_no_sense_are_none(wire: Wire, value: str) -> None:
    """The message is told all the same."""
    wire.says(f"@msgid=m1;{TIME};securechat/reactions={value} :bob!b@s PRIVMSG #general hi")
    (message,) = wire.events()
    assert isinstance(message, Message) and not any(who for _, who in message.reactions)


def test_what_a_search_finds_is_of_the_past(wire: Wire) -> None:
    """It names its request, moves no bookmark, and is told also when it is known."""
    wire.says(f"@msgid=m1;{TIME} :bob!b@s PRIVMSG #general needle")
    wire.events()
    wire.session.request("SEARCH", "text=needle", label="s1")
    wire.says(
        "@label=s1 :s.test BATCH +q soju.im/search",
        f"@batch=q;msgid=m1;{TIME} :bob!b@s PRIVMSG #general needle",
        ":s.test BATCH -q",
    )
    message, answered = wire.events()
    assert isinstance(message, Message) and (message.asked, message.past) == ("s1", True)
    assert answered == Answered("s1")
