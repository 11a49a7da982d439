"""What a person reads of what the server sends: plain words, and never a line of the protocol."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.commands import COMMANDS
from securechat.client.events import Left, Message, Renamed
from securechat.client.words.wording import describe
from securechat.irc import numerics
from tests.unit.client.wire import Wire, in_general

OP = ":op!op@s.test"
SAID = "@msgid=m1 :bob!bob@s.test PRIVMSG #general :rolling out"


@pytest.fixture
def wire() -> Wire:
    """A session that is ready, in #general with bob, who has said something."""
    wire = Wire()
    wire.ready(*in_general("bob"))
    wire.says(SAID)
    wire.events()
    return wire


def words(wire: Wire) -> list[str]:
    """What was printed of what happened since the last call."""
    return [line for event in wire.events() for line in describe(event, lambda _: "14:02")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (f"{OP} MODE #general +o bob", ["* op has made bob operator of #general"]),
        (f"{OP} MODE #general -v bob", ["* op has ended that bob is speaker (voice) of #general"]),
        (f"{OP} MODE #general -o op", ["* op gives up being operator of #general"]),
        (":s.test MODE #general +q bob", ["* bob is founder of #general"]),
        (
            f"{OP} MODE #general +tb-l eve!*@*",
            [
                "* op: only half-operators and up change the topic of #general",
                "* op has banned eve!*@* from #general",
                "* op: #general takes any number of members",
            ],
        ),
        (f"{OP} MODE #general +k", ["* op: a key is needed to join #general"]),
        (f"{OP} MODE #general +x", ["* op has set mode x of #general"]),
        (f"{OP} MODE alice +o", ["* You have an operator's powers now"]),
        (f"{OP} INVITE alice #ops", ["* op invites you: /join #ops"]),
        (":s.test 341 alice bob #ops", ["* alice invites bob to #ops"]),
        (f"{OP} RENAME #general #all :clearer", ["* op has renamed #general to #all (clearer)"]),
        (f"{OP} KICK #general bob :enough", ["* bob has left #general (by op, enough)"]),
        (f"{OP} TOPIC #general :", ["* op has removed the topic of #general"]),
        (f"{OP} WALLOPS :lunch", ["* op to everybody: lunch"]),
        (":s.test 710 alice #general eve!eve@s :please", ["* eve asks to be let into #general: please"]),
        (f"{OP} REDACT #general m1 :spam", ["* op has taken back bob's \"rolling out\" in #general (spam)"]),
        (f"{OP} REDACT #general m0", ["* op has taken back an earlier message in #general"]),
        (
            "@+reply=m1;+draft/react=👍 :eve!e@s TAGMSG #general",
            ["* eve reacts with 👍 to bob's \"rolling out\" in #general"],
        ),
        ("@+typing=active :eve!e@s TAGMSG #general", []),
        (
            "@msgid=m2;+securechat/edit=m1 :bob!b@s PRIVMSG #general :rolled out",
            ['14:02 #general bob: (edited, it was "rolling out") rolled out'],
        ),
        (
            "@msgid=m2;+reply=m1 :eve!e@s PRIVMSG #general :slow",
            ['14:02 #general eve: (to bob: "rolling out") slow'],
        ),
        (
            ":s.test NOTE PIN PINNED #general m1 op :op pinned a message",
            ["* op has pinned bob's \"rolling out\" in #general"],
        ),
        (
            ":s.test NOTE UNPIN UNPINNED #general m9 op :op took a pin off",
            ["* op has unpinned an earlier message in #general"],
        ),
        (":s.test NOTE PINS PIN #general m1 op 2026 :<bob> the rules", ["* #general: <bob> the rules"]),
        (":s.test NOTE PINS END_OF_PINS #general", []),
        (":s.test NOTE * SLOW :Careful", ["* Careful"]),
        (":s.test WARN JOIN OLD #x :Soon gone", ["* Warning: Soon gone"]),
        (":s.test FAIL PIN UNKNOWN_MSGID #general :Unknown", ["* Refused: Unknown"]),
        (":s.test 301 alice bob :at lunch", ["* bob is not here: at lunch"]),
        (":s.test 371 alice :securechat 1", ["* securechat 1"]),
        (":bob!b@s PRIVMSG alice :\x01VERSION\x01", ["* bob's client asks yours: VERSION"]),
        (":alice!a@s SILENCE +$a:bob", ["* You ignore bob now, on all your devices"]),
        (":alice!a@s SILENCE -eve!*@*", ["* You ignore eve!*@* no more"]),
        ("@label=1 :alice!a@s SILENCE +$a:bob", []),
        (":bob!b@s SILENCE +$a:alice", []),
        (":alice!a@s SILENCE bob", []),
        (":s.test 272 alice alice :End of SILENCE list", ["* You ignore nobody"]),
        (":bob!b@s AWAY :lunch", []),
        (":bob!b@s ACCOUNT bob", []),
        (":bob!b@s CHGHOST b host", []),
        (":bob!b@s SETNAME :Bob", []),
        (":s.test MARKREAD #general timestamp=x", []),
        (":s.test METADATA bob url * :x", []),
        (":s.test NEWTHING a b c", []),
    ],
)  # fmt: skip
def test_happenings_in_words(wire: Wire, line: str, told: list[str]) -> None:
    """What a person reads of one line."""
    wire.says(line)
    assert words(wire) == told


