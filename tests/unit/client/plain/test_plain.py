"""The plain client: what a person enters and what happens then."""

from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import pytest

from securechat.client.errors import Refused, TrustError
from securechat.client.events import (
    Answered,
    Disconnected,
    Ended,
    Event,
    Failed,
    Joined,
    Left,
    Message,
    MessageRefused,
    MessageTaken,
    ReadUpTo,
    Ready,
    Renamed,
    Said,
    ServerText,
    Silences,
    Welcome,
)
from securechat.client.plain.client import MOST_WAITING, PATIENCE_OF_PIPE, PlainClient, Result
from securechat.client.plain.console import OutputClosed, Tone
from securechat.client.plain.editor import EndOfInput, Input, Interrupted, Submitted

READY = (Joined("#general", "alice", own=True), Ready(("#general",), again=False))


class FakeSession:
    """Notes what is asked of a session."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, ...]] = []
        self.labels: list[str] = []

    def say(self, target: str, text: str) -> None:
        self.calls.append(("say", target, text))

    def write(self, target: str, text: str, *, answers: str, edits: str) -> None:
        about = ((name, msgid) for name, msgid in (("answers", answers), ("edits", edits)) if msgid)
        self.calls.append(("say", target, text, *(word for pair in about for word in pair)))

    def signal(self, target: str, tags: dict[str, str]) -> None:
        self.calls.append(("signal", target, *(f"{name}={value}" for name, value in tags.items())))

    def join(self, channel: str, label: str, key: str) -> None:
        self._ask(label, "JOIN", channel, *((key,) if key else ()))

    def part(self, channel: str, reason: str, label: str) -> None:
        self._ask(label, "PART", channel, reason)

    def request(self, command: str, *params: str, label: str) -> None:
        self._ask(label, command, *params)

    def _ask(self, label: str, *call: str) -> None:
        self.calls.append(call)
        self.labels.append(label)


class FakeConsole:
    """A console whose every `wait` is a step of the test; the last one is the person's Ctrl-C."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.tones: list[Tone] = []
        self.prompt = ""
        self.steps: deque[Callable[[], list[Input]]] = deque()
        self.wanted: list[bool] = []
        self.woken = 0
        self.broken = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def complete_with(self, complete: Callable[[str], Sequence[str]]) -> None:
        self.complete = complete

    def show(self, *lines: str, tone: Tone = Tone.SPOKEN) -> None:
        self.tones += [tone] * len(lines)
        if self.broken:
            raise OutputClosed("nothing can be printed any more: No space left on device")
        self.lines += lines

    def set_prompt(self, prompt: str) -> None:
        self.prompt = prompt

    def wait(self, timeout: float | None, wanted: bool) -> list[Input]:
        self.wanted.append(wanted)
        return self.steps.popleft()() if self.steps else [Interrupted()]

    def wake(self) -> None:
        self.woken += 1


class Stage:
    """A plain client with a fake console, session and clock."""

    def __init__(self, first: str = "") -> None:
        self.console = FakeConsole()
        self.session = FakeSession()
        self.time = 0.0
        self.reconnected = 0
        self.client = PlainClient(
            self.console,
            lambda command: command(self.session),  # type: ignore[arg-type]
            first=first,
            reconnect=self._reconnect,
            clock=lambda: self.time,
        )

    def _reconnect(self) -> None:
        self.reconnected += 1

    def happens(self, *events: Event) -> None:
        """Events arrive before the next turn."""

        def step() -> list[Input]:
            self.client.deliver(events)
            return []

        self.console.steps.append(step)

    def enters(self, *texts: str) -> None:
        """The person enters lines."""
        self.console.steps.append(lambda: [Submitted(text) for text in texts])

    def breaks(self) -> None:
        """Whoever reads the output goes."""

        def step() -> list[Input]:
            self.console.broken = True
            return []

        self.console.steps.append(step)

    def ends(self) -> None:
        """The input ends."""
        self.console.steps.append(lambda: [EndOfInput()])

    def passes(self, seconds: float) -> None:
        """Time goes by."""

        def step() -> list[Input]:
            self.time += seconds
            return []

        self.console.steps.append(step)

    def run(self) -> Result:
        return self.client.run()


