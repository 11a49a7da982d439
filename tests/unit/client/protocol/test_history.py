"""What is told of the past: after an absence everything, in order and once; and what could not be is said."""

from pathlib import Path

import pytest

from securechat.client.address import Address
from securechat.client.events import CatchingUp, Event, Gap, Message, Ready, Redacted
from securechat.client.kept.bookmark_file import BookmarkFile
from securechat.client.protocol.catchup import MOST_PAGES
from securechat.client.protocol.history import Bookmarks, History
from securechat.client.protocol.registration import CHATHISTORY, WANTED
from tests.unit.client.wire import Wire, in_general

AT = 1795347900123
SINCE = "2026-11-22T11:45:00.122Z"


@pytest.fixture
def wire() -> Wire:
    """A session that has been told #general's m1, lost its connection, and is in again."""
    wire = Wire()
    wire.ready(*in_general("bob"))
    wire.says("@msgid=m1;time=2026-11-22T11:45:00.123Z :bob!bob@s.test PRIVMSG #general :one")
    wire.reconnect()
    wire.come_in(*in_general("bob"))
    wire.events()
    return wire


def said(msgid: str, text: str, target: str = "#general") -> str:
    """What bob said, as a page of history shows it."""
    return f"@batch=p;msgid={msgid};time=2026-11-22T11:46:00.000Z :bob!bob@s.test PRIVMSG {target} :{text}"


def asked(sent: list[str]) -> str:
    return sent[-1].partition("=")[2].partition(" ")[0]


def targets(wire: Wire, *names: str) -> list[str]:
    """Answer TARGETS; return what is asked for then."""
    label = asked(wire.sent())
    wire.says(
        f"@label={label} :s.test BATCH +t draft/chathistory-targets",
        *(f"@batch=t :s.test CHATHISTORY TARGETS {name} 2026-11-22T11:46:00.000Z" for name in names),
        ":s.test BATCH -t",
    )
    return [line for line in wire.session.take_output().decode().split("\r\n") if line]


def texts(events: list[Event]) -> list[str]:
    return [event.text for event in events if isinstance(event, Message)]


def answer(wire: Wire, sent: list[str], *lines: str) -> list[str]:
    """Answer the last line that was sent with a page."""
    wire.says(f"@label={asked(sent)} :s.test BATCH +p chathistory x", *lines, ":s.test BATCH -p")
    return wire.sent()


def test_a_session_without_bookmarks_leaves_it_to_the_server() -> None:
    """It does not ask for the capability, so the server tells what the account missed, which is marked."""
    wire = Wire()
    wire.come_in(*in_general())
    sent = wire.sent()
    assert not any(CHATHISTORY in line or "TARGETS" in line for line in sent)
    wire.says(":s.test BATCH +p chathistory #general", said("m1", "hi"), ":s.test BATCH -p")
    heading, message = wire.events()[-2:]
    assert heading == CatchingUp(0)
    assert isinstance(message, Message) and message.past


def test_a_session_that_wants_nothing_of_the_past_asks_for_the_capability_only() -> None:
    """So what the account missed waits for another client."""
    wire = Wire(replay=False)
    wire.come_in()
    sent = wire.sent()
    assert any(CHATHISTORY in line for line in sent)
    assert sent[-1] == "PING ready"


def test_what_was_missed_is_asked_for_and_told(wire: Wire) -> None:
    """First where, then each conversation from its last message; then the session is ready."""
    sent = wire.sent()
    assert (
        sent[-1] == f"@label=1 CHATHISTORY TARGETS timestamp={SINCE} timestamp=9999-12-31T00:00:00.000Z 1000"
    )
    wire.session.take_output()
    wire.says(
        "@label=1 :s.test BATCH +t draft/chathistory-targets",
        "@batch=t :s.test CHATHISTORY TARGETS #general 2026-11-22T11:46:00.000Z",
        "@batch=t :s.test CHATHISTORY TARGETS carol 2026-11-22T11:46:00.000Z",
        ":s.test BATCH -t",
    )
    sent = wire.sent()
    assert sent == ["@label=2 CHATHISTORY AFTER #general msgid=m1 1000"]
    sent = answer(wire, sent, said("m2", "two"), said("m3", "three"))
    assert sent == [f"@label=3 CHATHISTORY AFTER carol timestamp={SINCE} 1000"]
    sent = answer(wire, sent, said("m4", "psst", "alice"))
    assert sent == ["PING ready"]
    events = wire.events()
    assert events[0] == CatchingUp(AT)
    assert texts(events) == ["two", "three", "psst"]
    wire.says(":s.test PONG s.test :ready")
    assert isinstance(wire.events()[-1], Ready)


def test_nothing_missed_is_not_mentioned(wire: Wire) -> None:
    """The last message that was told is not told again, and there is no heading."""
    sent = targets(wire, "#general")
    assert answer(wire, sent) == ["PING ready"]
    assert wire.events() == []


