"""What an account may have stored: in a moment, and in a day. All its sessions spend together."""

from dataclasses import replace
from typing import NamedTuple

import pytest

from securechat.chat.clock import Now
from securechat.chat.core import Core
from securechat.chat.effects import Send, Then
from securechat.chat.items import Administer, Connected, JobDone, Received, Tick
from securechat.chat.jobs import PasswordChecked
from securechat.chat.ports import Snapshot
from securechat.chat.records import MessageSent
from securechat.chat.records.weight import ROW, message_weight, weight_of
from securechat.chat.requests import AddAccount
from securechat.chat.rules.storing import MIB
from securechat.chat.settings import Settings
from securechat.chat.state.spending import BURST, NOTED, RATE, Spent
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink
from tests.support.scratch_store import ScratchStore

WALL = 1_700_000_000_000


class Room:
    """A core with alice, bob, root (an administrator) and robot (a bot), and what it stores."""

    def __init__(self, store: ScratchStore | None = None) -> None:
        settings = Settings("chat.test", "Net", "1", autojoin=())
        self.store = store
        self.core = Core(settings, Snapshot((), (), frozenset(), 0))
        self.now = Now(WALL, 10.0)
        self.stored = 0
        for name, role in {"alice": "member", "bob": "member", "root": "admin", "robot": "bot"}.items():
            self.core.handle(Administer(1, AddAccount(name, "$p$", role)), self.now)
        self.took(FakeLink("nobody"))

    def restart(self, seconds: float = 0.0) -> None:
        """Let the server start anew after some seconds, with another monotonic clock."""
        assert self.store is not None
        self.now = Now(self.now.wall + int(seconds * 1000), 3.0)
        self.core = Core(self.core.settings, self.store.load(), self.now)

    def spent(self, name: str) -> Spent:
        account = self.core.registry.account(name)
        assert account is not None
        return account.spent

    def spend(self, name: str, *, flow: int = 0, day: int = 0) -> None:
        """Let an account have had so much stored."""
        spent = self.spent(name)
        spent.read(0.0, 0.0, self.now.mono)
        spent.flow.add(flow, 0.0, self.now.mono)
        spent.day.add(day, 0.0, self.now.mono)

    def today(self, name: str) -> float:
        """Return how much of its budget of the day an account has spent."""
        spent = self.spent(name)
        spent.read(0.0, 0.0, self.now.mono)
        return spent.day.level(0.0, self.now.mono)

    def enter(self, name: str) -> FakeLink:
        """Let a session of an account log in."""
        link = FakeLink(name)
        self.core.handle(Connected(link, "192.0.2.1"), self.now)
        caps = (
            b"CAP REQ :message-tags batch draft/multiline echo-message standard-replies draft/metadata-2\r\n"
        )
        self.say(link, caps + f"PASS {name}:secret\r\nNICK {name}\r\nUSER a 0 * :A\r\nCAP END\r\n".encode())
        self.checked(link)
        return link

    def checked(self, link: FakeLink) -> str:
        """Answer the job of a password; return what the session is sent."""
        paused = self.core.sessions[link].backlog.paused
        assert paused is not None
        self.core.handle(JobDone(paused.job, PasswordChecked(True)), self.now)
        return self.took(link)

    def say(self, link: FakeLink, data: bytes) -> str:
        """Let a session send lines; return what it is sent."""
        self.core.handle(Received(link, Framer().feed(data)), self.now)
        return self.took(link)

    def passes(self, seconds: float) -> None:
        self.now = Now(self.now.wall + int(seconds * 1000), self.now.mono + seconds)
        self.core.handle(Tick(), self.now)

    def took(self, link: FakeLink) -> str:
        sent = b""
        while outcomes := self.core.take():
            if self.store is not None:
                self.store.commit([record for outcome in outcomes for record in outcome.records])
            self.stored += sum(weight_of(outcome.records) for outcome in outcomes)
            effects = [effect for outcome in outcomes for effect in outcome.effects]
            sent += b"".join(e.data for e in effects if isinstance(e, Send) and e.link is link)
            for effect in effects:
                if isinstance(effect, Then):
                    self.core.handle(effect.item, self.now)
        return sent.decode()


@pytest.fixture
def room() -> Room:
    return Room()


LINE = b"PRIVMSG " + b",".join(b"bob alice robot root".split()) + b" :" + b"x" * 420 + b"\r\n"
BATCH = (
    b"BATCH +1 draft/multiline bob\r\n"
    + b"".join([b"@batch=1 PRIVMSG bob :" + b"y" * 400 + b"\r\n"] * 38)
    + b"BATCH -1\r\n"
)


@pytest.mark.parametrize("names", [("alice",), ("alice",) * 5])
@pytest.mark.parametrize("data", [LINE * 10, BATCH], ids=["many targets", "long messages"])
def test_the_sessions_of_an_account_spend_together(room: Room, names: tuple[str, ...], data: bytes) -> None:
    """However many sessions send, and whatever: an account has its burst, and then so much a second."""
    links = [room.enter(name) for name in names]
    room.stored = 0
    for link in links:
        room.say(link, data * 4)
    for _ in range(60):
        room.passes(1.0)
        for link in links:
            room.say(link, data)
    most_at_once = 16_384 + ROW
    assert room.stored <= BURST + 60 * RATE + len(links) * most_at_once
    if len(links) > 1:
        assert room.stored >= BURST, "the test does not send enough"