@pytest.fixture
def stage() -> Stage:
    """A client that is ready, in #general."""
    made = Stage()
    made.happens(*READY)
    return made


def own_message(nonce: str) -> Message:
    """What confirms a message."""
    return Message("alice", "#general", "hello", 0, f"m{nonce}", own=True, nonce=nonce)


def test_text_goes_to_the_channel_one_is_in(stage: Stage) -> None:
    """Type and it goes there; blank lines go nowhere."""
    stage.enters("hello", "  ", "//slash")
    stage.run()
    assert stage.session.calls == [("say", "#general", "hello"), ("say", "#general", "/slash")]
    assert stage.console.prompt == "#general> "


@pytest.mark.parametrize(
    ("entered", "params"),
    [
        ("/history", ("#general", "*", "20")),
        ("/history 5", ("#general", "*", "5")),
        ("/history bob", ("bob", "*", "20")),
        ("/history #dev 7", ("#dev", "*", "7")),
    ],
)
def test_what_was_said_lately_can_be_asked_for(stage: Stage, entered: str, params: tuple[str, ...]) -> None:
    """/history takes a channel or a person, and a number."""
    stage.enters(entered)
    stage.run()
    assert stage.session.calls == [("CHATHISTORY", "LATEST", *params)]


def test_a_message_that_the_server_took_waits_for_nothing(stage: Stage) -> None:
    """It is neither unconfirmed nor refused at the end."""
    stage.enters("/msg securechat help")
    stage.happens(Said(("n1",)), MessageTaken("n1", "securechat"))
    stage.ends()
    result = stage.run()
    assert (result.unconfirmed, result.refused, result.interrupted) == (0, 0, False)


def test_input_waits_while_one_is_told_what_was_missed(stage: Stage) -> None:
    """A command is not refused for a connection that is there, but not ready yet."""
    stage.happens(Disconnected("cut", 0.5, 0))
    stage.happens(Welcome("alice", "s.test", durable=True, again=True))
    stage.enters("/names")
    stage.happens(Ready(("#general",), again=True))
    stage.run()
    assert stage.session.calls == [("NAMES", "#general")]


def test_text_follows_a_channel_to_its_new_name(stage: Stage) -> None:
    """It does not go to another channel instead."""
    stage.happens(Renamed("#general", "#all", "op", ""))
    stage.enters("hello")
    stage.run()
    assert stage.session.calls == [("say", "#all", "hello")]


def test_nothing_is_read_before_one_knows_where_it_goes() -> None:
    """Input waits for the end of the login."""
    stage = Stage()
    stage.enters("early")
    stage.happens(*READY)
    stage.run()
    assert stage.console.wanted[0] is False
    assert stage.session.calls == [("say", "#general", "early")]


def test_what_no_message_can_carry_is_refused(stage: Stage) -> None:
    """The line is named and not sent in part; the others are."""
    stage.enters("one", "t\0wo", "thr\udcffee", "/topic f\0our", "five")
    stage.ends()
    assert stage.run().refused == 3
    assert stage.session.calls == [("say", "#general", "one"), ("say", "#general", "five")]
    assert [line for line in stage.console.lines if "Not sent" in line] == [
        "* Not sent: line 2 has a NUL, which no message can carry.",
        "* Not sent: line 3 is not UTF-8, which no message can carry.",
        "* Not sent: line 4 has a NUL, which no message can carry.",
    ]