def test_what_is_said_meanwhile_comes_after_what_was_said_before(wire: Wire) -> None:
    """It waits, and what the page already held of it is not told twice."""
    sent = targets(wire, "#general")
    wire.says(
        "@msgid=m3 :bob!bob@s.test PRIVMSG #general :three",
        "@msgid=m4 :bob!bob@s.test PRIVMSG #general :four",
    )
    assert texts(wire.events()) == []
    answer(wire, sent, said("m2", "two"), said("m3", "three"))
    assert texts(wire.events()) == ["two", "three", "four"]


def test_the_servers_limit_is_obeyed(wire: Wire) -> None:
    """ISUPPORT says how many messages a page has; a full one is followed by the next."""
    wire.reconnect()
    wire.says(
        f":s.test CAP * LS :{wire.offer}",
        f":s.test CAP * ACK :{wire.offer}",
        "AUTHENTICATE +",
        ":s.test 903 alice :ok",
        ":s.test 001 alice :Welcome",
        ":s.test 005 alice CHATHISTORY=2 :are supported",
        ":s.test 422 alice :none",
    )
    sent = targets(wire, "#general")
    assert sent[-1].endswith("AFTER #general msgid=m1 2")
    sent = answer(wire, sent, said("m2", "two"), said("m3", "three"))
    assert sent[-1].endswith("AFTER #general msgid=m3 2")
    assert answer(wire, sent, said("m4", "four")) == ["PING ready"]


def test_of_too_much_the_newest_is_told_and_the_gap(wire: Wire) -> None:
    """After some full pages the rest is left out up to the newest page, and the person is told."""
    wire.session.history.limit_pages(1)
    sent = targets(wire, "#general")
    for number in range(MOST_PAGES):
        sent = answer(wire, sent, said(f"a{number}", f"old {number}"))
    assert sent[-1].endswith(f"LATEST #general msgid=a{MOST_PAGES - 1} 1")
    assert answer(wire, sent, said("z", "newest")) == ["PING ready"]
    events = wire.events()
    assert [type(event) for event in events[-2:]] == [Gap, Message]
    assert wire.session.history.bookmarks.last["#general"] == "z"


def test_a_conversation_that_cannot_be_read_is_a_gap(wire: Wire) -> None:
    """The refusal is told as what it means, and the others are read."""
    sent = targets(wire, "#gone", "#general")
    wire.says(f"@label={asked(sent)} :s.test FAIL CHATHISTORY INVALID_TARGET AFTER #gone :Not readable")
    assert wire.events() == [Gap("#gone", "there is no #gone here, or it is not for you to read")]
    assert "#general" in wire.sent()[-1]


def test_a_connection_lost_while_catching_up_goes_on_from_there(wire: Wire) -> None:
    """What was told is not told again; what waited is asked for."""
    sent = targets(wire, "#general")
    wire.says("@msgid=m9 :bob!bob@s.test PRIVMSG #general :live")
    wire.says(f"@label={asked(sent)} :s.test BATCH +p chathistory x", said("m2", "two"))
    wire.reconnect()
    wire.come_in(*in_general("bob"))
    sent = targets(wire, "#general")
    assert "AFTER #general msgid=m2 " in sent[-1]
    answer(wire, sent, said("m9", "live"))
    assert texts(wire.events()) == ["two", "live"]


def test_an_own_message_found_in_history_is_confirmed(wire: Wire) -> None:
    """It was stored before the connection was lost: it is not sent again."""
    (nonce,) = wire.session.say("#general", "mine")
    sent = targets(wire, "#general")
    answer(
        wire, sent, f"@batch=p;msgid=m2;+securechat/nonce={nonce} :alice!alice@s.test PRIVMSG #general mine"
    )
    (message,) = [event for event in wire.events() if isinstance(event, Message)]
    assert message.nonce == nonce
    wire.says(":s.test PONG s.test :ready")
    assert not any("PRIVMSG" in line for line in wire.sent())


def test_a_tombstone_is_told_once(wire: Wire) -> None:
    """A REDACT in place of a message says that it was taken back; one that is known is not repeated."""
    sent = targets(wire, "#general")
    answer(wire, sent, "@batch=p :bob!bob@s.test REDACT #general m2")
    wire.says(":s.test PONG s.test :ready")
    assert [type(event) for event in wire.events()] == [CatchingUp, Redacted, Ready]
    wire.says(":s.test BATCH +p chathistory #general", "@batch=p :bob!bob@s.test REDACT #general m2")
    assert wire.events() == []


def test_a_redaction_is_no_message_of_a_page(wire: Wire) -> None:
    """It does not count against the limit, and what it takes back is not where one goes on from."""
    wire.session.history.limit_pages(2)
    sent = targets(wire, "#general")
    redaction = "@batch=p;msgid=r1 :bob!bob@s.test REDACT #general m0"
    sent = answer(wire, sent, said("m2", "two"), redaction)
    assert sent == ["PING ready"]
    assert wire.session.history.bookmarks.last["#general"] == "r1"
    wire.says("@msgid=r2 :bob!bob@s.test REDACT alice m9", "@msgid=r3 :bob!bob@s.test REDACT #general m2")
    wire.says(":s.test PONG s.test :ready")
    assert wire.session.history.bookmarks.last == {"#general": "r3", "bob": "r2"}


