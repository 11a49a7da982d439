"""What bounds one session: its backlog while a job runs, and its SendQ."""

import pytest

from securechat.chat.clock import Now
from securechat.chat.commands import COMMANDS
from securechat.chat.core import Core
from securechat.chat.effects import AwaitDrain, Handled, Send, Then
from securechat.chat.items import Administer, Connected, Drained, JobDone, Received, Tick
from securechat.chat.jobs import PasswordChecked
from securechat.chat.ports import Snapshot
from securechat.chat.requests import AddAccount
from securechat.chat.settings import Settings
from securechat.chat.state.flood import BURST, RATE, Bucket
from securechat.chat.state.ids import MessageIds
from securechat.irc.framing import Framer
from tests.playbooks.runner import FakeLink

NOW = Now(1_700_000_000_000, 10.0)


def session(sendq: int = 1 << 20) -> tuple[Core, FakeLink]:
    """A core with one session that has logged in."""
    core = Core(Settings("chat.test", "Net", "1", autojoin=(), sendq=sendq), Snapshot((), (), frozenset(), 0))
    link = FakeLink("alice")
    core.handle(Administer(1, AddAccount("alice", "$p$")), NOW)
    core.handle(Connected(link, "192.0.2.1"), NOW)
    lines(core, link, b"PASS alice:secret\r\nNICK alice\r\nUSER a 0 * :A\r\n")
    job = core.sessions[link].backlog.job
    assert job is not None
    core.handle(JobDone(job, PasswordChecked(True)), NOW)
    core.take()
    return core, link


def lines(core: Core, link: FakeLink, data: bytes) -> None:
    """Let the session send."""
    core.handle(Received(link, Framer().feed(data)), NOW)


def sent(core: Core) -> bytes:
    """All bytes for single sessions of this turn."""
    return b"".join(e.data for outcome in core.take() for e in outcome.effects if isinstance(e, Send))


def test_commands_wait_while_the_sendq_is_above_a_quarter() -> None:
    """Commands with large answers stop at a quarter of the SendQ, within one turn, and go on later."""
    core, link = session(sendq=16_000)
    lines(core, link, b"HELP\r\n" * 30)
    outcomes = core.take()
    effects = [effect for outcome in outcomes for effect in outcome.effects]
    first = sum(len(effect.data) for effect in effects if isinstance(effect, Send))
    assert first < 16_000 / 2
    assert any(isinstance(effect, AwaitDrain) for effect in effects)
    handled = sum(effect.lines for effect in effects if isinstance(effect, Handled))
    assert 0 < handled < 30
    link.queued = first
    core.handle(Drained(link), NOW)
    assert not sent(core), "nothing moves while the queue is as full as before"
    link.queued = 0
    core.handle(Drained(link), NOW)
    assert sent(core).startswith(b":chat.test 704 ")


def test_lines_wait_for_a_job_of_their_session() -> None:
    """Replies come in the order of the commands: a PING behind a login is answered after it."""
    core, _ = session()
    link = FakeLink("other")
    core.handle(Connected(link, "192.0.2.1"), NOW)
    lines(core, link, b"PASS alice:x\r\nPING 1\r\n")
    assert b"PONG" not in sent(core)
    job = core.sessions[link].backlog.job
    assert job is not None
    core.handle(JobDone(job, PasswordChecked(False)), NOW)
    answer = sent(core)
    assert answer.index(b" 464 ") < answer.index(b"PONG")


def test_result_for_a_connection_that_has_gone_is_dropped() -> None:
    """A job's result whose session has ended meanwhile changes nothing."""
    core, _ = session()
    link = FakeLink("gone")
    core.handle(Connected(link, "192.0.2.1"), NOW)
    lines(core, link, b"PASS alice:x\r\n")
    job = core.sessions[link].backlog.job
    assert job is not None
    core.sessions.pop(link)
    core.take()
    core.handle(JobDone(job, PasswordChecked(True)), NOW)
    assert not core.take()


def test_bucket_refills_with_time() -> None:
    """A burst passes, then the rate holds; the wait that is named is long enough."""
    bucket = Bucket(0.0)
    assert all(bucket.spend(1.0, 0.0) == 0 for _ in range(int(BURST)))
    wait = bucket.spend(1.0, 0.0)
    assert wait == 1 / RATE
    assert bucket.spend(1.0, wait) == 0


