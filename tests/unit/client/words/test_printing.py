"""Events in words; and no printing path lets remote text do anything to the terminal."""

import ast
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
import typer
from typer.testing import CliRunner

import securechat.client
from securechat.cli.client import remote
from securechat.client.address import Address
from securechat.client.device_events import Certified, Enrolled, NotEnrolled
from securechat.client.errors import ClientError, Refused
from securechat.client.events import (
    Announced,
    Answered,
    AwayChanged,
    CatchingUp,
    Disconnected,
    Ended,
    Event,
    Failed,
    Gap,
    Invited,
    Joined,
    Kind,
    Left,
    Listed,
    Message,
    MessageRefused,
    MessageTaken,
    Missed,
    ModesChanged,
    Names,
    NickChanged,
    Person,
    Pin,
    Pinned,
    Quit,
    Reacted,
    ReadUpTo,
    Ready,
    Redacted,
    Renamed,
    Said,
    ServerText,
    Silenced,
    Silences,
    Tagged,
    Talked,
    Topic,
    Typing,
    Value,
    Welcome,
    Whois,
)
from securechat.client.network.trust import UnknownServer
from securechat.client.plain.console import StreamConsole
from securechat.client.plain.editor import LineEditor
from securechat.client.plain.inputs import DescriptorSource
from securechat.client.recent import Spoken
from securechat.client.words.wording import describe, local_time
from securechat.irc.text import count
from tests.unit.client.hostile import HOSTILE, is_harmless


def clock(ms: int) -> str:
    return "14:02"


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (Message("bob", "#general", "hi", 0, "m"), ["14:02 #general bob: hi"]),
        (Message("bob", "alice", "hi", 0, "m"), ["14:02 (private) bob: hi"]),
        (Message("alice", "bob", "hi", 0, "m", own=True), ["14:02 (private to bob) alice: hi"]),
        (Message("bob", "#c", "waves", 0, "m", Kind.ACTION), ["14:02 #c * bob waves"]),
        (Message("bob", "#c", "psst", 0, "m", Kind.NOTICE), ["14:02 #c -bob- psst"]),
        (Joined("#general", "bob", own=False), ["* bob is now in the chat (#general)"]),
        (Joined("#general", "me", own=True), ["* You are in #general."]),
        (Left("#general", "bob", "", own=False), ["* bob has left #general"]),
        (Left("#general", "bob", "lunch", own=False), ["* bob has left #general (lunch)"]),
        (Left("#general", "me", "out", own=True, by="op"), ["* You have left #general (by op, out)"]),
        (Quit("bob", "Quit", ("#c",)), ["* bob has left the chat"]),
        (Quit("bob", "Quit: bye", ("#c",)), ["* bob has left the chat (bye)"]),
        (Quit("bob", "Ping timeout", ("#c",)), ["* bob has left the chat (Ping timeout)"]),
        (Topic("#c", "news", "bob"), ["* bob has set the topic of #c: news"]),
        (Topic("#c", "news"), ["* Topic of #c: news"]),
        (Topic("#c", ""), ["* #c has no topic"]),
        (Names("#c", ("a", "b")), ["* In #c (2): a, b"]),
        (NickChanged("bob", "Bob", own=False), ["* bob is now called Bob"]),
        (NickChanged("al", "Al", own=True), ["* You are now called Al"]),
        (Message("bob", "#c", "a\nb", 0, "m"), ["14:02 #c bob: a", "      b"]),
        (Message("bob", "@#c", "psst", 0, "m"), ["14:02 #c (to operators and up) bob: psst"]),
        (
            Message("bob", "#c", "new", 0, "m", edits="l", quoted=Spoken("bob", "old")),
            ['14:02 #c bob: (edited, it was "old") new'],
        ),
        (Message("bob", "#c", "new", 0, "m", edits="l"), ["14:02 #c bob: (edited) new"]),
        (
            Message("bob", "#c", "new", 0, "m", edits="l", imported=True),
            ["14:02 #c bob: (imported) (edited) new"],
        ),
        (
            Message("bob", "#c", "slow", 0, "m", answers="l", quoted=Spoken("al", "rolling " * 20)),
            [f'14:02 #c bob: (to al: "{("rolling " * 20)[:60]}…") slow'],
        ),
        (Message("bob", "#c", "yes", 0, "m", answers="l"), ["14:02 #c bob: yes"]),
        (MessageTaken("n", "securechat"), []),
        (
            Redacted("#c", "op", "m", "spam", own=False, spoken=Spoken("bob", "buy")),
            ["* op has taken back bob's \"buy\" in #c (spam)"],
        ),
        (
            Redacted("#c", "me", "m", "", own=True, spoken=Spoken("me", "slip")),
            ['* You have taken back "slip" in #c'],
        ),
        (Redacted("me", "bob", "m", "", own=False), ["* bob has taken back an earlier message"]),
        (
            Reacted("#c", "bob", "👍", "m", own=False, spoken=Spoken("al", "done")),
            ["* bob reacts with 👍 to al's \"done\" in #c"],
        ),
        (
            Reacted("#c", "me", "👍", "m", own=True, removed=True),
            ["* You take back the reaction 👍 to an earlier message in #c"],
        ),
        (
            Pinned("#c", "op", "m", removed=False, spoken=Spoken("al", "rules")),
            ["* op has pinned al's \"rules\" in #c"],
        ),
        (Pinned("#c", "op", "m", removed=True), ["* op has unpinned an earlier message in #c"]),
        (Renamed("#a", "#b", "op", "typo"), ["* op has renamed #a to #b (typo)"]),
        (Invited("#c", "me", "bob", own=True), ["* bob invites you: /join #c"]),
        (Invited("#c", "eve", "bob", own=False), ["* bob invites eve to #c"]),
        (Announced("op", "lunch"), ["* op to everybody: lunch"]),
        (Topic("#c", "", "bob"), ["* bob has removed the topic of #c"]),
        (CatchingUp(0), ["* While you were away:"]),
        (CatchingUp(5), ["* Since 14:02:"]),
        (
            Gap("#c", "too much was said"),
            ["* Not everything that was said meanwhile in #c is shown here: too much was said."],
        ),
        (Gap("", "no"), ["* Not everything that was said meanwhile is shown here: no."]),
        (ServerText("news"), ["* news"]),
        (Failed("JOIN", Refused("403", "#x: No such channel")), ["* Refused: #x: No such channel"]),
        (MessageRefused("n", "#c", "hi", Refused("X", "full")), ['* Not sent to #c: full ("hi")']),
        (Answered("1"), []),
        (Answered("1", Refused("CONNECTION_LOST", "it broke")), ["* No answer: it broke"]),
        (Welcome("al", "s.test", durable=True, again=False), ["* Connected to s.test as al."]),
        (Disconnected("cut", 1.0, 0), ["* The connection is lost: cut. Trying again."]),
        (
            Disconnected("cut", 1.0, 2),
            ["* The connection is lost: cut. Trying again. 2 messages not confirmed yet."],
        ),
        (Missed(3), ["* 3 events were missed here."]),
        (Missed(1), ["* 1 event was missed here."]),
        (Said(("n",)), []),
        (Ready((), again=False), []),
        (Ended(None, 0), []),
    ],
)  # fmt: skip
def test_events_in_words(event: Event, lines: list[str]) -> None:
    """What a person reads."""
    assert describe(event, clock) == lines


