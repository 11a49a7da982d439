"""Query threads: accounts take turns, and searches leave a thread to those who read history."""

from securechat.chat.jobs import FetchFound, FetchTargets, Job, JobRefused, JobResult, Query
from securechat.chat.reading import Search, Span
from securechat.server.connection import Connection, Share
from securechat.server.fair_queue import EVERY, STRANGE
from securechat.server.inbox import Inbox
from securechat.server.jobs import Jobs
from securechat.server.limits import Limits
from tests.transport.conftest import UNLIMITED
from tests.transport.rig import Rig

SPAN = Span(0, 9, 1, newest=True)


def links(rig: Rig, account: int, number: int) -> list[Connection]:
    """Return sessions of an account."""
    made = [rig.pair()[1] for _ in range(number)]
    for link in made:
        link.share = Share(account)
    return made


def asked(links: list[Connection]) -> list[Query]:
    """Return a query of each."""
    return [FetchTargets(link, 1, (), SPAN, False, False) for link in links]


def searched(links: list[Connection]) -> list[Query]:
    """Return a search of each."""
    return [FetchFound(link, Search(1, (), False, (), None, SPAN)) for link in links]


def begun(jobs: Jobs, *, searches: bool) -> list[Job]:
    """Let a thread of this kind do everything that there is for it; return what it did, in order."""
    done: list[Job] = []

    def work(job: Query) -> JobResult:
        done.append(job)
        return JobRefused()

    while jobs.queries.run_once(work, 0, lanes=EVERY if searches else STRANGE):
        pass
    return done


def test_an_account_with_many_sessions_has_one_turn_at_a_time(rig: Rig) -> None:
    """Twenty queries of one account hold another account up by one; no number of them is refused."""
    jobs = Jobs(Inbox(), UNLIMITED, lambda: 0.0)
    many, one = asked(links(rig, 1, 20)), asked(links(rig, 2, 1))
    for job in (*many, *one):
        jobs.start(job)
    assert begun(jobs, searches=True)[:3] == [many[0], *one, many[1]]
    assert Limits().query_queue >= Limits().max_connections


def test_searches_leave_a_thread_to_others(rig: Rig) -> None:
    """A thread that does no searches goes on with history while searches wait for the other one."""
    jobs = Jobs(Inbox(), UNLIMITED, lambda: 0.0)
    slow, quick = searched(links(rig, 1, 3)), asked(links(rig, 2, 2))
    for job in (*slow, *quick):
        jobs.start(job)
    assert begun(jobs, searches=False) == quick
    assert begun(jobs, searches=True) == slow