def test_what_costs_more_than_the_bucket_holds_is_owed() -> None:
    """A command with very many targets goes when the bucket is full, and the next one waits for its rest."""
    bucket = Bucket(0.0)
    assert bucket.spend(1.0, 0.0) == 0
    assert bucket.spend(3 * BURST, 0.0) == 1 / RATE
    assert bucket.spend(3 * BURST, 1 / RATE) == 0
    assert bucket.spend(1.0, 1 / RATE) == (2 * BURST + 1) / RATE


def test_a_list_costs_what_its_targets_cost() -> None:
    """Twenty JOINs in one line are as dear as twenty lines, and go at once."""
    core, link = session()
    lines(core, link, b"JOIN " + b",".join(b"#%d" % number for number in range(20)) + b"\r\n")
    assert sent(core).count(b" 366 ") == 20
    bucket = core.sessions[link].bucket
    assert bucket is not None
    assert bucket.spend(BURST - 20, NOW.mono) == 0
    assert bucket.spend(1.0, NOW.mono) > 0


@pytest.mark.parametrize(
    ("line", "targets"),
    [
        ("LIST", 1),
        ("LIST *a*,*b*,*c*", 3),
        ("LIST >0 *a*,*b*,*c*", 4),
        ("LIST >0 <9 *a* *b*", 4),
        ("WHOIS bob", 1),
        ("WHOIS bob bob", 1),
        ("WHOIS chat.test a,b,c", 3),
        ("WHOIS chat.test a,b,c x", 1),
        ("KICK #a a,b,c", 3),
        ("WHOWAS a,b,c 1,1", 3),
    ],
)
def test_a_list_costs_the_same_wherever_it_is(line: str, targets: int) -> None:
    """What a command looks at is what is paid for: nothing is free since another parameter is short."""
    name, *params = line.split(" ")
    assert COMMANDS[name].cost_of(params) == targets * COMMANDS[name].cost


def test_whois_is_of_the_parameter_that_is_paid_for() -> None:
    """A third parameter makes no list free."""
    core, link = session()
    lines(core, link, b"WHOIS chat.test a,b,c alice\r\n")
    assert sent(core).count(b" 318 ") == 1


def test_ids_grow_when_the_clock_jumps_back() -> None:
    """Order is never the clock's: ids grow also after it was set back."""
    ids = MessageIds(0)
    first, second = ids.next(1_000_000, 0), ids.next(1_000_000, 0)
    third = ids.next(5, 0)
    assert first < second < third
    assert MessageIds(third).next(6, 0) == third + 1


def test_what_was_given_out_up_to_an_instant_is_known_whatever_the_clock_says() -> None:
    """Exactly, to the id, though the wall clock jumps."""
    ids = MessageIds(7)
    assert ids.upto(50.0) == 7
    first = ids.next(5_000, 100.0)
    second = ids.next(9_000_000, 130.0)
    third = ids.next(6_000, 130.5)
    assert [ids.upto(mono) for mono in (50.0, 99.9, 100.0, 129.9, 130.0, 130.4)] == [
        7,
        7,
        *[first] * 2,
        *[second] * 2,
    ]
    assert third == ids.upto(130.5) == ids.upto(1e9)


def test_of_long_ago_an_older_id_is_known_and_never_a_newer_one() -> None:
    """The memory is bounded: what is too much is forgotten in the older half, every second instant."""
    ids = MessageIds(0)
    given = [(mono, ids.next(1, float(mono))) for mono in range(40_000)]
    assert all(ids.upto(mono) <= key for mono, key in given)
    assert all(ids.upto(mono) == key for mono, key in given[-8_000:])
    assert all(ids.upto(mono) >= given[max(0, mono - 64)][1] for mono, key in given[20_000:])


def test_who_was_slowed_down_goes_on_in_a_time_of_its_own() -> None:
    """The tick at which a wait ends handles no lines: they are of the session's time, not of everybody's."""
    core, link = session()
    assert core.settings.flood
    lines(core, link, b"PING x\r\n" * 70)
    sent(core)
    due = core.next_due()
    assert due is not None
    core.handle(Tick(), Now(NOW.wall + 1000, NOW.mono + 1.0))
    (outcome,) = core.take()
    assert outcome.effects == [Then(Drained(link))]
    assert core.next_due() is None
    core.handle(Drained(link), core.now)
    assert sent(core).count(b"PONG") == RATE
