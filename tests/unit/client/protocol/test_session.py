"""The session: what lines from the server mean, what commands send, and what outlives a connection."""

import pytest

from securechat.client.errors import Refused
from securechat.client.events import (
    Answered,
    Failed,
    Joined,
    Kind,
    Left,
    Message,
    MessageRefused,
    MessageTaken,
    Names,
    NickChanged,
    Quit,
    Ready,
    Said,
    ServerText,
    Topic,
    Welcome,
)
from securechat.client.protocol.outbox import WINDOW
from securechat.client.protocol.sendable import check_target
from securechat.client.protocol.session import GONE_AFTER, MEASURE_AFTER, PING_AFTER
from tests.unit.client.wire import TIME, Wire, in_general

AT = 1795347900123


@pytest.fixture
def wire() -> Wire:
    """A session that is ready, in #general with bob."""
    wire = Wire()
    wire.ready(*in_general("bob"))
    return wire


# What others do


def test_a_message_is_told_with_its_id_time_and_account(wire: Wire) -> None:
    """msgid, server-time and account-tag are part of the event."""
    wire.says(f"@msgid=m1;{TIME};account=bob :bob!bob@s.test PRIVMSG #general :hi there")
    assert wire.events() == [Message("bob", "#general", "hi there", AT, "m1", account="bob")]


def test_a_message_without_a_usable_time_has_that_of_this_computer(wire: Wire) -> None:
    """A missing or broken time tag does not hide a message."""
    wire.says("@time=yesterday :bob!bob@s.test PRIVMSG #general :hi")
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert event.time == wire.now.wall


def test_actions_and_notices_have_their_kind(wire: Wire) -> None:
    """CTCP ACTION loses its wrapping; a notice from a user is no text from the server."""
    wire.says(":bob!b@s PRIVMSG #general :\x01ACTION waves\x01", ":bob!b@s NOTICE alice :psst")
    kinds = [(e.kind, e.text, e.target) for e in wire.events() if isinstance(e, Message)]
    assert kinds == [(Kind.ACTION, "waves", "#general"), (Kind.NOTICE, "psst", "alice")]


def test_the_roster_follows_who_comes_and_goes(wire: Wire) -> None:
    """JOIN, PART, KICK, QUIT and NICK of others are told, and change who is known to be there."""
    wire.says(
        ":carol!c@s JOIN #general",
        ":carol!c@s NICK Carol",
        ":bob!b@s PART #general :lunch",
        ":dave!d@s JOIN #general",
        ":op!o@s KICK #general dave :enough",
        ":Carol!c@s QUIT :Quit: bye",
        ":erin!e@s JOIN #general",
    )
    assert wire.events() == [
        Joined("#general", "carol", own=False),
        NickChanged("carol", "Carol", own=False),
        Left("#general", "bob", "lunch", own=False),
        Joined("#general", "dave", own=False),
        Left("#general", "dave", "enough", own=False, by="op"),
        Quit("Carol", "Quit: bye", ("#general",)),
        Joined("#general", "erin", own=False),
    ]
    channel = wire.session.roster.get("#GENERAL")
    assert channel is not None
    assert channel.nicks == ("alice", "erin")


def test_leaving_a_channel_forgets_it(wire: Wire) -> None:
    """After one's own PART or KICK the channel is not in the roster."""
    wire.says(":alice!alice@s.test PART #general")
    assert wire.events() == [Left("#general", "alice", "", own=True)]
    assert wire.session.roster.get("#general") is None


def test_a_long_names_list_is_told_once_it_is_complete(wire: Wire) -> None:
    """353 lines add up until 366; prefixes are no part of a nick."""
    wire.says(
        ":s 353 alice = #general :~bob alice",
        ":s 353 alice = #general :@+carol ",
        ":s 366 alice #general :End",
    )
    assert wire.events() == [Names("#general", ("alice", "bob", "carol"))]


def test_names_of_a_channel_that_one_is_not_in_are_told(wire: Wire) -> None:
    """An answer is shown even when nothing about the channel is kept."""
    wire.says(":s 353 alice = #Other :bob", ":s 366 alice #Other :End")
    assert wire.events() == [Names("#Other", ("bob",))]


def test_topics_tell_who_changed_them(wire: Wire) -> None:
    """A change has an author; the answer to a question has none, and 331 is an empty topic."""
    wire.says(":bob!b@s TOPIC #general :new", ":s 332 alice #general :new", ":s 331 alice #general :none")
    assert wire.events() == [Topic("#general", "new", "bob"), Topic("#general", "new"), Topic("#general", "")]