@pytest.mark.parametrize("line", ["\0", "\udcff", "/nothing", "/msg", "/msg a,b c"])
def test_input_that_is_nothing_but_refused_ends(stage: Stage, line: str) -> None:
    """A file that is no text, or a script that is for another program, does not run for ever."""
    stage.enters("hello")
    stage.happens(Said(("n1",)), own_message("n1"))
    for _ in range(50):
        stage.enters(*[line] * 50)
    result = stage.run()
    assert isinstance(result.error, Refused) and not result.interrupted
    assert str(result.error) == "100 in a row were refused: the rest of the input is not sent"
    assert stage.session.calls == [("say", "#general", "hello")]
    assert len(stage.console.lines) < 120


def test_the_server_may_be_the_one_that_refuses(stage: Stage) -> None:
    """An account that may send no more does not go on being told so."""
    refused = Refused("LIMIT_REACHED", "no more today")
    for number in range(200):
        stage.enters(f"line {number}")
        stage.happens(Said((f"n{number}",)), MessageRefused(f"n{number}", "#general", "line", refused))
    result = stage.run()
    assert isinstance(result.error, Refused) and result.unconfirmed == 0
    assert len(stage.session.calls) == 100


def test_who_is_refused_now_and_then_goes_on(stage: Stage) -> None:
    """What is confirmed in between counts."""
    for number in range(150):
        stage.enters("\0", f"line {number}")
        stage.happens(Said((f"n{number}",)), own_message(f"n{number}"))
    stage.ends()
    result = stage.run()
    assert (result.error, result.refused, len(stage.session.calls)) == (None, 150, 150)


def test_input_that_breaks_is_an_error_when_all_is_confirmed(stage: Stage) -> None:
    """What came before is sent; the reason is the error."""
    stage.enters("one")
    stage.console.steps.append(lambda: [Submitted("two"), EndOfInput("a line is too long")])
    stage.happens(Said(("n1",)), Said(("n2",)), own_message("n1"), own_message("n2"))
    result = stage.run()
    assert str(result.error) == "a line is too long"
    assert stage.session.calls == [("say", "#general", "one"), ("say", "#general", "two")]


def test_an_unknown_command_is_never_sent(stage: Stage) -> None:
    """It may be a password in the wrong window, or a slip of the finger."""
    stage.enters("/hunter2 secret", "/", "/JOIN")
    stage.run()
    assert stage.session.calls == []
    assert "Unknown command /hunter2" in "".join(stage.console.lines)
    assert any(line.startswith("* Usage: /JOIN #CHANNEL") for line in stage.console.lines)


@pytest.mark.parametrize(
    ("entered", "call"),
    [
        ("/join #dev", ("JOIN", "#dev")),
        ("/join dev", ("JOIN", "#dev")),
        ("/part", ("PART", "#general", "")),
        ("/part so long", ("PART", "#general", "so long")),
        ("/part #general bye", ("PART", "#general", "bye")),
        ("/part #other", ("PART", "#other", "")),
        ("/topic", ("TOPIC", "#general")),
        ("/topic new topic", ("TOPIC", "#general", "new topic")),
        ("/topic #hashtag is a word", ("TOPIC", "#general", "#hashtag is a word")),
        ("/names", ("NAMES", "#general")),
        ("/names #other", ("NAMES", "#other")),
        ("/msg bob hi there", ("say", "bob", "hi there")),
        ("/ignore", ("SILENCE",)),
        ("/ignore bob", ("SILENCE", "+bob")),
        ("/ignore *!*@evil.test", ("SILENCE", "+*!*@evil.test")),
        ("/unignore bob", ("SILENCE", "-bob")),
        ("/me waves", ("say", "#general", "\x01ACTION waves\x01")),
        ("/join #dev s3cret", ("JOIN", "#dev", "s3cret")),
        ("/search eu-1 deploy in:#ops from:bob", ("SEARCH", r"text=eu-1\sdeploy;limit=20;in=#ops;from=bob")),
        ("/search a;b", ("SEARCH", r"text=a\:b;limit=20")),
        ("/who", ("WHO", "#general")),
        ("/who bob", ("WHO", "bob")),
        ("/whois bob", ("WHOIS", "bob")),
        ("/list", ("LIST",)),
        ("/invite bob", ("INVITE", "bob", "#general")),
        ("/kick bob enough of it", ("KICK", "#general", "bob", "enough of it")),
        ("/ban", ("MODE", "#general", "+b")),
        ("/ban bob", ("MODE", "#general", "+b", "bob!*@*")),
        ("/ban $a:bob", ("MODE", "#general", "+b", "$a:bob")),
        ("/unban bob", ("MODE", "#general", "-b", "bob!*@*")),
        ("/nick al", ("NICK", "al")),
        ("/mode +o bob", ("MODE", "#general", "+o", "bob")),
        ("/pins", ("PINS", "#general")),
        ("/away at lunch", ("AWAY", "at lunch")),
        ("/away", ("AWAY",)),
        ("//me is no command", ("say", "#general", "/me is no command")),
    ],
)
def test_commands(stage: Stage, entered: str, call: tuple[str, ...]) -> None:
    """Each does what its line of /help says."""
    stage.enters(entered)
    stage.run()
    assert stage.session.calls == [call]


