"""A client that was away a week: 5,000 missed messages in 30 channels take 35 requests at most."""

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from securechat.chat.core import Core
from securechat.chat.limits import MAX_HISTORY
from securechat.chat.reading import first_id_at
from securechat.chat.records import ChannelCreated, Joined, MessageSent, Record
from securechat.irc import timestamp
from tests.playbooks.runner import START, Playbook

CHANNELS = 30
MISSED = 5000
WEEK = 7 * 24 * 3600 * 1000
_LINE = re.compile(r"@batch=\d+;time=(\S+);msgid=(\w+) :\S+ PRIVMSG (\S+) :(\d+)")


class Returning:
    """A client that remembers when it left, and counts what it asks for."""

    def __init__(self, play: Playbook) -> None:
        self.play = play
        self.requests = 0

    def ask(self, line: str) -> list[str]:
        """Send one request and return what is in the batch that answers it."""
        self.requests += 1
        self.play._send("alice", line.encode())
        answer, self.play.links["alice"].lines = self.play.links["alice"].lines, []
        assert " BATCH +" in answer[0] and " BATCH -" in answer[-1], answer[:1]
        return answer[1:-1]

    def catch_up(self, left: int, now: int) -> Iterator[tuple[str, int]]:
        """Yield channel and number of every message since `left`, as the specification's examples do it."""
        span = f"timestamp={timestamp.format_ms(now)} timestamp={timestamp.format_ms(left)}"
        for line in self.ask(f"CHATHISTORY TARGETS {span} {MAX_HISTORY}"):
            target = line.split(" ")[4]
            after = f"timestamp={timestamp.format_ms(left)}"
            while True:
                page = self.ask(f"CHATHISTORY AFTER {target} {after} {MAX_HISTORY}")
                found = [match for match in map(_LINE.fullmatch, page) if match]
                assert len(found) == len(page)
                yield from ((match[3], int(match[4])) for match in found)
                if len(page) < MAX_HISTORY:
                    break
                after = f"msgid={found[-1][2]}"


def the_week(sizes: list[int], random: Random) -> tuple[list[Record], dict[str, list[int]]]:
    """Return the records of a week, and the numbers of the messages of each channel in their order."""
    where = [channel for channel, size in enumerate(sizes, 1) for _ in range(size)]
    random.shuffle(where)
    records: list[Record] = []
    expected: dict[str, list[int]] = {}
    for number, channel in enumerate(where):
        # Several in a millisecond, too.
        at = START + 1 + (number // 3) * (WEEK // len(where))
        key = first_id_at(at) + number % 3
        name = f"#room{channel}"
        text = str(number)
        records.append(MessageSent(key, at, "PRIVMSG", 2, "bob", channel, None, name, text, {}))
        expected.setdefault(name, []).append(number)
    return records, expected


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param([MISSED - CHANNELS + 1] + [1] * (CHANNELS - 1), id="nearly all in one channel"),
        pytest.param([1001] * 4 + [38] * 25 + [46], id="some just above the limit"),
        pytest.param([MISSED // CHANNELS] * 10 + [MISSED // CHANNELS + 1] * 20, id="evenly"),
        pytest.param([1000] * 4 + [38] * 25 + [50], id="some exactly at the limit"),
    ],
)
def test_a_week_away_takes_35_requests(sizes: list[int]) -> None:
    """Every message comes once, in its channel's order, and none is missing."""
    assert len(sizes) == CHANNELS and sum(sizes) == MISSED
    play = Playbook(Path("catch-up"))
    with play.store:
        play._do_accounts("alice bob")
        records, expected = the_week(sizes, Random(1))
        for number in range(1, CHANNELS + 1):
            key = first_id_at(START - 1000) + number
            play.store.commit([ChannelCreated(number, f"#room{number}", None, START)])
            play.store.commit([Joined(key, 1, number, START)])
            before = MessageSent(key + 100, START - 500, "PRIVMSG", 2, "bob", number, None, "", "0", {})
            play.store.commit([before])
        todo = iter(records)
        while some := list(islice(todo, 500)):
            play.store.commit(some)
        play.core = Core(play.settings, play.store.load())
        play._do_caps("batch server-time message-tags draft/chathistory")
        play._do_login("alice")
        client = Returning(play)
        got: dict[str, list[int]] = {}
        for channel, message in client.catch_up(START, START + 2 * WEEK):
            got.setdefault(channel, []).append(message)
    assert got == expected
    assert client.requests <= 35