def test_text_for_people_is_told_and_numbers_for_programs_are_not(wire: Wire) -> None:
    """Unknown numerics below 400 are shown; those of the welcome and the like are not."""
    wire.says(
        ":s 301 alice bob :offline", ":s 005 alice NICKLEN=32 :are supported", ":s NOTICE alice :reboot at 5"
    )
    assert wire.events() == [ServerText("bob is not here: offline"), ServerText("reboot at 5")]


def test_an_error_that_belongs_to_no_request_is_told(wire: Wire) -> None:
    """Numerics from 400 on and FAIL are refusals."""
    wire.says(":s 421 alice FOO :Unknown command", ":s FAIL NICK BAD_NICK foo :No")
    first, second = wire.events()
    assert isinstance(first, Failed) and isinstance(second, Failed)
    assert (first.reason.code, str(first.reason)) == ("421", "this server does not know FOO")
    assert (second.command, second.reason.code, str(second.reason)) == ("NICK", "BAD_NICK", "No")


@pytest.mark.parametrize(
    "line",
    ["JOIN", ":x JOIN", "PRIVMSG", ":b!b@s PRIVMSG #general", "KICK #general", "353 a", "366", "332 a",
     "NICK", "TOPIC", "PING", "PONG", "ERROR", "BATCH", "FAIL", "404",
     ":s 001", "PART", "@label=9 ACK", ":s 372"],
)  # fmt: skip
def test_lines_that_lack_parameters_break_nothing(wire: Wire, line: str) -> None:
    """A broken server cannot make the session raise."""
    wire.says(line)


def test_bytes_that_are_no_lines_are_passed_over(wire: Wire) -> None:
    """What cannot be read is dropped, and the next line is taken."""
    wire.session.receive(b"\xff\xfe broken\r\n:bob!b@s PRIVMSG #general :fine\r\n", wire.now)
    assert [event.text for event in wire.events() if isinstance(event, Message)] == ["fine"]


# What one says


def test_a_message_is_confirmed_by_its_echo(wire: Wire) -> None:
    """It goes out with a label and a nonce; the echo tells it as one's own, and the outbox is empty."""
    assert wire.session.say("#general", "hello") == ("n1",)
    assert wire.sent() == ["@label=1;+securechat/nonce=n1 PRIVMSG #general hello"]
    assert wire.events() == [Said(("n1",))]
    assert len(wire.session.outbox) == 1
    wire.says(f"@label=1;msgid=m1;{TIME};+securechat/nonce=n1 :alice!alice@s.test PRIVMSG #general hello")
    assert wire.events() == [Message("alice", "#general", "hello", AT, "m1", own=True, nonce="n1")]
    assert len(wire.session.outbox) == 0


def test_a_message_that_is_refused_says_why(wire: Wire) -> None:
    """A labelled FAIL or numeric settles the message; nothing else is told of it."""
    wire.session.say("#nope", "hello")
    wire.session.say("#general", "again")
    wire.events()
    wire.says(
        "@label=1 :s 403 alice #nope :No such channel",
        "@label=2 :s FAIL PRIVMSG STORE_UNAVAILABLE #general :The disk is full",
    )
    refused = [event for event in wire.events() if isinstance(event, MessageRefused)]
    assert [(e.nonce, e.target, e.text, e.reason.code) for e in refused] == [
        ("n1", "#nope", "hello", "403"),
        ("n2", "#general", "again", "STORE_UNAVAILABLE"),
    ]
    assert len(wire.session.outbox) == 0


def test_an_echo_inside_a_batch_confirms_too(wire: Wire) -> None:
    """A message to somebody who is offline is answered by two lines, which are a labelled batch."""
    wire.session.say("bob", "hello")
    wire.events()
    wire.says(
        "@label=1 :s BATCH +7 labeled-response",
        "@batch=7;msgid=m1;+securechat/nonce=n1 :alice!alice@s.test PRIVMSG bob hello",
        "@batch=7 :s 301 alice bob :offline, delivered at next login",
        ":s BATCH -7",
    )
    told = wire.events()
    assert [type(event) for event in told] == [Message, ServerText]
    assert len(wire.session.outbox) == 0


