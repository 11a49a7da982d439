"""A week away: 5,000 missed messages in 30 channels, read by a device that others go on talking to."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from random import Random
from typing import Final

import pytest

from securechat.chat.reading import first_id_at
from securechat.chat.records import ChannelCreated, Joined, MessageSent, Record
from securechat.client.clock import Now
from securechat.client.events import Answered, Event, Gap, Message, Ready
from securechat.client.protocol.history import Bookmarks
from securechat.client.protocol.registration import Credentials
from securechat.client.protocol.session import Session
from securechat.irc import msgid
from securechat.irc.message import Message as Line
from securechat.irc.timestamp import format_ms
from securechat.storage.sqlite import open_store
from tests.system.person import CAPABILITIES, Person, Wire
from tests.system.server_process import PASSWORD, ServerProcess

Enter = Callable[..., Person]

CHANNELS: Final = 30
TALKERS: Final = ("bob", "carol", "dave", "eve")
WEEK: Final = 7 * 24 * 60 * 60 * 1000
ROOMS: Final = (1500, 900, 600, 300, 250, *[50] * 20, 49, 42, 33, 22, 4)
"""Messages that alice missed in each channel."""
LETTERS: Final = {"bob": 180, "carol": 120}
"""Messages that she missed from these people."""
MISSED: Final = sum(ROOMS) + sum(LETTERS.values())
FOR_EVER: Final = "timestamp=9999-12-31T00:00:00.000Z"


@pytest.fixture
def away(serve: Callable[..., ServerProcess]) -> tuple[ServerProcess, int, dict[str, list[str]]]:
    """A server at the end of the week, when it began, and what was said where."""
    server = serve(accounts=["alice", *TALKERS])
    server.stop()
    with closing(open_store(server.data)) as store:
        snapshot = store.load()
        accounts = {account.name: account.id for account in snapshot.accounts}
        left = (snapshot.last_message >> 20) - WEEK
        room = snapshot.last_channel + 1
        store.commit(list(before(left, accounts, room)))
        records, told = the_week(left, accounts, room)
        for start in range(0, len(records), 500):
            store.commit(records[start : start + 500])
    server.start()
    return server, left, told


def before(left: int, accounts: Mapping[str, int], room: int) -> Iterator[Record]:
    """Yield how everybody came into the channels, and what alice still heard there."""
    for number in range(CHANNELS):
        channel, name, at = room + number, f"#room{number}", left - 10_000 + number
        yield ChannelCreated(channel, name, None, at, {"n": ""})
        for place, account in enumerate(accounts.values()):
            yield Joined(first_id_at(at) + place, account, channel, at)
        yield said(at + 5000, 0, accounts["bob"], "bob", channel, None, name, "heard")


def the_week(left: int, accounts: Mapping[str, int], room: int) -> tuple[list[Record], dict[str, list[str]]]:
    """Return what was said in the week, three messages in a millisecond, and their texts by place."""
    places = [f"#room{number}" for number, size in enumerate(ROOMS) for _ in range(size)]
    places += [name for name, size in LETTERS.items() for _ in range(size)]
    Random(7).shuffle(places)
    records: list[Record] = []
    told: dict[str, list[str]] = {}
    for number, place in enumerate(places):
        at = left + 1000 + (number // 3) * (WEEK // len(places))
        by = TALKERS[number % len(TALKERS)] if place.startswith("#") else place
        channel = room + int(place[5:]) if place.startswith("#") else None
        recipient = None if channel is not None else accounts["alice"]
        addressed = place if channel is not None else "alice"
        records.append(said(at, number, accounts[by], by, channel, recipient, addressed, f"week {number}"))
        told.setdefault(place, []).append(f"week {number}")
    return records, told


def said(
    at: int, number: int, by: int, nick: str, channel: int | None, to: int | None, addressed: str, text: str
) -> MessageSent:
    """Return a message of the past; up to three of a millisecond have different ids."""
    key = first_id_at(at) + number % 3
    return MessageSent(key, at, "PRIVMSG", by, nick, channel, to, addressed, text, {}, None, to is not None)


class Device:
    """A client that follows docs/protocol.md and counts what it asks for."""

    def __init__(self, person: Person) -> None:
        self.requests = 0
        self.history: dict[str, list[Line]] = {}
        self.live: dict[str, list[Line]] = {}
        self._person = person
        self._limit = next(
            int(param.partition("=")[2])
            for line in person.welcome
            for param in line.params
            if line.command == "005" and param.startswith("CHATHISTORY=")
        )
        self._labels = count(1)
        for line in person.welcome:
            self._take(line, ())

    def catch_up(self, left: int) -> None:
        """Read all that was said since."""
        since = f"timestamp={format_ms(left)}"
        found = self._ask(f"CHATHISTORY TARGETS {since} {FOR_EVER} {self._limit}")
        for place in [line.params[1] for line in found if line.command == "CHATHISTORY"]:
            after = since
            while True:
                page = self._ask(f"CHATHISTORY AFTER {place} {after} {self._limit}")
                self.history.setdefault(place, []).extend(page)
                if len(page) < self._limit:
                    break
                after = f"msgid={page[-1].tags['msgid']}"

    def listen(self) -> None:
        """Take in what has come by itself so far."""
        for line in self._person.sync():
            self._take(line, ())

    def told(self) -> dict[str, list[str]]:
        """Return the texts of each place in the order of their ids, what came twice once."""
        places = {}
        for place in self.history.keys() | self.live.keys():
            lines = [*self.history.get(place, ()), *self.live.get(place, ())]
            by_id = {line.tags["msgid"]: line.params[1] for line in lines}
            places[place] = [by_id[key] for key in sorted(by_id)]
        return places

    def _ask(self, request: str) -> list[Line]:
        self.requests += 1
        label = str(next(self._labels))
        self._person.send(f"@label={label} {request}")
        batches: list[str] = []
        inside: list[Line] = []

        def ended(line: Line) -> bool:
            if line.command == "BATCH" and line.tags.get("label") == label:
                batches.append(line.params[0][1:])
            elif line.tags.get("batch", "-") in batches:
                inside.append(line)
            else:
                self._take(line, batches)
            return line.command == "BATCH" and line.params[0] in [f"-{batch}" for batch in batches]

        self._person.until(ended)
        return inside

    def _take(self, line: Line, batches: Sequence[str]) -> None:
        assert "batch" not in line.tags, f"a line of a batch that was not asked for: {line}"
        assert line.command != "FAIL", line
        if line.command == "PRIVMSG":
            sender = (line.source or "").partition("!")[0]
            self.live.setdefault(line.params[0] if line.params[0] != "alice" else sender, []).append(line)


class Talk:
    """Four people who go on talking in all rooms, and to alice, until it is enough."""

    def __init__(self, people: Sequence[Person]) -> None:
        self.said: list[tuple[str, str, str]] = []
        """Place, msgid and text."""
        self._people = people
        self._enough = threading.Event()
        self._began = threading.Barrier(len(people) + 1)

    def __enter__(self) -> "Talk":
        self._pool = ThreadPoolExecutor(len(self._people))
        self._done = [self._pool.submit(self._talk, person) for person in self._people]
        self._began.wait()
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def end(self) -> None:
        """Have everybody stop, and wait until what they said is stored."""
        self._enough.set()
        with self._pool:
            for talker in self._done:
                talker.result()

    def _talk(self, person: Person) -> None:
        chance = Random(person.nick)
        for number in count():
            writes = person.nick in LETTERS and number % 10 == 3
            target = "alice" if writes else f"#room{chance.randrange(CHANNELS)}"
            text = f"{person.nick} {number}"
            key = person.say(target, text)
            self.said.append((person.nick if target == "alice" else target, key, text))
            if number == 0:
                self._began.wait()
            if self._enough.is_set():
                return


def everything(told: Mapping[str, list[str]], talk: Talk) -> dict[str, list[str]]:
    """Return all texts by place: those of the week, and then what was said, in the order of its ids."""
    places = {place: list(texts) for place, texts in told.items()}
    for place, _, text in sorted(talk.said, key=lambda one: msgid.decode(one[1])):
        places.setdefault(place, []).append(text)
    return places


def test_a_device_is_in_step_with_35_requests(
    away: tuple[ServerProcess, int, dict[str, list[str]]], enter: Enter
) -> None:
    """Every message once and in order, also of four people who talk all the while: no gap."""
    server, left, told = away
    assert sum(map(len, told.values())) == MISSED == 5000
    people = [enter(server, name) for name in TALKERS]
    with Talk(people) as talk:
        device = Device(enter(server, "alice", capabilities=[*CAPABILITIES, "draft/chathistory"]))
        device.catch_up(left)
    device.listen()
    assert device.requests <= 35
    for lines in [*device.history.values(), *device.live.values()]:
        keys = [line.tags["msgid"] for line in lines]
        assert keys == sorted(set(keys)), "each place in order, and nothing twice"
    assert device.told() == everything(told, talk)


def test_our_client_is_in_step_with_35_requests(
    away: tuple[ServerProcess, int, dict[str, list[str]]], enter: Enter
) -> None:
    """What it tells is all that was said, each once, what is said meanwhile behind what was said before."""
    server, left, told = away
    people = [enter(server, name) for name in TALKERS]
    session = Session(
        Credentials("alice", PASSWORD), mint=lambda: "unused", bookmarks=Bookmarks(time=left), replay=True
    )
    with Talk(people) as talk, Wire(server) as wire:
        requests, events = run(session, wire, lambda events: any(isinstance(one, Ready) for one in events))
        talk.end()
        label = session.request("PING", "all")
        events += run(session, wire, lambda events: Answered(label) in events)[1]
    assert requests <= 35
    assert not [event for event in events if isinstance(event, Gap)]
    places: dict[str, list[Message]] = {}
    for event in events:
        if isinstance(event, Message):
            places.setdefault(event.target if event.target != "alice" else event.sender, []).append(event)
    for messages in places.values():
        assert [message.id for message in messages] == sorted({message.id for message in messages})
    texts = {place: [message.text for message in messages] for place, messages in places.items()}
    assert texts == everything(told, talk)


def run(session: Session, wire: Wire, enough: Callable[[list[Event]], bool]) -> tuple[int, list[Event]]:
    """Let a session talk to the server until enough happened; return how often it asked for history."""
    requests, events = 0, list[Event]()
    if not session.connected:
        session.open(Now(0, 0.0))
    while not enough(events):
        output = session.take_output()
        requests += output.count(b" CHATHISTORY ")
        wire.send_bytes(output)
        session.receive(wire.socket.recv(65536), Now(0, 0.0))
        events += session.take_events()
    return requests, events
