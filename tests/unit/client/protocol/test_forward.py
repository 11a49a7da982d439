"""What the client does not know: capabilities, tags, batch types and commands of later servers."""

import pytest

from securechat.client.events import Answered, CatchingUp, Event, Gap, Message, Ready
from securechat.client.protocol.history import Bookmarks
from securechat.client.protocol.registration import CHATHISTORY, WANTED
from tests.unit.client.wire import TIME, Wire, in_general

COMING = frozenset(
    {
        "draft/chathistory-context",
        "draft/whoami",
        "znc.in/self-message",
        "draft/metadata-3",
        "x.example/y=1,2",
    }
)
SAYS_BOB = ":bob!bob@s.test PRIVMSG #general :hi"


@pytest.fixture
def wire() -> Wire:
    """A session that is ready, in #general with bob, on a server that offers more than we know."""
    wire = Wire(offer=WANTED | {CHATHISTORY} | COMING)
    wire.ready(*in_general("bob"))
    return wire


def told(wire: Wire) -> list[tuple[str, bool]]:
    """The texts that were told, and whether they are of the past."""
    return [(event.text, event.past) for event in wire.events() if isinstance(event, Message)]


def test_capabilities_that_are_not_known_are_not_asked_for() -> None:
    """Neither at the login nor when they come later or go."""
    wire = Wire(offer=WANTED | COMING)
    wire.log_in()
    requests = [line for line in wire.sent() if line.startswith("CAP REQ")]
    assert len(requests) == 1
    assert not {name.partition("=")[0] for name in COMING} & set(requests[0].replace(":", "").split(" "))
    wire.says(":s.test CAP alice NEW :draft/whoami x", ":s.test CAP alice DEL :draft/whoami")
    assert wire.sent() == []
    assert [type(event) for event in wire.events() if isinstance(event, Ready)] == [Ready]
    assert wire.session.failure is None


@pytest.mark.parametrize(
    "tags", ["draft/chathistory-end", "x=", "+x/y=\\:\\s", "vendor.example/z=1;a;+b", "=;;x"]
)
def test_tags_that_are_not_known_change_nothing(wire: Wire, tags: str) -> None:
    """On a message, on a batch and on what is in it."""
    wire.says(f"@{tags};msgid=m1;{TIME} {SAYS_BOB}")
    wire.says(f"@{tags} :s BATCH +b chathistory #general")
    wire.says(f"@batch=b;{tags};msgid=m2;{TIME} {SAYS_BOB}", f"@{tags} :s BATCH -b")
    assert told(wire) == [("hi", False), ("hi", True)]


@pytest.mark.parametrize("kind", ["draft/later", "netjoin", "chathistory-context", "", ":x y"])
def test_what_is_in_a_batch_of_an_unknown_type_is_told(wire: Wire, kind: str) -> None:
    """By itself, around others, and inside another one."""
    wire.says(
        f":s BATCH +a {kind}",
        f"@batch=a;msgid=m1;{TIME} {SAYS_BOB}",
        "@batch=a :bob!bob@s.test BATCH +m draft/multiline #general",
        "@batch=m :bob!bob@s.test PRIVMSG #general :one",
        "@batch=m :bob!bob@s.test PRIVMSG #general :two",
        "@batch=a :s BATCH -m",
        ":s BATCH -a",
        ":s BATCH +h chathistory #general",
        f"@batch=h :s BATCH +u {kind}",
        f"@batch=u;msgid=m2;{TIME} {SAYS_BOB}",
        ":s BATCH -u",
        ":s BATCH -h",
    )
    assert told(wire) == [("hi", False), ("one\ntwo", False), ("hi", True)]


def test_an_answer_in_a_batch_of_an_unknown_type_is_complete_with_it(wire: Wire) -> None:
    """Its type does not matter: it has the label."""
    label = wire.session.request("WHOAMI")
    wire.says(f"@label={label} :s BATCH +b draft/whoami", "@batch=b :s WHOAMI alice", ":s BATCH -b")
    assert [event for event in wire.events() if isinstance(event, Answered)] == [Answered(label)]


def test_commands_that_are_not_known_are_for_programs(wire: Wire) -> None:
    """They are not shown, and end nothing."""
    wire.says(
        ":s WHOAMI alice", ":bob!b@s FUTURE #general :x", ":s BATCH", ":s BATCH x", ":s BATCH -never", "X"
    )
    assert wire.events() == []


def test_the_own_message_of_another_device_is_an_own_one(wire: Wire) -> None:
    """`znc.in/self-message` is for clients without echo-message; with both it looks the same."""
    wire.says(f"@msgid=m1;{TIME} :alice!alice@s.test PRIVMSG bob :hi")
    (event,) = wire.events()
    assert isinstance(event, Message)
    assert (event.own, event.target, event.nonce) == (True, "bob", "")


def test_the_end_of_the_history_and_its_context_end_the_catching_up() -> None:
    """A page that says that it is the last one, and that holds a reaction, is like others."""
    wire = Wire(bookmarks=Bookmarks(1_700_000_000_000, {}), offer=WANTED | {CHATHISTORY} | COMING)
    wire.come_in(*in_general("bob"))

    def answer(*lines: str, kind: str) -> None:
        label = next(line for line in reversed(wire.sent()) if "CHATHISTORY" in line)
        tags = f"{label.partition(' ')[0]};draft/chathistory-end"
        inside = [f"@batch=b;{line}" for line in lines]
        wire.says(f"{tags} :s BATCH +b {kind}", *inside, ":s BATCH -b")

    answer("x :s CHATHISTORY TARGETS #general 2026-11-22T11:45:00.123Z", kind="draft/chathistory-targets")
    answer(
        f"msgid=m1;{TIME} {SAYS_BOB}",
        f"msgid=m2;{TIME};+draft/react=👍;+draft/reply=m1 :bob!bob@s.test TAGMSG #general",
        kind="chathistory #general",
    )
    wire.says(":s.test PONG s.test :ready")
    events: list[Event] = wire.events()
    assert [event for event in events if isinstance(event, Gap)] == []
    assert [type(event) for event in events if isinstance(event, CatchingUp | Message | Ready)] == [
        CatchingUp,
        Message,
        Ready,
    ]
