"""What waits for the chat is counted in bytes as it lies in memory: of a connection, an account, and all."""

import sys
from collections.abc import Callable
from dataclasses import replace

import pytest

from securechat.chat.effects import Handled
from securechat.chat.items import Tick
from securechat.irc.framing import Framer, Rejected
from securechat.irc.message import Message
from securechat.server.burden import weigh
from securechat.server.connection import Connection
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Peer, Rig

MakeRig = Callable[..., Rig]

WORDS = b"SLEEP" + b" ab" * 165 + b"\r\n"
"""A line that takes thirty times its length in memory."""


def memory_of(event: Message | Rejected) -> int:
    """What a line takes, string by string; each is counted though some are shared."""
    if isinstance(event, Rejected):
        return 100 + memory_of(event.head)  # its text is the same for all
    tags = dict(event.tags)
    strings = [event.command, *event.params, event.source, *tags, *tags.values()]
    table = sys.getsizeof(tags) + 64 if tags else 0
    whole = sum(sys.getsizeof(text) for text in strings if text is not None)
    return sys.getsizeof(event) + sys.getsizeof(event.params) + table + whole


@pytest.mark.parametrize(
    "line",
    [
        b"PRIVMSG #c :" + b"x" * 400,
        b"PRIVMSG #c :" + "😀".encode() + b"x" * 400,
        "PRIVMSG #c :{}".format("ż" * 200).encode(),
        WORDS[:-2],
        "M {}".format("ż " * 160).encode(),
        "M {}".format("é " * 160).encode(),
        b"M" + b" a" * 250,
        b"@" + b";".join(b"a%d=b" % number for number in range(64)) + b" PING",
        "@{} PING".format(";".join(f"ż{number}=ż" for number in range(64))).encode(),
        b"@" + b";".join(b"a%d=" % number + b"x" * 55 for number in range(64)) + b" PRIVMSG #c :x",
        b"@" + b"a;" * 2000 + b" PING",
        b"@" + b"label" * 800 + b" PING \xff",
        b"PING",
        b":s PING",
        b"\xff",
        b"x" * 1000,
    ],
    ids=lambda line: line[:12],
)
def test_no_line_takes_more_than_it_is_weighed(line: bytes) -> None:
    """Many short words, tags, wide characters, and lines that are refused."""
    data = (line + b"\r\n") * 5
    events = Framer().feed(data)
    assert len(events) == 5
    assert sum(memory_of(event) for event in events) <= weigh(data, 5)


def feed(rig: Rig, peer: Peer, line: bytes, rounds: int = 10) -> None:
    """Send lines that nobody handles."""
    for _ in range(rounds):
        peer.send(line * 8)
        rig.settle(3)


def handled(rig: Rig, conn: Connection, lines: int) -> None:
    """Let the chat have handled lines."""
    rig.core.cause(Handled(conn, lines))
    rig.inbox.put(Tick())
    rig.settle()


def test_a_connection_whose_lines_take_much_memory_is_held(rig: Rig) -> None:
    """Far fewer lines than usual stop the reading when each is large, and nothing of them is lost."""
    peer, conn = rig.connect("alice")
    limit = rig.limits.unhandled_bytes
    feed(rig, peer, WORDS)
    assert conn.held
    assert limit < conn.unhandled_bytes < limit + weigh(WORDS * 16, 16)
    assert conn.unhandled < 80
    for _ in range(100):
        handled(rig, conn, min(8, conn.unhandled))
    assert not conn.held
    assert conn.handled == conn.posted
    assert conn.unhandled_bytes == rig.worker.burden.waiting == 0


def test_sessions_of_an_account_share_what_may_wait(make_rig: MakeRig) -> None:
    """When they have more together than an account may, each may have little; others are not touched."""
    rig = make_rig(replace(UNLIMITED, unhandled_of_account=300_000))
    pairs = [rig.connect(f"mallory.{number}") for number in range(4)]
    other, other_conn = rig.connect("alice")
    for peer, _ in pairs:
        feed(rig, peer, WORDS, 4)
    share = pairs[0][1].share
    assert share is not None
    assert share is pairs[3][1].share
    assert share is not other_conn.share
    assert all(conn.held for _, conn in pairs)
    turn = weigh(WORDS * 8, 8)
    assert 300_000 < share.unhandled_bytes < 300_000 + 4 * turn
    feed(rig, other, WORDS, 1)
    assert other_conn.unhandled_bytes == turn
    assert not other_conn.held
    for _, conn in pairs:
        while conn.unhandled:
            handled(rig, conn, 1)
    assert all(conn.posted - 3 == 32 for _, conn in pairs)


def test_what_waits_in_all_is_bounded(make_rig: MakeRig) -> None:
    """Those who have most are held; who has little is read, and so is who comes."""
    rig = make_rig(replace(UNLIMITED, unhandled_in_all=200_000))
    pairs = [rig.connect(f"mallory{number}") for number in range(5)]
    for peer, _ in pairs:
        feed(rig, peer, WORDS, 4)
    assert all(conn.held for _, conn in pairs)
    assert rig.worker.burden.waiting < 200_000 + 5 * weigh(WORDS * 8, 8)
    other, _ = rig.connect("alice")
    other.send(b"ECHO :fine\r\n")
    rig.until(lambda: other.lines == ["fine"])


def test_what_a_lost_connection_left_does_not_count(rig: Rig) -> None:
    """Lines that nobody will handle any more weigh nothing."""
    peer, conn = rig.connect("alice")
    feed(rig, peer, WORDS, 2)
    assert rig.worker.burden.waiting > 0
    peer.close()
    rig.until(lambda: conn not in rig.core.links)
    assert rig.worker.burden.waiting == 0
    assert conn.share is None