@pytest.mark.parametrize(
    "entered",
    [
        "/msg bob",
        "/msg",
        "/join",
        "/join a b c",
        "/me",
        "/names #a b",
        "/msg :x y",
        "/ignore bob eve",
        "/ignore a,b",
        "/unignore",
        "/unignore a b",
    ],
)
def test_misused_commands_send_nothing(stage: Stage, entered: str) -> None:
    """The person reads how it is used, or what is wrong."""
    stage.enters(entered)
    stage.run()
    assert stage.session.calls == []
    assert stage.console.lines[-1].startswith("* ")


def test_help_lists_every_command(stage: Stage) -> None:
    """With its arguments."""
    stage.enters("/help")
    stage.run()
    text = "\n".join(stage.console.lines)
    for name in (
        "/join #CHANNEL",
        "/part",
        "/msg NAME TEXT",
        "/topic",
        "/names",
        "/ignore [NAME]",
        "/quit",
        "exit",
    ):
        assert name in text


def test_who_ignores_somebody_is_told_whom_one_ignores(stage: Stage) -> None:
    """Also when nothing has changed; input waits for the list."""
    stage.enters("/ignore bob", "hello")
    stage.happens(Answered("u1"))
    stage.happens(Silences(("bob", "eve!*@*")), Answered("u2"))
    stage.run()
    assert stage.session.calls == [("SILENCE", "+bob"), ("SILENCE",), ("say", "#general", "hello")]
    assert "* You ignore bob, eve!*@*" in stage.console.lines


def test_a_refused_ignore_shows_no_list(stage: Stage) -> None:
    """The refusal says why."""
    refused = Refused("511", "bob: Your SILENCE list is full")
    stage.enters("/ignore bob")
    stage.happens(Failed("511", refused, "u1"), Answered("u1", refused))
    assert stage.run().refused == 1
    assert stage.session.calls == [("SILENCE", "+bob")]


def test_text_after_join_goes_to_the_new_channel(stage: Stage) -> None:
    """Input waits for the server's answer, so that a script does what it says."""
    stage.enters("/join #dev", "hello dev")
    stage.happens(Joined("#dev", "alice", own=True), Answered("u1"))
    stage.run()
    assert stage.session.calls == [("JOIN", "#dev"), ("say", "#dev", "hello dev")]
    assert stage.session.labels == ["u1"]


def test_text_after_a_refused_join_goes_where_it_went(stage: Stage) -> None:
    """A channel that one did not get into gets no text, and the refusal is counted."""
    refused = Refused("403", "#dev: No such channel")
    stage.enters("/join #dev", "hello")
    stage.happens(Failed("403", refused, "u1"), Answered("u1", refused))
    assert stage.run().refused == 1
    assert stage.session.calls[-1] == ("say", "#general", "hello")