def test_a_message_that_the_server_answers_itself_is_taken(wire: Wire) -> None:
    """The pseudo-user echoes nothing: its answers, one or many, settle the message and are told."""
    wire.session.say("securechat", "whoami")
    wire.session.say("securechat", "help")
    wire.events()
    answer = ":securechat!securechat@s.test NOTICE alice :You are alice"
    wire.says(
        f"@label=1 {answer}",
        "@label=2 :s BATCH +1 labeled-response",
        f"@batch=1 {answer}",
        f"@batch=1 {answer}",
        ":s BATCH -1",
    )
    told = wire.events()
    assert [e for e in told if isinstance(e, MessageTaken)] == [
        MessageTaken("n1", "securechat"),
        MessageTaken("n2", "securechat"),
    ]
    assert len([e for e in told if isinstance(e, Message)]) == 3
    assert len(told) == 5
    assert len(wire.session.outbox) == 0


def test_an_answer_without_an_echo_is_no_confirmation(wire: Wire) -> None:
    """A server that only acknowledges has not confirmed: the message counts as refused."""
    wire.session.say("#general", "hello")
    wire.events()
    wire.says("@label=1 :s ACK")
    (event,) = wire.events()
    assert isinstance(event, MessageRefused)
    assert event.reason.code == "UNCONFIRMED"


def test_a_notice_without_an_echo_was_refused(wire: Wire) -> None:
    """Nobody answers a notice, so the ACK in place of the echo is all that tells of its refusal."""
    wire.session.say("#general", "hello", "NOTICE")
    wire.events()
    wire.says("@label=1 :s ACK")
    (event,) = wire.events()
    assert isinstance(event, MessageRefused)
    assert "notice" in str(event.reason)


def test_a_message_to_oneself_is_told_once(wire: Wire) -> None:
    """The delivery and the echo have one msgid and are one message."""
    wire.session.say("alice", "note")
    wire.events()
    line = "msgid=m1;+securechat/nonce=n1 :alice!alice@s.test PRIVMSG alice note"
    wire.says(f"@{line}", f"@label=1;{line}")
    assert [type(event) for event in wire.events()] == [Message]


def test_what_one_says_on_another_device_is_told(wire: Wire) -> None:
    """It is one's own, but with no nonce of this session."""
    wire.says("@msgid=m9;+securechat/nonce=zz :alice!alice@s.test PRIVMSG #general :from my phone")
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert (event.own, event.nonce) == (True, "")


def test_somebody_else_cannot_confirm_a_message(wire: Wire) -> None:
    """A nonce counts only in one's own echo."""
    wire.session.say("#general", "hello")
    wire.says("@msgid=m1;+securechat/nonce=n1 :bob!b@s PRIVMSG #general :hello")
    assert len(wire.session.outbox) == 1


def test_long_texts_are_cut_between_words_and_lines(wire: Wire) -> None:
    """Each piece fits into a line as others will see it; blank lines are left out; nothing else is lost."""
    words = [f"wörd{number:03}" for number in range(100)]
    text = "first line\r\n\n   \nNUL\0here\n" + " ".join(words)
    wire.session.say("#general", text)
    lines = [line.split(" PRIVMSG ", 1)[1] for line in wire.sent()]
    assert lines[:2] == ["#general :first line", "#general NULhere"]
    assert " ".join(line.removeprefix("#general :") for line in lines[2:]).split(" ") == words
    for line in lines:
        assert len(f":alice!alice@s.test PRIVMSG {line}\r\n".encode()) <= 512


def test_nothing_to_say_is_told_too(wire: Wire) -> None:
    """Whoever counts what is on its way learns that there is nothing."""
    assert wire.session.say("#general", " \n") == ()
    assert wire.events() == [Said(())]


def test_text_that_is_no_unicode_is_sent_with_replacements(wire: Wire) -> None:
    """Lone surrogates, as they come from broken file names, cannot stop the session."""
    wire.session.say("#general", "a\udc80b")
    assert wire.sent() == ["@label=1;+securechat/nonce=n1 PRIVMSG #general a?b"]


def test_not_everything_is_in_flight_at_once(wire: Wire) -> None:
    """Beyond the window a message waits until another one is confirmed."""
    for number in range(WINDOW + 1):
        wire.session.say("#general", f"m{number}")
    assert len(wire.sent()) == WINDOW
    wire.says("@label=1;msgid=m;+securechat/nonce=n1 :alice!alice@s.test PRIVMSG #general m0")
    assert wire.sent() == [f"@label={WINDOW + 1};+securechat/nonce=n{WINDOW + 1} PRIVMSG #general m{WINDOW}"]


# Requests


