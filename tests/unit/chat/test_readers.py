"""How many results of queries an account has in memory at once, and how large each may be."""

from dataclasses import replace
from itertools import count

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import Send, StartJob
from securechat.chat.items import Administer, Connected, Disconnected, Drained, JobDone, Received
from securechat.chat.jobs import (
    CheckPassword,
    FetchContext,
    FetchHistory,
    Job,
    JobRefused,
    JobResult,
    MessagesRead,
    PasswordChecked,
)
from securechat.chat.memory import ANSWERS, PARTS
from securechat.chat.ports import Snapshot
from securechat.chat.reading import PAGE_BYTES, ChannelPlace, Span, page
from securechat.chat.records import MessageSent, StoredAccount
from securechat.chat.requests import AddAccount
from securechat.chat.settings import Settings
from securechat.chat.state.account import Account
from securechat.chat.state.readers import AT_ONCE, Readers
from securechat.chat.state.session import Session
from securechat.chat.weight import weight_of
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink

NOW = Now(1_700_000_000_000, 10.0)
PLACE = ChannelPlace(1)
SPAN = Span(0, 5000, 1000, newest=True)
TAGS = {f"+tag{number}": "x" * 50 for number in range(64)}


def message(key: int, at: int | None = None) -> MessageSent:
    """A message with as many tags as there may be."""
    said = key if at is None else at
    return MessageSent(key, said, "PRIVMSG", 1, "alice", 1, None, "#c", "text", TAGS)


class Devices:
    """One account with several sessions that page through history."""

    def __init__(self, number: int) -> None:
        settings = Settings("chat.test", "Net", "1", sendq=64_000)
        self.core = Core(settings, Snapshot((), (), frozenset(), 0))
        self.started: list[Job] = []
        self.core.handle(Administer(1, AddAccount("alice", "$p$")), NOW)
        self.links = [FakeLink(f"alice.{index}") for index in range(number)]
        for link in self.links:
            self.core.handle(Connected(link, "192.0.2.1"), NOW)
            self.send(link, b"CAP REQ :batch draft/chathistory message-tags", b"PASS alice:secret")
            self.send(link, b"NICK alice", b"USER a 0 * :A", b"CAP END")
            (job,) = self.take(CheckPassword)
            self.core.handle(JobDone(job, PasswordChecked(True)), NOW)
        self.core.take()

    def send(self, link: FakeLink, *lines: bytes) -> None:
        """Let a session send."""
        self.core.handle(Received(link, Framer().feed(b"".join(line + b"\r\n" for line in lines))), NOW)

    def ask(self, link: FakeLink) -> None:
        """Let a session page."""
        self.send(link, b"CHATHISTORY LATEST #general * 1000")

    def take(self, kind: type = object) -> list[Job]:
        """Return the jobs that have begun; what else there is reaches the peers."""
        effects = [effect for outcome in self.core.take() for effect in outcome.effects]
        for effect in effects:
            if isinstance(effect, Send) and isinstance(effect.link, FakeLink):
                effect.link.queued += len(effect.data)
        return [one.job for one in effects if isinstance(one, StartJob) and isinstance(one.job, kind)]

    def done(self, job: Job, result: JobResult) -> None:
        """Let a job be done."""
        self.core.handle(JobDone(job, result), NOW)

    def drain(self, link: FakeLink) -> list[Job]:
        """Let a peer take all that there is for it; return the jobs that begin meanwhile."""
        started = []
        for _ in count():
            started += self.take()
            if not link.queued:
                return started
            link.queued = 0
            self.core.handle(Drained(link), NOW)
        raise AssertionError


def session(account: int) -> Session:
    """Return a session of an account."""
    one = Session(account, FakeLink(f"member.{account}"), "192.0.2.1")
    one.account = Account(StoredAccount(account, f"member{account}", "$p$", "member", False, 0, None, {}))
    return one


def paging(one: Session) -> FetchHistory:
    """Return what a session asks for that wants a large page."""
    return FetchHistory(one.link, PLACE, (SPAN,), True, True)


def begun(devices: Devices) -> list[Job]:
    """Let all ask, and return the jobs that begin."""
    for link in devices.links:
        devices.ask(link)
    return devices.take()