def test_after_leaving_the_channel_text_goes_to_another_or_nowhere(stage: Stage) -> None:
    """Never to one that was left."""
    stage.happens(Joined("#dev", "alice", own=True), Left("#general", "alice", "", own=True))
    stage.enters("to dev")
    stage.happens(Left("#dev", "alice", "", own=True))
    stage.enters("to nobody", "/names", "/part")
    stage.run()
    assert stage.session.calls == [("say", "#dev", "to dev")]
    assert stage.console.prompt == "no channel> "
    assert "You are in no channel" in stage.console.lines[-1]


def test_the_first_channel_that_was_asked_for_is_the_current_one() -> None:
    """--join decides where text goes."""
    stage = Stage(first="#Dev")
    stage.happens(
        Joined("#general", "alice", own=True),
        Joined("#dev", "alice", own=True),
        Ready(("#general", "#dev"), again=False),
    )
    stage.enters("hi")
    stage.run()
    assert stage.session.calls == [("say", "#dev", "hi")]


def test_text_for_a_channel_that_was_refused_goes_nowhere() -> None:
    """Rather than to people for whom it was not meant."""
    stage = Stage(first="#secret")
    stage.happens(*READY)
    stage.enters("secret")
    stage.run()
    assert stage.session.calls == []


def test_without_a_connection_text_waits_and_commands_do_not(stage: Stage) -> None:
    """The prompt shows the state; one line tells a whole outage."""
    stage.happens(Disconnected("cut", 0.5, 0))
    stage.happens(Disconnected("refused", 1.0, 0))
    stage.enters("later", "/names")
    stage.run()
    assert stage.session.calls == [("say", "#general", "later")]
    assert stage.console.prompt == "#general (offline, 1 waiting)> "
    assert sum("lost" in line for line in stage.console.lines) == 1
    assert "no connection" in stage.console.lines[-1]


@pytest.mark.parametrize("entered", ["exit", " exit ", "/quit"])
def test_leaving_waits_until_everything_is_confirmed(stage: Stage, entered: str) -> None:
    """The message that was said last is not lost by leaving at once; nothing more is read."""
    stage.enters("hello", entered, "too late")
    stage.happens(Said(("n1",)))
    stage.happens(Message("alice", "#general", "hello", 0, "m1", own=True, nonce="n1"))
    result = stage.run()
    assert result == Result(None, unconfirmed=0, refused=0, interrupted=False, goodbye="")
    assert stage.session.calls == [("say", "#general", "hello")]
    assert "* The lines after exit or /quit are not sent." in stage.console.lines


def test_lines_behind_the_end_of_input_are_not_counted(stage: Stage) -> None:
    """Nobody has sent them, so nothing is lost."""
    stage.enters("hello")
    stage.console.steps.append(lambda: [EndOfInput(), Submitted("too late")])
    stage.happens(Said(("n1",)))
    stage.happens(Message("alice", "#general", "hello", 0, "m1", own=True, nonce="n1"))
    assert stage.run().unconfirmed == 0
    assert stage.session.calls == [("say", "#general", "hello")]


def test_blank_lines_behind_exit_are_not_worth_a_word(stage: Stage) -> None:
    """They would not have been sent anyway."""
    stage.enters("exit", "", "  ")
    stage.run()
    assert not any("not sent" in line for line in stage.console.lines)


def test_what_is_not_confirmed_is_counted_without_the_lines_behind_exit(stage: Stage) -> None:
    """Only the message that was sent is unknown when the connection ends."""
    stage.enters("hello", "exit", "too late")
    stage.happens(Said(("n1",)), Ended(TrustError("changed"), 1))
    assert stage.run().unconfirmed == 1


def test_what_is_sent_is_confirmed_although_nothing_can_be_printed(stage: Stage) -> None:
    """The client takes no more input, waits for the answers, and says in the end what was wrong."""
    stage.enters("hello")
    stage.happens(Said(("n1",)))
    stage.breaks()
    stage.happens(ServerText("news"))
    stage.enters("too late")
    stage.happens(Message("alice", "#general", "hello", 0, "m1", own=True, nonce="n1"))
    result = stage.run()
    assert (result.unconfirmed, result.interrupted) == (0, False)
    assert "No space left on device" in str(result.error)
    assert stage.session.calls == [("say", "#general", "hello")]