def test_a_request_is_answered_by_its_label(wire: Wire) -> None:
    """One line, a batch or an ACK is the whole answer."""
    labels = [
        wire.session.join("#a"),
        wire.session.part("#a", "bye now"),
        wire.session.request("TOPIC", "#a", "t"),
    ]
    assert wire.sent() == ["@label=1 JOIN #a", "@label=2 PART #a :bye now", "@label=3 TOPIC #a t"]
    wire.says(
        "@label=1 :s BATCH +1 labeled-response",
        "@batch=1 :alice!alice@s.test JOIN #a",
        "@batch=1 :s 366 alice #a :End",
        ":s BATCH -1",
        "@label=2 :alice!alice@s.test PART #a :bye now",
        "@label=3 :s ACK",
    )
    assert [e for e in wire.events() if isinstance(e, Answered)] == [Answered(label) for label in labels]


def test_a_request_that_is_refused_says_why(wire: Wire) -> None:
    """The refusal is told by itself, and is part of the answer."""
    wire.session.join("#a")
    wire.says("@label=1 :s 403 alice #a :No such channel")
    failed, answered = wire.events()
    assert isinstance(failed, Failed) and isinstance(answered, Answered)
    assert failed.label == "1"
    assert answered.refused is failed.reason


def test_a_batch_inside_a_batch_belongs_to_the_same_request(wire: Wire) -> None:
    """The answer is complete when the outer batch is."""
    wire.session.request("NAMES", "#general", label="x")
    wire.says(
        "@label=x :s BATCH +1 labeled-response",
        "@batch=1 :s BATCH +2 something",
        "@batch=2 :s 403 alice #general :inner",
        "@batch=1 :s BATCH -2",
    )
    assert not [e for e in wire.events() if isinstance(e, Answered)]
    wire.says(":s BATCH -1")
    (answered,) = wire.events()
    assert isinstance(answered, Answered)
    assert answered.refused is not None


def test_a_request_that_fits_into_no_line_is_refused_here(wire: Wire) -> None:
    """The server would not take it and could not say which one it was."""
    wire.session.request("TOPIC", "#general", "x" * 600)
    assert wire.sent() == []
    told, answered = wire.events()
    assert isinstance(told, Failed)
    assert isinstance(answered, Answered)
    assert answered.refused is not None and answered.refused.code == "TOO_LONG"


@pytest.mark.parametrize("name", ["", "a b", "a,b", ":a", "a\nb", "a\0b", "x" * 200, "a\udc80"])
def test_a_target_that_no_command_can_carry_is_refused(name: str) -> None:
    """Nobody gets a second parameter, or a second line, out of a name."""
    with pytest.raises(Refused):
        check_target(name)


# Lost connections


def test_messages_are_sent_again_with_the_same_nonce(wire: Wire) -> None:
    """What was in flight and what was said meanwhile goes out, in order, when the session is ready again."""
    wire.session.say("#general", "one")
    wire.session.say("#general", "two")
    wire.says("@label=1;msgid=m1;+securechat/nonce=n1 :alice!alice@s.test PRIVMSG #general one")
    wire.reconnect()
    wire.session.say("#general", "three")
    wire.sent()
    wire.log_in(*in_general("bob"))
    assert wire.sent()[-2:] == [
        "@label=3;+securechat/nonce=n2 PRIVMSG #general two",
        "@label=4;+securechat/nonce=n3 PRIVMSG #general three",
    ]


def test_a_message_that_was_stored_before_the_loss_is_told_once(wire: Wire) -> None:
    """The first connection's copy may come as another device's message before the resend is answered."""
    wire.session.say("#general", "one")
    wire.reconnect()
    wire.log_in(*in_general())
    wire.events()
    wire.says(
        "@msgid=m1;+securechat/nonce=n1 :alice!alice@s.test PRIVMSG #general one",
        "@label=3;msgid=m1;+securechat/nonce=n1 :alice!alice@s.test PRIVMSG #general one",
    )
    (message,) = wire.events()
    assert isinstance(message, Message)
    assert message.nonce == "n1"


def test_an_open_request_is_told_to_be_unanswered(wire: Wire) -> None:
    """Whoever waits for an answer learns that none will come."""
    label = wire.session.request("NAMES", "#general")
    wire.reconnect()
    (answered,) = wire.events()
    assert isinstance(answered, Answered)
    assert answered.label == label
    assert answered.refused is not None and answered.refused.code == "CONNECTION_LOST"