def test_a_page_that_held_it_is_long_ago(wire: Wire) -> None:
    """What is said meanwhile is told once, however much was told between the page that has it and the end."""
    sent = targets(wire, "#general", "#other")
    wire.says(
        "@msgid=m2 :bob!bob@s.test PRIVMSG #general :two", "@msgid=m3 :bob!bob@s.test PRIVMSG #general :three"
    )
    sent = answer(wire, sent, said("m2", "two"))
    many = [said(f"x{number}", "old", "#other") for number in range(5000)]
    answer(wire, answer(wire, sent, *many))
    assert [text for text in texts(wire.events()) if text != "old"] == ["two", "three"]


def test_what_was_said_to_a_rank_belongs_to_its_channel(wire: Wire) -> None:
    """So that the next page begins behind it."""
    sent = targets(wire, "#general")
    answer(wire, sent, "@batch=p;msgid=m2 :bob!bob@s.test PRIVMSG @#general :for operators")
    assert wire.session.history.bookmarks.last == {"#general": "m2"}


def test_what_a_person_asks_for_is_shown_again(wire: Wire) -> None:
    """/history shows what was told already, and moves no bookmark back."""
    answer(wire, targets(wire, "#general"), said("m2", "two"))
    wire.says(":s.test PONG s.test :ready")
    wire.events()
    wire.session.request("CHATHISTORY", "LATEST", "#general", "*", "20", label="u1")
    answer(wire, wire.sent(), said("m1", "one"), said("m2", "two"), said("m0", "older"))
    events = wire.events()
    assert texts(events) == ["one", "two", "older"]
    assert not any(isinstance(event, CatchingUp) for event in events)
    assert wire.session.history.bookmarks.last["#general"] == "m2"


def test_a_server_without_history_leaves_a_gap() -> None:
    """The person learns that what was said meanwhile is not shown."""
    wire = Wire(bookmarks=Bookmarks(AT), offer=WANTED)
    wire.come_in()
    assert [event.target for event in wire.events() if isinstance(event, Gap)] == [""]
    assert wire.sent()[-1] == "PING ready"


def test_bookmarks_are_kept(tmp_path: Path) -> None:
    """For each server and account; conversations are known whatever the case of their names."""
    kept = BookmarkFile(tmp_path / "new" / "bookmarks.json")
    here, there = Address("h.test", 6697), Address("other.test", 6697)
    kept.store(here, "Alice", Bookmarks(AT, {"#général": "m1"}))
    kept.store(there, "alice", Bookmarks(AT + 1))
    assert kept.load(here, "alice") == Bookmarks(AT, {"#général": "m1"})
    assert kept.load(there, "alice") == Bookmarks(AT + 1)
    assert kept.load(there, "bob") == Bookmarks()
    assert (tmp_path / "new" / "bookmarks.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content", ["", "[]", "nonsense", '{"h.test:6697 alice": {"time": 5}}', '{"h.test:6697 alice": null}']
)
def test_bookmarks_that_cannot_be_read_are_none(tmp_path: Path, content: str) -> None:
    """Then the server tells what was missed, as for a new device."""
    path = tmp_path / "bookmarks.json"
    path.write_text(content)
    assert BookmarkFile(path).load(Address("h.test", 6697), "alice") == Bookmarks()


def test_a_session_that_saw_nothing_keeps_nothing(tmp_path: Path) -> None:
    """A login that failed must not say that everything was seen."""
    path = tmp_path / "bookmarks.json"
    BookmarkFile(path).store(Address("h.test", 6697), "alice", Bookmarks())
    assert not path.exists()


def test_a_server_whose_clock_was_ahead(wire: Wire) -> None:
    """The bookmark follows the server's clock back, so that what is said afterwards is asked for."""
    answer(wire, targets(wire, "#general"))
    wire.says(":s.test PONG s.test :ready")
    wire.says("@msgid=m8;time=2027-11-22T11:45:00.000Z :bob!bob@s.test PRIVMSG #general :ahead")
    wire.says("@msgid=m9;time=2026-11-22T11:47:00.001Z :bob!bob@s.test PRIVMSG #general :right")
    assert wire.session.history.bookmarks.time >= AT
    assert wire.session.history.bookmarks.time < AT + 86_400_000


def test_bookmarks_of_a_time_to_come() -> None:
    """Where the server's clock was put right since, a day before its present is asked for."""
    asked_with: list[tuple[str, tuple[str, ...]]] = []

    def ask(command: str, params: tuple[str, ...]) -> str:
        asked_with.append((command, params))
        return "1"

    history = History(Bookmarks(AT + 365 * 86_400_000), True, ask, lambda event: None)
    history.welcomed(frozenset({CHATHISTORY}))
    history.expect("2026-11-22T11:45:00.001Z")
    history.begin()
    span = ("TARGETS", "timestamp=2026-11-21T11:45:00.000Z", "timestamp=9999-12-31T00:00:00.000Z", "1000")
    assert asked_with == [("CHATHISTORY", span)]