def test_others_are_not_slowed(room: Room) -> None:
    """What one account spends is nothing to another one."""
    alice, bob = room.enter("alice"), room.enter("bob")
    room.spend("alice", flow=4 * BURST)
    assert "PRIVMSG root :hi" not in room.say(alice, b"PRIVMSG root :hi\r\n")
    assert "PRIVMSG root :hi" in room.say(bob, b"PRIVMSG root :hi\r\n")


def test_a_person_does_not_notice(room: Room) -> None:
    """Ten messages of 10 KiB are pasted, and answered, without a wait."""
    alice = room.enter("alice")
    for _ in range(10):
        assert "BATCH" in room.say(alice, BATCH), "the echo"
        room.passes(5.0)
    assert room.core.next_due() is None


def test_who_waits_for_long_is_told_once(room: Room) -> None:
    """And again when a minute has passed."""
    alice = room.enter("alice")
    assert "SLOWED_DOWN" not in room.say(alice, b"PING :1\r\n" * 70), "a short wait is none"
    room.passes(10.0)
    room.took(alice)
    room.spend("alice", flow=BURST + 20 * RATE)
    told = room.say(alice, b"PING :1\r\n")
    text = "You sent a lot at once: what you send now is done in 20 seconds, nothing is lost"
    assert told == f":chat.test NOTE * SLOWED_DOWN :{text}\r\n"
    assert room.say(alice, b"PING :2\r\n") == ""
    room.passes(30.0)
    assert room.took(alice).count("PONG") == 2


def test_a_list_of_targets_that_holds_up_what_follows_is_told(room: Room) -> None:
    """A JOIN of very many channels: what comes next does not wait in silence."""
    alice = room.enter("alice")
    room.say(alice, b"JOIN " + b",".join(b"#%d" % number for number in range(120)) + b"\r\n")
    assert "what you send now is done in 7 seconds" in room.say(alice, b"PRIVMSG bob :hello\r\n")


def test_the_budget_of_a_day(room: Room) -> None:
    """A command that it has no room for is refused as a whole, counted, and fits again later."""
    alice = room.enter("alice")
    room.spend("alice", day=64 * MIB - 300)
    room.stored = 0
    refused = room.say(alice, LINE)
    assert refused == (
        ":chat.test FAIL PRIVMSG LIMIT_REACHED bob,alice,robot,root :Your account had 64 MiB stored within a "
        "day, as much as it may: nothing of this was sent, try again in 5 seconds\r\n"
    )
    assert room.stored == 0
    assert not any(room.core.registry.waiting.values())
    assert room.core.counts()["refusals.stored_per_day"] == 1
    assert "PRIVMSG bob :hi" in room.say(alice, b"PRIVMSG bob :hi\r\n"), "what fits is stored"
    room.passes(3.0)
    assert ":nothing" not in room.say(alice, b"PRIVMSG bob :" + b"x" * 400 + b"\r\n")


def test_the_budget_of_a_day_concerns_whatever_is_stored(room: Room) -> None:
    """Every command that stores something is refused and changes nothing, and no other command is."""
    alice = room.enter("alice")
    room.say(alice, b"JOIN #a\r\n")
    room.spend("alice", day=64 * MIB)
    for command in (b"JOIN #b", b"TOPIC #a :new", b"MODE #a +b x", b"PART #a", b"METADATA * SET url :x"):
        answer = room.say(alice, command + b"\r\n")
        assert f"FAIL {command.split()[0].decode()} LIMIT_REACHED" in answer
    assert [channel.name for channel in room.core.registry.channels.values()] == ["#a"]
    for command in (b"AWAY :gone", b"NAMES #a", b"TOPIC #a", b"@+typing=active TAGMSG #a", b"MODE alice +i"):
        assert "FAIL" not in room.say(alice, command + b"\r\n")


def test_a_bot_has_five_times_as_much(room: Room) -> None:
    """A bridge speaks for many people."""
    robot = room.enter("robot")
    room.spend("robot", day=5 * 64 * MIB - 300)
    assert "PRIVMSG bob :hi" in room.say(robot, b"PRIVMSG bob :hi\r\n")
    assert "had 320 MiB stored" in room.say(robot, b"PRIVMSG bob :hi\r\n")


def test_operators_are_not_refused_and_nobody_is_without_a_limit(room: Room) -> None:
    """OPER helps an administrator; 0 is no limit."""
    root, bob = room.enter("root"), room.enter("bob")
    for name in ("root", "bob"):
        room.spend(name, day=64 * MIB)
    assert "LIMIT_REACHED" in room.say(root, b"PRIVMSG bob :hi\r\n")
    room.say(root, b"OPER root secret\r\n")
    assert " 381 " in room.checked(root)
    assert "PRIVMSG bob :hi" in room.say(root, b"PRIVMSG bob :hi\r\n")
    shares = {**room.core.settings.shares, "stored_per_day": 0}
    room.core.reconfigure(replace(room.core.settings, shares=shares))
    assert "PRIVMSG root :hi" in room.say(bob, b"PRIVMSG root :hi\r\n")