WORDLESS = {
    Said: "the message is told when the server has it",
    MessageTaken: "the answer of the server is told",
    Ready: "where text goes is told instead",
    Ended: "the end of the program says why",
    Certified: "Enrolled follows",
    Typing: "it would be read aloud over and over",
    ReadUpTo: "one's own doing, which /unread counts",
    Listed: "ServerText says the same",
    Whois: "ServerText says the same",
    Value: "for programs",
    Tagged: "for programs",
    Talked: "for windows that are opened",
    AwayChanged: "for windows that show who is there",
}
"""The events of which nothing is said line by line, and why."""


def test_every_event_is_said_in_words_or_has_a_reason_not_to_be() -> None:
    """A screen reader reads these lines: each kind of event has some, whatever its values are."""
    told = {type(event) for event in hostile_events("x") if describe(event)}
    told |= {CatchingUp, Missed, Silences, Silenced, Enrolled, NotEnrolled, Person, Pin}
    for event in (
        CatchingUp(0),
        Missed(1),
        Silences(()),
        Silenced("bob", added=True),
        Enrolled("laptop", 0),
        NotEnrolled(ClientError("no")),
        Person("bob", "bob", "#c", "", "", away=False, operator=False, bot=False),
        Pin("#c", "m", "bob", 0, "<al> rules"),
    ):
        assert describe(event), event
    assert told.isdisjoint(WORDLESS)
    assert told | WORDLESS.keys() == set(get_args(Event))


def test_a_server_that_keeps_nothing_is_told_apart() -> None:
    """Without securechat/durable a confirmation promises less, and the person learns it."""
    assert len(describe(Welcome("al", "s", durable=False, again=False))) == 2


