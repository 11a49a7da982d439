"""Slow jobs: bounded queues, one answer for each job."""

import os
from collections.abc import Iterable
from threading import Event, Semaphore, Thread, get_native_id

import pytest

from securechat.chat.jobs import (
    AuditRead,
    CheckPassword,
    FetchUndelivered,
    FindMessages,
    HashPassword,
    Job,
    JobRefused,
    JobResult,
    MessagesRead,
    PasswordChecked,
    PasswordHashed,
    PasswordJob,
    Query,
    ReadAudit,
)
from securechat.chat.ports import AuditEntry
from securechat.chat.records import Audited, MessageSent
from securechat.server.pools import (
    NICENESS,
    Pool,
    check_passwords,
    compute,
    query,
)
from securechat.server.readers import QueryReader, run_queries
from tests.support.devices import FakeDevices
from tests.support.empty_reader import EmptyReader


class Link:
    """A connection that may be gone."""

    queued = 0
    closed = False


class Hasher:
    """Knows one password."""

    def check(self, phc: str | None, password: str) -> PasswordChecked:
        if password == "broken":
            raise MemoryError("no memory for argon2")
        return PasswordChecked(phc is not None and password == "right")

    def stand_beside(self, hashes: Iterable[str]) -> None:
        pass

    def make(self, password: str) -> PasswordHashed:
        return PasswordHashed(f"${password}$")


def entry(number: int) -> AuditEntry:
    """A row of the audit log."""
    return AuditEntry(number, Audited(5, "root", "here", "passwd", "alice"), "hash")


class Messages(EmptyReader):
    """A reader that finds what it was asked for."""

    def __init__(self) -> None:
        self.closed = False

    def find_nonce(self, account: int, nonce: str) -> MessageSent | None:
        return message(account) if nonce == "known" else None

    def context(self, keys: object) -> list[MessageSent]:
        raise NotImplementedError

    def received(self, account: int, after: int, limit: int) -> list[MessageSent]:
        raise NotImplementedError

    def undelivered(self, account: int, after: int, limit: int) -> list[MessageSent]:
        return [message(after + number) for number in range(1, limit + 1)]

    def audit(self, after: int, limit: int) -> list[AuditEntry]:
        return [entry(after + number + 1) for number in range(limit)]

    def close(self) -> None:
        self.closed = True


def message(number: int) -> MessageSent:
    """A stored message."""
    return MessageSent(number, 0, "PRIVMSG", 1, "a", 1, None, "#c", "x", {})


class Desk:
    """Two pools, their clock and the results that they reported."""

    def __init__(self, queue: int = 3, wait: float = 5.0) -> None:
        self.now = 0.0
        self.answers: list[tuple[Job, JobResult]] = []
        self.reported = Semaphore(0)
        self.passwords: Pool[PasswordJob] = Pool(self._report)
        self.queries: Pool[Query] = Pool(self._report, bound=queue, wait=wait, clock=lambda: self.now)

    def _report(self, job: Job, result: JobResult) -> None:
        self.answers.append((job, result))
        self.reported.release()

    def submit(self, *passwords: str) -> list[CheckPassword]:
        jobs = [CheckPassword(Link(), "$phc", password) for password in passwords]
        for job in jobs:
            self.passwords.submit(job)
        return jobs

    def work(self) -> None:
        """One thread's work, until the queue is empty."""
        while self.passwords.run_once(lambda job: compute(Hasher(), FakeDevices(), job), 0):
            pass

    def ask(self, number: int) -> list[FindMessages]:
        """Submit queries."""
        jobs = [FindMessages(Link(), 1, ("known",)) for _ in range(number)]
        for job in jobs:
            self.queries.submit(job)
        return jobs

    def read(self) -> None:
        """One query thread's work, until the queue is empty."""
        while self.queries.run_once(lambda job: query(Messages(), job), 0):
            pass


def test_jobs_are_done_in_order() -> None:
    """Every job is answered with its result."""
    desk = Desk()
    first, second = desk.submit("right", "wrong")
    desk.work()
    assert desk.answers == [(first, PasswordChecked(True)), (second, PasswordChecked(False))]
    assert (desk.passwords.done, desk.passwords.refused) == (2, 0)


def test_a_full_queue_of_queries_refuses_at_once() -> None:
    """A query beyond the bound is refused before any work is done; those in the queue are not affected."""
    desk = Desk(queue=2)
    *_, third = desk.ask(3)
    assert desk.answers == [(third, JobRefused())]
    desk.read()
    assert [type(result) for _, result in desk.answers[1:]] == [MessagesRead] * 2


def test_a_query_that_waited_too_long_is_refused() -> None:
    """After so long in the queue nobody waits for the result any more: nothing is read."""
    desk = Desk()
    (late,) = desk.ask(1)
    desk.now = 4.0
    (early,) = desk.ask(1)
    desk.now = 5.1
    desk.read()
    assert desk.answers == [(late, JobRefused()), (early, MessagesRead((message(1),)))]


def test_no_password_is_refused_for_the_length_of_the_queue() -> None:
    """Ten thousand logins at once all get their result."""
    desk = Desk()
    jobs = desk.submit(*["right"] * 10_000)
    assert desk.answers == []
    desk.work()
    assert desk.answers == [(job, PasswordChecked(True)) for job in jobs]