def test_a_message_that_is_not_confirmed_is_worth_more_than_the_output(stage: Stage) -> None:
    """Its outcome is unknown, and that is what the caller must know."""
    stage.enters("hello")
    stage.happens(Said(("n1",)))
    stage.breaks()
    stage.happens(ServerText("news"))
    stage.passes(PATIENCE_OF_PIPE)
    result = stage.run()
    assert (result.error, result.unconfirmed) == (None, 1)


def test_nothing_is_waited_for_when_nothing_was_sent() -> None:
    """A full disk under the output ends the client at once."""
    stage = Stage()
    stage.console.broken = True
    stage.happens(Welcome("alice", "s.test", durable=True, again=False))
    result = stage.run()
    assert (result.unconfirmed, result.interrupted) == (0, False)
    assert result.error is not None


def test_quit_takes_a_reason(stage: Stage) -> None:
    """Others read it."""
    stage.enters("/quit see you")
    assert stage.run().goodbye == "see you"


def test_the_end_of_a_pipe_waits_until_everything_is_confirmed(stage: Stage) -> None:
    """Confirmed or refused, every message is settled before the end."""
    stage.enters("one", "two")
    stage.ends()
    stage.happens(Said(("n1",)), Said(("n2",)))
    stage.happens(Message("alice", "#general", "one", 0, "m1", own=True, nonce="n1"))
    stage.happens(MessageRefused("n2", "#general", "two", Refused("X", "no")))
    result = stage.run()
    assert (result.unconfirmed, result.refused, result.interrupted) == (0, 1, False)
    assert not stage.console.steps


def test_what_is_not_confirmed_in_time_is_told(stage: Stage) -> None:
    """Patience ends, and the result says how many messages nobody knows about."""
    stage.enters("one")
    stage.happens(Said(("n1",)), Disconnected("cut", 1.0, 1))
    stage.ends()
    stage.passes(PATIENCE_OF_PIPE)
    result = stage.run()
    assert result.unconfirmed == 1
    assert "Waiting for the connection" in stage.console.lines[-1]


def test_a_long_file_is_not_read_faster_than_it_is_confirmed(stage: Stage) -> None:
    """Input stops while many messages wait."""
    stage.enters(*["x"] * (MOST_WAITING + 5))
    stage.passes(0)
    stage.happens(*[Said((f"n{number}",)) for number in range(MOST_WAITING)])
    stage.happens(Message("alice", "#general", "x", 0, "m", own=True, nonce="n0"))
    stage.run()
    assert len(stage.session.calls) == MOST_WAITING + 1
    assert stage.console.wanted[-3:] == [False, False, False]


def test_an_interrupt_ends_at_once(stage: Stage) -> None:
    """Ctrl-C waits for nothing."""
    stage.enters("one")
    result = stage.run()
    assert result.interrupted
    assert result.unconfirmed == 1


def test_an_error_that_ends_the_connection_ends_the_client(stage: Stage) -> None:
    """With the error, and the count of what is unknown."""
    stage.enters("/names", "never taken")
    stage.happens(Ended(TrustError("changed"), 0))
    result = stage.run()
    assert isinstance(result.error, TrustError)
    assert result.unconfirmed == 1


def test_events_wake_the_console() -> None:
    """Another thread delivers them."""
    stage = Stage()
    stage.client.deliver(READY)
    assert stage.console.woken == 1


def heard(number: int, sender: str, text: str, target: str = "#general", *, own: bool = False) -> Message:
    """A message that was said just now."""
    return Message(sender, target, text, 0, f"m{number}", own=own)