def test_small_words() -> None:
    """Numbers have their noun; times are those of this computer, with the date unless it is today."""
    assert (count(1, "message"), count(0, "message")) == ("1 message", "0 messages")
    assert local_time(time.time_ns() // 1_000_000).count(":") == len(local_time(0).split(" ")) - 1 == 1
    assert local_time(0).startswith(("1969-12-31 ", "1970-01-01 "))


def hostile_events(text: str) -> Iterator[Event]:
    """Every event that holds remote text, with this text in every place."""
    reason = Refused(text, text)
    yield from (
        Message(text, target, text, 0, text, kind, text) for kind in Kind for target in (text, f"#{text}")
    )
    yield Message(text, text, text, 0, text, own=True)
    yield MessageRefused(text, text, text, reason)
    yield from (Joined(text, text, own) for own in (True, False))
    yield from (Left(text, text, text, own, text) for own in (True, False))
    yield Quit(text, text, (text,))
    yield from (Topic(text, text, text), Topic(text, text), Topic(text, ""))
    yield Names(text, (text, text))
    yield NickChanged(text, text, own=False)
    yield ServerText(text)
    spoken = Spoken(text, text)
    yield Message(text, text, text, 0, text, edits=text, quoted=spoken)
    yield Message(text, f"@#{text}", text, 0, text, answers=text, quoted=spoken)
    yield Redacted(text, text, text, text, own=False, spoken=spoken)
    yield Reacted(text, text, text, text, own=False, spoken=spoken)
    yield Pinned(text, text, text, removed=False, spoken=spoken)
    yield Renamed(text, text, text, text)
    yield Invited(text, text, text, own=False)
    yield Announced(text, text)
    for letter in "ovbeklfWtxz":
        yield from (ModesChanged(to, text, ((True, letter, text),), own=False) for to in (text, f"#{text}"))
    yield Gap(text, text)
    yield Failed(text, reason)
    yield Answered(text, Refused("CONNECTION_LOST", text))
    yield Welcome(text, text, durable=False, again=False)
    yield Disconnected(text, 1.0, 1)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_event_reaches_the_terminal_unsafe(text: str) -> None:
    """Every event, through the console: lines of harmless characters, as many as were meant."""
    printed, outgoing = os.pipe()
    with StreamConsole(DescriptorSource(0), outgoing) as console:
        for event in hostile_events(text):
            lines = describe(event)
            console.show(*lines)
            shown = os.read(printed, 65536).decode()
            assert shown.count("\n") == len(lines) > 0
            assert is_harmless(shown.replace("\n", "")), event
    os.close(printed)
    os.close(outgoing)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_prompt_reaches_the_terminal_unsafe(text: str) -> None:
    """The prompt holds a channel's name, which somebody else chose."""
    editor = LineEditor()
    editor.prompt = f"#{text}> "
    drawn = editor.draw(200).removeprefix("\r\x1b[K")
    assert is_harmless(drawn)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_error_reaches_the_terminal_unsafe(text: str) -> None:
    """Errors quote the server's words and its certificate's names."""
    app = typer.Typer(rich_markup_mode=None)

    @app.command()
    def command() -> None:
        remote.fail(ClientError(f"the server says {text}\n{text}"))

    result = CliRunner().invoke(app)
    assert result.exit_code == 1
    assert is_harmless(result.stderr.replace("\n", ""))


def test_the_question_about_a_pin_quotes_nothing_remote() -> None:
    """An unknown server is described by what this side computed: the address that was typed, and the pin."""
    assert UnknownServer.__slots__ == ("address", "pin")
    assert str(Address("h.test")) == "h.test:6697"


def test_nothing_in_the_package_prints_by_another_way() -> None:
    """Only the console writes, by one function; the handler of logs reports its own failure."""
    allowed = {"logs.py": {"stderr"}, "console.py": {"write"}, "inputs.py": set[str](), "paths.py": {"write"}}
    found = []
    for path in sorted(Path(securechat.client.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
                found.append(f"{path.name}:{node.lineno} print")
            if isinstance(node, ast.Attribute) and node.attr in ("stdout", "stderr") and _is_sys(node.value):
                may = node.attr in allowed.get(path.name, set())
                found += [] if may else [f"{path.name}:{node.lineno} sys.{node.attr}"]
            if isinstance(node, ast.Attribute) and node.attr == "write" and _is_os(node.value):
                found += [] if "write" in allowed.get(path.name, set()) else [f"{path.name}:{node.lineno}"]
    assert found == []


def _is_sys(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "sys"


def _is_os(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "os"
