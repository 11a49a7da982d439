"""A record of a time to come, in a server of its own: what is said afterwards is found by its time."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing

from securechat.chat.reading import first_id_at
from securechat.chat.records import MessageSent
from securechat.irc.timestamp import format_ms
from securechat.storage.sqlite import open_store
from tests.system.conftest import Serve
from tests.system.person import CAPABILITIES, Person
from tests.system.server_process import ServerProcess

Enter = Callable[..., Person]
SOON = 10 * 60 * 1000
DAY = 24 * 60 * 60 * 1000
READING = (*CAPABILITIES, "draft/chathistory", "soju.im/search")


def check_found_by_time(reader: Person, since: int, texts: Sequence[str]) -> None:
    """Whatever selects by time finds these texts, and nothing else, in #general, from `since` on."""
    start, end = f"timestamp={format_ms(since - 1)}", f"timestamp={format_ms(since + SOON)}"
    for request in (
        f"CHATHISTORY BETWEEN #general {start} {end} 50",
        f"CHATHISTORY AFTER #general {start} {len(texts)}",
        f"CHATHISTORY LATEST #general {start} {len(texts)}",
        f"SEARCH in=#general;after={format_ms(since)};before={format_ms(since + SOON)}",
        f"SEARCH in=#general;after={format_ms(since)};limit={len(texts)}",
    ):
        reader.send(request)
        assert reader.said() == texts, request
    reader.send(f"CHATHISTORY TARGETS {start} {end} 50")
    targets = [line.params for line in reader.sync() if line.params[:1] == ("TARGETS",)]
    assert [name for _, name, _ in targets] == ["#general"]


def now() -> int:
    """Return milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def say_ahead(server: ServerProcess, at: int) -> None:
    """Let a message to #general be stored that was said at a time to come."""
    with closing(open_store(server.data)) as store:
        channel = store.load().channels[0]
        alice = next(iter(channel.members))
        ahead = MessageSent(
            first_id_at(at), at, "PRIVMSG", alice, "alice", channel.id, None, channel.name, "ahead", {}, None
        )
        store.commit([ahead])


def test_what_is_said_after_a_record_of_a_time_to_come(serve: Serve, enter: Enter) -> None:
    """It is found by its time, also after a restart; each start says once that the clock is behind."""
    server = serve(accounts=["alice", "bob"])
    server.stop()
    ahead = now() + 365 * DAY
    say_ahead(server, ahead)
    server.start()
    since, texts = now(), [f"said {number}" for number in range(3)]
    alice = enter(server, "alice")
    for text in texts:
        alice.say("#general", text)
    check_found_by_time(enter(server, "bob", capabilities=READING), since, texts)
    server.stop()
    server.start()
    bob = enter(server, "bob", capabilities=READING)
    check_found_by_time(bob, since, texts)
    bob.send(f"CHATHISTORY LATEST #general timestamp={format_ms(since - 1)} 50")
    assert bob.said() == ["ahead", *texts]
    told = [line for line in server.log_text().splitlines() if "the clock went backwards" in line]
    assert len(told) == 2 and all(f"from {format_ms(ahead)} to" in line for line in told)