SAID = (
    Welcome("alice", "chat.test", durable=True, again=False),
    heard(1, "bob", "one"),
    heard(2, "carol", "two"),
    heard(3, "alice", "mine", own=True),
    heard(4, "bob", "elsewhere", "#other"),
    heard(5, "bob", "three"),
    Ready(("#general",), again=True),
)


@pytest.mark.parametrize(
    ("entered", "call"),
    [
        ("/reply on it", ("say", "#general", "on it", "answers", "m5")),
        ("/reply ^carol on it", ("say", "#general", "on it", "answers", "m2")),
        ("/reply ^3 on it", ("say", "#general", "on it", "answers", "m1")),
        ("/react 👍", ("signal", "#general", "+draft/react=👍", "+draft/reply=m5")),
        ("/edit yours", ("say", "#general", "yours", "edits", "m3")),
        ("/delete", ("REDACT", "#general", "m3")),
        ("/delete wrong place", ("REDACT", "#general", "m3", "wrong place")),
    ],
)
def test_commands_about_messages(stage: Stage, entered: str, call: tuple[str, ...]) -> None:
    """The last message here, or the one that is named; only one's own are changed."""
    stage.happens(*SAID)
    stage.enters(entered)
    stage.run()
    assert stage.session.calls == [call]


@pytest.mark.parametrize(
    "entered", ["/reply ^dave hi", "/reply ^9 hi", "/edit ^2 x", "/react", "/react a b", "/edit"]
)
def test_a_message_that_is_not_there_is_not_meant(stage: Stage, entered: str) -> None:
    stage.happens(*SAID)
    stage.enters(entered)
    stage.run()
    assert stage.session.calls == []
    assert stage.console.lines[-1].startswith("* ")


def test_edits_are_for_servers_that_know_them(stage: Stage) -> None:
    """Elsewhere the new text would be one more message."""
    old = Welcome("alice", "old.test", durable=False, again=True, granted=frozenset({"sasl"}))
    stage.happens(*SAID, old, SAID[-1])
    stage.enters("/edit yours")
    stage.run()
    assert stage.session.calls == []
    assert "no edits" in stage.console.lines[-1]


def test_where_something_is_unread(stage: Stage) -> None:
    """What came since one has said something there; the server says how far one has read with somebody."""
    stage.happens(*SAID, heard(6, "bob", "psst", "alice"))
    stage.enters("/unread")
    stage.happens(Answered("u1"))
    stage.enters("hello", "/unread")
    stage.happens(Answered("u2"))
    stage.run()
    told = [line for line in stage.console.lines if "Not read" in line]
    assert told[0].endswith("#general (3 messages), #other (1 message), bob (1 message)")
    assert told[1].endswith(": #other (1 message), bob (1 message)")
    assert stage.session.calls[0] == ("MARKREAD", "bob")


def test_what_was_read_is_read_on_every_device(stage: Stage) -> None:
    """The server's marker counts, from wherever it was moved; who speaks moves it to the last message."""
    first, second = (Message("bob", "#general", "hi", time, f"m{time}") for time in (1000, 2000))
    stage.happens(*READY, first, second, ReadUpTo("#general", 1000))
    stage.enters("/unread", "hello", "/unread")
    stage.run()
    told = [line for line in stage.console.lines if "Not read" in line]
    assert told == ["* Not read yet: #general (1 message)", "* Not read yet: nothing"]
    mark = ("MARKREAD", "#general", "timestamp=1970-01-01T00:00:02.000Z")
    assert stage.session.calls == [mark, ("say", "#general", "hello")]


def test_a_muted_conversation_calls_nobody(stage: Stage) -> None:
    """It is told as before."""
    stage.happens(*READY, Welcome("alice", "s.test", durable=True, again=False), READY[1])
    stage.enters("/mute")
    stage.happens(heard(1, "bob", "alice: look", "#general"))
    stage.enters("/mute bob", "/mute #general")
    stage.happens(heard(2, "bob", "alice: look", "#general"), heard(3, "bob", "psst", "alice"))
    stage.run()
    assert "* #general is muted: nothing there calls you" in stage.console.lines
    told = zip(stage.console.lines, stage.console.tones, strict=True)
    spoken = [tone for line, tone in told if "bob:" in line]
    assert spoken == [Tone.SPOKEN, Tone.CALL, Tone.SPOKEN]