def test_a_limit_that_is_set_later_is_waited_for_at_most_a_day(room: Room) -> None:
    """What was stored while there was none, or more, is no debt of weeks; an operator runs none up either."""
    alice, shares = room.enter("alice"), room.core.settings.shares
    room.core.reconfigure(replace(room.core.settings, shares={**shares, "stored_per_day": 0}))
    room.spend("alice", day=1000 * MIB)
    room.say(alice, b"PRIVMSG bob :hi\r\n")
    room.core.reconfigure(replace(room.core.settings, shares=shares))
    room.spend("alice", day=1000 * MIB)
    assert "LIMIT_REACHED" in room.say(alice, b"PRIVMSG bob :hi\r\n")
    room.passes(3600.0)
    assert "PRIVMSG bob :hi" in room.say(alice, b"PRIVMSG bob :hi\r\n")


@pytest.mark.parametrize("data", [LINE, BATCH, b"TOPIC #a :" + b"t" * 300 + b"\r\n"])
def test_what_was_spent_today_is_known_after_a_restart(data: bytes) -> None:
    """But for the last bytes, whatever was stored; the time without a server counts as time."""
    with ScratchStore() as store:
        room = Room(store)
        alice = room.enter("alice")
        room.say(alice, b"JOIN #a\r\n")
        while room.today("alice") < 3 * NOTED:
            room.say(alice, data)
            room.passes(30.0)
        before = room.today("alice")
        room.restart()
        assert before - NOTED <= room.today("alice") <= before
        known = room.today("alice")
        room.restart(3600.0)
        room.say(room.enter("alice"), b"PRIVMSG bob :hi\r\n")
        drained = 64 * MIB / 24
        assert room.today("alice") == pytest.approx(max(0.0, known - drained), abs=1000)


def test_who_has_spent_its_day_does_not_get_another_by_a_restart() -> None:
    """It is refused as before, also after many; who spent nothing is not."""
    with ScratchStore() as store:
        room = Room(store)
        room.core.reconfigure(replace(room.core.settings, flood=False))
        room.spend("alice", day=64 * MIB - 6 * NOTED)
        alice, sent = room.enter("alice"), 0
        while "LIMIT_REACHED" not in room.say(alice, BATCH):
            sent += 1
        assert sent * len(BATCH) > 2 * NOTED
        for _ in range(5):
            room.restart()
            alice, robot = room.enter("alice"), room.enter("robot")
            told = "".join(room.say(alice, BATCH) for _ in range(2 + NOTED // len(BATCH)))
            assert "LIMIT_REACHED" in told
            assert "PRIVMSG alice :hi" in room.say(robot, b"PRIVMSG alice :hi\r\n")


def test_a_clock_that_was_wrong_takes_no_more_than_was_spent() -> None:
    """What was noted by a clock that was ahead is not lost, and drains within a day."""
    with ScratchStore() as store:
        room = Room(store)
        room.now = Now(WALL + 365 * 86_400_000, room.now.mono)
        alice = room.enter("alice")
        while room.today("alice") < 2 * NOTED:
            room.say(alice, BATCH)
            room.passes(10.0)
        before = room.today("alice")
        room.now = Now(WALL, 0.0)
        room.restart()
        assert before - NOTED <= room.today("alice") <= before


def test_what_a_full_disk_refuses_costs_nothing(room: Room) -> None:
    """What was paid for it is given back."""
    alice = room.enter("alice")
    before = room.today("alice")
    room.core.handle(Received(alice, Framer().feed(LINE)), room.now)
    assert room.today("alice") > before
    room.core.revert(room.core.take(), "full")
    assert room.today("alice") == before


class Case(NamedTuple):
    text: str
    tags: dict[str, str]
    least: int


@pytest.mark.parametrize(
    "case", [Case("x" * 300, {}, 300), Case("ж" * 100, {}, 200), Case("", {"+a": "\x01" * 500}, 3000)]
)
def test_a_message_weighs_what_the_database_writes(case: Case) -> None:
    """In bytes of UTF-8; tags as JSON, where a control character takes six."""
    message = MessageSent(1, 1, "PRIVMSG", 1, "alice", 1, None, "#dev", case.text, case.tags)
    assert case.least + ROW < message_weight(message) < case.least + ROW + 50


@pytest.mark.parametrize(("text", "least", "most"), [("x" * 300, 300, 300), ("漢" * 100, 1500, 2500)])
def test_the_index_of_words_is_paid_for(text: str, least: int, most: int) -> None:
    """As long as the text; where each character is a word for itself it is 20 bytes for each."""
    message = MessageSent(1, 1, "PRIVMSG", 1, "alice", 1, None, "#dev", text, {})
    assert least <= weight_of([message]) - message_weight(message) <= most