def test_the_job_of_a_lost_connection_gives_its_place_up() -> None:
    """A dropped job is answered at once and hashed never; one that is done or unknown cannot be dropped."""
    desk = Desk()
    dropped, done = desk.submit("right", "right")
    desk.passwords.drop(dropped)
    assert (desk.answers, desk.passwords.waiting) == ([(dropped, JobRefused())], 1)
    desk.work()
    desk.passwords.drop(done)
    desk.passwords.drop(dropped)
    assert desk.answers == [(dropped, JobRefused()), (done, PasswordChecked(True))]


def test_a_job_of_a_closed_connection_is_dropped() -> None:
    """No hash is computed for somebody who has gone; the answer clears up what waits for it."""
    desk = Desk()
    (job,) = desk.submit("right")
    link = job.link
    assert isinstance(link, Link)
    link.closed = True
    desk.work()
    assert desk.answers == [(job, JobRefused())]
    assert desk.passwords.done == 0


def test_what_several_threads_count_is_counted() -> None:
    """Also where Python has no global lock, and two of them can add at the same time."""
    pool: Pool[PasswordJob] = Pool(lambda job, result: None)
    pool.stop()
    job = CheckPassword(Link(), "$phc", "right")

    def refuse() -> None:
        for _ in range(20_000):
            pool.submit(job)

    threads = [Thread(target=refuse) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pool.refused == 40_000


def test_a_failing_job_is_refused_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a job is logged once without its password, and the pool goes on."""
    desk = Desk()
    broken, right = desk.submit("broken", "right")
    desk.work()
    assert desk.answers == [(broken, JobRefused()), (right, PasswordChecked(True))]
    (record,) = caplog.records
    assert record.getMessage() == "a CheckPassword job failed"
    assert record.exc_info is not None


def test_after_stop_nothing_is_begun() -> None:
    """What is queued when the server stops is refused, and so is what comes later."""
    desk = Desk()
    (queued,) = desk.submit("right")
    desk.passwords.stop()
    (later,) = desk.submit("right")
    check_passwords(desk.passwords, Hasher(), FakeDevices())
    assert desk.answers == [(later, JobRefused()), (queued, JobRefused())]


def test_stop_ends_every_thread() -> None:
    """Threads that wait for jobs end."""
    desk = Desk()
    parts = (desk.passwords, Hasher(), FakeDevices())
    threads = [Thread(target=check_passwords, args=parts) for _ in range(3)]
    for thread in threads:
        thread.start()
    desk.passwords.stop()
    for thread in threads:
        thread.join(10)
        assert not thread.is_alive()


def test_hashing_threads_are_nice() -> None:
    """A thread that hashes lets the others have the processor first, and is the only one that does."""
    desk = Desk()
    found: list[int] = []

    class Curious(Hasher):
        def check(self, phc: str | None, password: str) -> PasswordChecked:
            found.append(os.getpriority(os.PRIO_PROCESS, get_native_id()))
            return super().check(phc, password)

    desk.submit("right")
    thread = Thread(target=check_passwords, args=(desk.passwords, Curious(), FakeDevices()))
    thread.start()
    assert desk.reported.acquire(timeout=10)
    desk.passwords.stop()
    thread.join(10)
    own = os.getpriority(os.PRIO_PROCESS, get_native_id())
    assert found == [min(own + NICENESS, 19)]


def test_a_slot_belongs_to_the_job() -> None:
    """A client that hangs up while its password is being hashed does not free the thread for another hash."""
    desk = Desk()
    begun, finish = Event(), Event()

    def work(job: CheckPassword) -> PasswordChecked:
        begun.set()
        assert finish.wait(10)
        return PasswordChecked(True)

    (job,) = desk.submit("right")
    thread = Thread(target=desk.passwords.run, args=(work,))
    thread.start()
    assert begun.wait(10)
    link = job.link
    assert isinstance(link, Link)
    link.closed = True
    desk.passwords.drop(job)
    desk.submit("right")
    assert (desk.answers, desk.passwords.waiting) == ([], 1)
    desk.passwords.stop()
    finish.set()
    thread.join(10)
    assert not thread.is_alive()


def test_queries_are_answered_by_their_own_reader() -> None:
    """A query thread opens one reader, uses it for every query, and closes it."""
    desk = Desk()
    readers: list[Messages] = []

    def open_reader() -> Messages:
        readers.append(Messages())
        return readers[-1]

    link = Link()
    for job in (
        FindMessages(link, 1, ("known",)),
        FindMessages(link, 1, ("new",)),
        FetchUndelivered(link, 1, 4, 2),
    ):
        desk.queries.submit(job)
    thread = Thread(target=run_queries, args=(desk.queries, QueryReader(open_reader)))
    thread.start()
    while len(desk.answers) < 3:
        assert desk.reported.acquire(timeout=10)
    desk.queries.stop()
    thread.join(10)
    assert not thread.is_alive()
    assert [result for _, result in desk.answers] == [
        MessagesRead((message(1),)),
        MessagesRead(()),
        MessagesRead((message(5), message(6))),
    ]
    assert [reader.closed for reader in readers] == [True]


def test_the_audit_log_is_a_query() -> None:
    """It is read by the query threads like messages."""
    assert query(Messages(), ReadAudit(Link(), 4, 2)) == AuditRead((entry(5), entry(6)))


def test_a_new_password_is_hashed_by_the_same_threads() -> None:
    """A hash is made where hashes are verified, within the same bounds."""
    desk = Desk()
    link = Link()
    desk.passwords.submit(HashPassword(link, "secret"))
    desk.work()
    assert [result for _, result in desk.answers] == [PasswordHashed("$secret$")]