def test_whom_one_ignores_is_one_line(wire: Wire) -> None:
    """A list is told when it is complete, and once; half a list of before a lost connection is forgotten."""
    wire.says(":s.test 271 alice alice $a:gone")
    wire.session.lose()
    wire.session.open(wire.now)
    wire.ready(*in_general("bob"))
    wire.says(
        ":s.test 271 alice alice $a:bob", ":s.test 271 alice alice eve!*@*", ":s.test 272 alice alice :End"
    )
    wire.says(":s.test 272 alice alice :End")
    assert words(wire)[-2:] == ["* You ignore bob, eve!*@*", "* You ignore nobody"]


def test_a_message_of_several_lines_is_one(wire: Wire) -> None:
    """Its lines come as a batch: one event, one msgid; `concat` continues a line."""
    wire.says(
        f"@msgid=m7 {OP} BATCH +9 draft/multiline #general",
        f"@batch=9 {OP} PRIVMSG #general :one",
        f"@batch=9 {OP} PRIVMSG #general :two",
        f"@batch=9;draft/multiline-concat {OP} PRIVMSG #general :-three",
        ":s.test BATCH -9",
    )
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert (event.text, event.id, event.sender) == ("one\ntwo-three", "m7", "op")


def test_an_edit_of_an_edit_quotes_the_one_before(wire: Wire) -> None:
    """The id of the original or of the edit may be given."""
    wire.says("@msgid=m2;+securechat/edit=m1 :bob!b@s PRIVMSG #general :two")
    wire.says("@msgid=m3;+securechat/edit=m1 :bob!b@s PRIVMSG #general :three")
    assert words(wire)[1] == '14:02 #general bob: (edited, it was "two") three'


def test_a_renamed_channel_is_followed(wire: Wire) -> None:
    """Its members, and where one goes after the next login, have the new name."""
    wire.says(f"{OP} RENAME #general #all :x", ":bob!b@s PART #all")
    assert [type(event) for event in wire.events()] == [Renamed, Left]
    channel = wire.session.roster.get("#all")
    assert channel is not None and channel.nicks == ("alice",)
    assert wire.session.roster.get("#general") is None


_WORDS = st.sampled_from(
    ["alice", "bob", "#general", "m1", "+o", "-b+k", "+", "PIN", "PINNED", "TARGETS", "draft/multiline", "+9",
     "-9", "chathistory", "x y", ":", ""]
)  # fmt: skip
_NUMBERS = [value for value in vars(numerics).values() if isinstance(value, str) and value.isdigit()]
_EVERYTHING = sorted(
    set(COMMANDS)
    | set(_NUMBERS)
    | {"REDACT", "RENAME", "NOTE", "WARN", "FAIL", "ACCOUNT", "CHGHOST", "BATCH", "ACK", "CAP"}
)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["", "@batch=9 ", "@label=1 ", "@+reply=m1;+draft/react=x ", "@time=x;msgid=m1 "]
            ),
            st.sampled_from(["", ":bob!bob@s.test ", ":alice!alice@s.test ", ":s.test "]),
            st.sampled_from(_EVERYTHING),
            st.lists(_WORDS, max_size=5),
        ),
        max_size=12,
    )
)
def test_nothing_that_a_server_sends_stops_the_client(
    lines: list[tuple[str, str, str, list[str]]],
) -> None:
    """Every command and numeric, with too few, too many and odd parameters, has words or none."""
    wire = Wire()
    wire.ready(*in_general("bob"))
    for tags, source, command, params in lines:
        *first, text = params or [""]
        middle = "".join(
            f" {word}" for word in first if word and not word.startswith(":") and " " not in word
        )
        wire.says(f"{tags}{source}{command}{middle} :{text}")
        words(wire)