def test_a_request_without_a_connection_waits_for_one(wire: Wire) -> None:
    """It is sent when the session is ready."""
    wire.reconnect()
    wire.session.request("NAMES", "#general", label="later")
    assert not any("NAMES" in line for line in wire.sent())
    wire.log_in()
    assert "@label=later NAMES #general" in wire.sent()


def test_a_reconnection_tells_only_what_is_new(wire: Wire) -> None:
    """Channels one was in are not entered again for the person; a topic that changed meanwhile is told."""
    wire.says(":s 332 alice #general :old")
    wire.events()
    wire.reconnect()
    join, *names = in_general("carol")
    wire.log_in(join, ":s 332 alice #general :changed", *names)
    assert wire.events() == [
        Welcome("alice", "s.test", durable=True, again=True),
        Topic("#general", "changed"),
        Ready(("#general",), again=True),
    ]
    channel = wire.session.roster.get("#general")
    assert channel is not None and channel.nicks == ("alice", "carol")


def test_a_membership_that_ended_meanwhile_is_told(wire: Wire) -> None:
    """A channel that the server does not restore is left."""
    wire.reconnect()
    wire.log_in()
    assert [type(event) for event in wire.events()] == [Welcome, Left, Ready]
    assert wire.session.roster.get("#general") is None


def test_a_channel_that_was_left_is_not_joined_again() -> None:
    """PART and KICK end what --join and /join began."""
    wire = Wire(channels=["#dev", "#ops"])
    wire.ready()
    wire.says(":op!o@s KICK #dev alice :out", ":alice!alice@s.test PART #ops")
    wire.reconnect()
    wire.log_in()
    assert not any("JOIN" in line for line in wire.sent())


# Silence


def test_the_servers_ping_is_answered(wire: Wire) -> None:
    """With the same token."""
    wire.says(":s PING :are you there")
    assert wire.sent() == ["PONG :are you there"]


def test_a_silent_server_is_asked_and_then_given_up(wire: Wire) -> None:
    """One PING after 20 s; any line is an answer; after 40 s of silence the connection counts as lost."""
    assert wire.session.beat(wire.now) == wire.now.mono + PING_AFTER
    wire.passes(PING_AFTER)
    wire.session.beat(wire.now)
    wire.session.beat(wire.now)
    assert wire.sent() == ["PING alive"]
    wire.says(":s PONG s :alive")
    assert wire.session.beat(wire.now) == wire.now.mono + PING_AFTER
    wire.passes(GONE_AFTER)
    assert wire.session.beat(wire.now) == 0.0


def test_how_quick_the_server_is_is_measured(wire: Wire) -> None:
    """By each PING, which a server that says much gets once a minute."""
    for _ in range(2):
        wire.passes(PING_AFTER - 1)
        wire.says(":bob!b@s PRIVMSG #dev :still here")
        wire.session.beat(wire.now)
    assert wire.sent() == [] and wire.session.lag == 0.0
    wire.passes(MEASURE_AFTER - 2 * (PING_AFTER - 1))
    wire.says(":bob!b@s PRIVMSG #dev :still here")
    assert wire.session.beat(wire.now) == wire.now.mono + GONE_AFTER
    assert wire.sent() == ["PING alive"]
    wire.passes(0.25)
    wire.says(":s PONG s :alive")
    assert wire.session.lag == 0.25


def test_the_servers_last_words_are_kept(wire: Wire) -> None:
    """ERROR says why a connection ends."""
    wire.says("ERROR :Server shutting down")
    assert wire.session.last_words == "Server shutting down"


def test_who_leaves_while_the_names_are_coming_is_not_there(wire: Wire) -> None:
    """The names of a big channel come in pieces, and what happens is told between them."""
    wire.says(
        ":s 353 alice = #general :alice bob carol dave",
        ":bob!b@s PART #general",
        ":carol!c@s QUIT :bye",
        ":s 366 alice #general :End",
    )
    channel = wire.session.roster.get("#general")
    assert channel is not None and channel.nicks == ("alice", "dave")


@pytest.mark.parametrize("name", [":x", "a b", "", "x\r\ny", "\0", "\ud800"])
def test_a_name_that_no_line_can_carry_is_refused(wire: Wire, name: str) -> None:
    """A hostile server can make up such a name; it costs an answer, and not the connection."""
    wire.session.request("CHATHISTORY", "LATEST", name, "*", "10", label="h")
    failed, answered = wire.events()
    assert isinstance(failed, Failed) and isinstance(answered, Answered)
    assert answered.refused is not None and answered.refused.code == "INVALID_TARGET"
    assert wire.sent() == []
