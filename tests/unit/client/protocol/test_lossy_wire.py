"""Sessions and the server's core on a wire that breaks at any byte: every message arrives once, in order."""

from dataclasses import dataclass, field
from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import Broadcast, Effect, Send, StartJob
from securechat.chat.items import Administer, Connected, Disconnected, Item, JobDone, Received
from securechat.chat.jobs import (
    CheckPassword,
    Job,
    JobResult,
    PasswordChecked,
    PasswordJob,
)
from securechat.chat.records import MessageSent
from securechat.chat.requests import AddAccount
from securechat.chat.settings import Settings
from securechat.client import clock
from securechat.client.events import Message, MessageRefused, Said
from securechat.client.protocol.registration import Credentials
from securechat.client.protocol.session import Session
from securechat.irc.framing import Framer
from securechat.server.pools import query
from tests.support.scratch_store import ScratchStore

NAMES = ("alice", "bob")


@dataclass(eq=False)
class Link:
    """One connection: what is on its way in each direction."""

    queued: int = 0
    closed: bool = False
    up: bytes = b""
    down: bytes = b""
    framer: Framer = field(default_factory=Framer)


class Server:
    """The core, with everything that it asks for done at once."""

    def __init__(self) -> None:
        self.store = ScratchStore()
        self.core = Core(Settings("s.test", "Test", "1", flood=False), self.store.load())
        self.sent: list[MessageSent] = []
        self.wall = 1_700_000_000_000
        for name in NAMES:
            self.handle(Administer(0, AddAccount(name, "$hash$")))

    def handle(self, item: Item) -> None:
        self.wall += 1
        self.core.handle(item, Now(self.wall, self.wall / 1000))
        outcomes = self.core.take()
        records = [record for outcome in outcomes for record in outcome.records]
        self.store.commit(records)
        self.sent += [record for record in records if isinstance(record, MessageSent)]
        jobs: list[Job] = []
        for outcome in outcomes:
            for effect in outcome.effects:
                self._perform(effect, jobs)
        for job in jobs:
            self.handle(JobDone(job, self._result(job)))

    def _perform(self, effect: Effect, jobs: list[Job]) -> None:
        match effect:
            case Send(link, data):
                assert isinstance(link, Link)
                link.down += data
            case Broadcast(audience, encoded, skip):
                for link, key in audience.keys.items():
                    assert isinstance(link, Link)
                    link.down += b"" if link is skip else encoded.get(key, b"")
            case StartJob(job):
                jobs.append(job)
            case _:
                pass

    def _result(self, job: Job) -> JobResult:
        if isinstance(job, CheckPassword):
            return PasswordChecked(True)
        assert not isinstance(job, PasswordJob), "nobody changes a password or adds a device"
        return query(self.store.reader, job)


class Person:
    """A session with its wire to the server."""

    def __init__(self, name: str, server: Server) -> None:
        numbers = count()
        self.server = server
        self.session = Session(Credentials(name, "secret"), mint=lambda: f"{name}{next(numbers)}")
        self.said: list[str] = []
        self.own: list[str] = []
        self.heard: list[str] = []
        self.refused = 0
        self.abandoned: list[Link] = []
        self._connect()

    def _connect(self) -> None:
        self.link = Link()
        self.server.handle(Connected(self.link, "192.0.2.7"))
        self.session.open(self._now())

    def _now(self) -> clock.Now:
        return clock.Now(self.server.wall, self.server.wall / 1000)

    def say(self) -> None:
        self.said.append(f"{self.session.nick} {len(self.said)}")
        self.session.say("#general", self.said[-1])

    def up(self, size: int) -> None:
        """Some bytes arrive at the server."""
        self.link.up += self.session.take_output()
        data, self.link.up = self.link.up[:size], self.link.up[size:]
        if data:
            self.server.handle(Received(self.link, self.link.framer.feed(data)))

    def down(self, size: int) -> None:
        """Some bytes arrive at the client."""
        data, self.link.down = self.link.down[:size], self.link.down[size:]
        if data:
            self.session.receive(data, self._now())
        for event in self.session.take_events():
            if isinstance(event, Message):
                (self.own if event.own else self.heard).append(event.text)
            self.refused += isinstance(event, MessageRefused)
            assert not isinstance(event, Said) or event.nonces

    def exchange(self) -> None:
        """Everything arrives, there and back: more than a login and catching up take."""
        for _ in range(10):
            self.up(1 << 20)
            self.down(1 << 20)

    def cut(self, noticed: bool) -> None:
        """What is on its way is lost; the server may notice later than the client."""
        self.down(0)
        self.session.lose()
        self.abandoned.append(self.link)
        if noticed:
            self.notice()
        self._connect()

    def notice(self) -> None:
        """The server notices the connections that are gone."""
        for link in self.abandoned:
            self.server.handle(Disconnected(link, "cut"))
        self.abandoned.clear()


STEP = st.one_of(
    st.tuples(st.sampled_from(["say", "say", "exchange"])),
    st.tuples(st.sampled_from(["up", "down"]), st.sampled_from([1, 7, 60, 400, 5000])),
    st.tuples(st.just("cut"), st.booleans()),
    st.tuples(st.just("notice")),
)


@given(st.lists(st.tuples(st.sampled_from(NAMES), STEP), max_size=120))
def test_every_message_is_stored_and_told_to_all_once_and_in_order(
    steps: list[tuple[str, tuple[str] | tuple[str, int] | tuple[str, bool]]],
) -> None:
    """Whatever is lost on the way, at whichever byte; what was missed is read from history."""
    server = Server()
    with server.store:
        play(server, steps)


def play(server: Server, steps: list[tuple[str, tuple[str] | tuple[str, int] | tuple[str, bool]]]) -> None:
    """Let things happen, and then everything arrive."""
    people = {name: Person(name, server) for name in NAMES}
    for person in people.values():
        person.exchange()
    for name, (action, *arguments) in steps:
        getattr(people[name], action)(*arguments)
    for person in (*people.values(), *people.values()):
        person.exchange()
    for person in people.values():
        assert len(person.session.outbox) == 0
        assert person.refused == 0
        stored = [message.text for message in server.sent if message.text in person.said]
        assert stored == person.said
        assert person.own == person.said
    for person, other in (tuple(people.values()), tuple(reversed(people.values()))):
        assert person.heard == other.said