def test_few_sessions_of_an_account_have_results_at_once() -> None:
    """The others wait until one of them has taken its answer; then the next one begins."""
    devices = Devices(AT_ONCE + 2)
    jobs = begun(devices)
    assert len(jobs) == AT_ONCE
    first = devices.links[0]
    devices.done(jobs[0], MessagesRead(tuple(message(key) for key in range(100))))
    (context,) = devices.take()
    devices.done(context, MessagesRead(()))
    assert devices.take() == []
    assert first.queued > 0
    (following,) = devices.drain(first)
    assert following.link is devices.links[AT_ONCE]


def test_a_refused_query_makes_room_for_the_next() -> None:
    """Its session has nothing in memory."""
    devices = Devices(AT_ONCE + 1)
    jobs = begun(devices)
    devices.done(jobs[0], JobRefused())
    (following,) = devices.take()
    assert following.link is devices.links[AT_ONCE]


def test_a_lost_connection_makes_room_for_the_next() -> None:
    """One that has a result, and one that waited: it is passed over."""
    devices = Devices(AT_ONCE + 2)
    begun(devices)
    devices.core.handle(Disconnected(devices.links[AT_ONCE], "gone"), NOW)
    assert devices.take() == []
    devices.core.handle(Disconnected(devices.links[0], "gone"), NOW)
    (following,) = devices.take()
    assert following.link is devices.links[AT_ONCE + 1]
    for link in devices.links:
        devices.core.handle(Disconnected(link, "gone"), NOW)
    assert not devices.core.readers.active


def test_a_session_that_asks_again_and_again_lets_others_have_their_turn() -> None:
    """Each of its commands waits for a place of its own."""
    devices = Devices(AT_ONCE + 1)
    for _ in range(3):
        devices.ask(devices.links[0])
    jobs = begun(devices)
    devices.done(jobs[0], MessagesRead(()))
    started = devices.take()
    assert [job.link for job in started] == [devices.links[AT_ONCE]]


def test_all_accounts_together_have_a_bound() -> None:
    """Where large answers wait for many accounts, the next pages are smaller; they grow again after that."""
    readers = Readers(memory=PARTS * PAGE_BYTES)
    sessions = [session(number) for number in range(ANSWERS.parts + 1)]
    jobs = [readers.begin(one, paging(one)) for one in sessions]
    assert [job.room for job in jobs if job is not None] == [PAGE_BYTES] * ANSWERS.parts + [ANSWERS.modest]
    assert readers.taken.bytes == ANSWERS.parts * PAGE_BYTES + ANSWERS.modest
    assert jobs[0] is not None
    readers.got(sessions[0], jobs[0], MessagesRead(()))
    readers.end(sessions[1])
    assert readers.taken.bytes == (ANSWERS.parts - 2) * PAGE_BYTES + ANSWERS.modest
    for one in sessions:
        readers.end(one)
    assert readers.taken.bytes == 0


def test_what_belongs_to_a_page_shares_its_room() -> None:
    """Reactions and edits get what the messages have left."""
    readers, one = Readers(), session(1)
    job = readers.begin(one, paging(one))
    assert job is not None
    page_of = MessagesRead(tuple(message(key) for key in range(50)))
    readers.got(one, job, page_of)
    job = readers.begin(one, FetchContext(one.link, (1,)))
    assert job is not None
    assert job.room == PAGE_BYTES - sum(map(weight_of, page_of.messages))
    assert readers.taken.bytes == PAGE_BYTES


def test_a_page_is_bounded_in_bytes() -> None:
    """It has as many of the wanted messages as fit, and says that there are more."""
    found = [message(key) for key in range(1, 1002)]
    fit = PAGE_BYTES // weight_of(found[0])
    assert 100 < fit < 200
    newest = Span(0, 5000, 1000, newest=True)
    assert page(found, newest) == (found[-fit:], False)
    assert page(found, replace(newest, newest=False)) == (found[:fit], False)
    timed = replace(newest, newest=False, since=0)
    assert page([message(1, at=3000), *found[1:]], timed) == (found[1 : fit + 1], False)
    assert page(found[:fit], newest) == (found[:fit], True)
    assert page(found[:3], newest, room=1) == (found[2:3], False)


def test_a_thousand_messages_that_people_write_fit() -> None:
    """Nobody who pages through a channel gets fewer than were asked for."""
    text = "words that somebody says to somebody else, with a smile at the end of it \N{GRINNING FACE}"
    said = message(1)._replace(text=text, nonce="n" * 36, tags={"+draft/reply": "0123456789abc"})
    found = [said._replace(id=key) for key in range(1, 1002)]
    assert len(page(found, Span(0, 5000, 1000, newest=True))[0]) == 1000