def test_what_was_left_by_an_earlier_run_is_waited_for(stage: Stage) -> None:
    """It is sent before the end, though nobody has entered it now."""
    stage.happens(Said(("n1", "n2")), *READY)
    stage.enters("exit")
    stage.happens(Message("alice", "#general", "hi", 0, "m1", own=True, nonce="n1"))
    stage.happens(MessageTaken("n2", "securechat"))
    assert stage.run() == Result(None, 0, 0, False, "")


def test_a_command_for_each_of_the_settings(stage: Stage) -> None:
    """/notify and /theme are names for what /set does; /reconnect makes a new connection."""
    stage.happens(*READY)
    stage.enters("/notify off", "/theme off", "/theme light", "/reconnect", "/reconnect now")
    stage.run()
    assert not stage.client.choices.on("bell")
    assert not stage.client.choices.on("colour")
    assert stage.reconnected == 1
    assert any("no themes" in line for line in stage.console.lines)


def test_an_answer_of_nothing_is_told(stage: Stage) -> None:
    """An empty history, and a search that finds nothing."""
    stage.enters("/history")
    stage.happens(Answered("u1"))
    stage.enters("/search nothing")
    stage.happens(Answered("u2"))
    stage.enters("/history")
    stage.happens(Message("bob", "#general", "hi", 0, "m1", asked="u3"), Answered("u3"))
    stage.run()
    assert stage.console.lines.count("* Nothing was said in #general yet.") == 1
    assert stage.console.lines.count("* Nothing was found.") == 1


def test_text_goes_to_a_person(stage: Stage) -> None:
    """Until one goes back to a channel that one is in."""
    stage.enters("/query bob", "hi", "/query #nope", "still bob", "/query #general", "all")
    stage.run()
    assert stage.session.calls == [
        ("say", "bob", "hi"),
        ("say", "bob", "still bob"),
        ("say", "#general", "all"),
    ]


@pytest.mark.parametrize(("answer", "sent"), [("y", True), ("Yes", True), ("", False), ("n", False)])
def test_a_long_text_is_one_message_when_the_person_wants_it(stage: Stage, answer: str, sent: bool) -> None:
    """More than five lines are asked for; five are sent."""
    five, six = "\n".join("12345"), "\n".join("123456")
    stage.enters(five, six, answer)
    stage.run()
    assert stage.session.calls == [("say", "#general", five), *([("say", "#general", six)] if sent else [])]
    assert any("6 lines" in line for line in stage.console.lines)


def test_another_answer_is_a_text_of_its_own(stage: Stage) -> None:
    """Nothing that was typed is lost."""
    stage.enters("\n".join("123456"), "hello")
    stage.run()
    assert stage.session.calls == [("say", "#general", "hello")]


def test_who_comes_and_goes_can_be_hidden(stage: Stage) -> None:
    stage.happens(Joined("#general", "bob", own=False))
    stage.enters("/set joins off")
    stage.happens(Joined("#general", "carol", own=False))
    stage.enters("/set", "/set joins maybe")
    stage.run()
    assert any("bob is now" in line for line in stage.console.lines)
    assert not any("carol is now" in line for line in stage.console.lines)
    assert any("joins off" in line for line in stage.console.lines)
    assert stage.console.lines[-1].startswith("* Usage: /set")


def test_a_call_is_heard(stage: Stage) -> None:
    """The console gets a mention with its tone."""
    stage.happens(
        Welcome("alice", "h", durable=True, again=True), heard(1, "bob", "alice?"), Ready((), again=True)
    )
    stage.run()
    assert Tone.CALL in stage.console.tones
