"""Slow work beside the hub: password hashes and queries, each kind in its own threads with a bounded queue.

Every job that is submitted is answered exactly once. A job that finds the queue full, that has waited too
long, or whose connection has gone meanwhile is answered with `JobRefused` and not done. What a hash costs
belongs to the pool and not to the connection: a client that hangs up does not make room for the next guess.
"""

import logging
import time
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Event
from typing import Final, Generic, Protocol, TypeVar, assert_never

from securechat.chat.jobs import (
    AuditRead,
    FetchFound,
    FetchHistory,
    FetchMissed,
    FetchPins,
    FetchReactions,
    FetchTargets,
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
    PinsRead,
    Query,
    ReactionsRead,
    ReadAudit,
    TargetsRead,
)
from securechat.chat.ports import Reader
from securechat.chat.records import MessageSent

log: Final = logging.getLogger("securechat.jobs")

J = TypeVar("J", PasswordJob, Query)


class PasswordHasher(Protocol):
    """Checks and hashes passwords; used by several threads at once."""

    def check(self, phc: str | None, password: str) -> PasswordChecked:
        """Compare; `phc` None is an unknown account, which takes the same time as a known one."""

    def make(self, password: str) -> PasswordHashed:
        """Hash a new password, or say why it may not be set."""


class Pool(Generic[J]):
    """A bounded queue of jobs and the threads that do them; times in seconds.

    `answer` is called with each job's result, by the thread that did it or by the one that submitted it.
    """

    def __init__(
        self,
        queue: int,
        wait: float,
        answer: Callable[[Job, JobResult], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.done = 0
        self.refused = 0
        self._bound = queue
        self._wait = wait
        self._answer = answer
        self._clock = clock
        self._queue: SimpleQueue[tuple[J, float] | None] = SimpleQueue()
        self._stopping = Event()

    @property
    def waiting(self) -> int:
        """Jobs that nobody has begun. Any thread may call."""
        return self._queue.qsize()

    def submit(self, job: J) -> None:
        """Queue a job, or refuse it at once. Called by the hub."""
        if self._queue.qsize() >= self._bound or self._stopping.is_set():
            self._refuse(job)
        else:
            self._queue.put((job, self._clock()))

    def stop(self, threads: int) -> None:
        """End the threads after the jobs that they are doing; what is queued is refused. Any thread may
        call."""
        self._stopping.set()
        for _ in range(threads):
            self._queue.put(None)

    def run(self, work: Callable[[J], JobResult]) -> None:
        """Do jobs until `stop`. The body of each of the pool's threads."""
        while (entry := self._queue.get()) is not None:
            job, queued_at = entry
            late = self._clock() - queued_at > self._wait
            if late or job.link.closed or self._stopping.is_set():
                self._refuse(job)
                continue
            self._answer(job, self._attempt(work, job))

    def _attempt(self, work: Callable[[J], JobResult], job: J) -> JobResult:
        try:
            result = work(job)
        except Exception:
            # A job may fail (no memory for a hash, a read error): the session gets a temporary failure, the
            # pool goes on.
            log.exception("a %s job failed", type(job).__name__)
            return JobRefused()
        self.done += 1
        return result

    def _refuse(self, job: J) -> None:
        self.refused += 1
        self._answer(job, JobRefused())


def check_passwords(pool: Pool[PasswordJob], hasher: PasswordHasher) -> None:
    """The body of a password thread."""

    def work(job: PasswordJob) -> JobResult:
        if isinstance(job, HashPassword):
            return hasher.make(job.password)
        return hasher.check(job.phc, job.password)

    pool.run(work)


def answer_queries(pool: Pool[Query], open_reader: Callable[[], Reader]) -> None:
    """The body of a query thread, which owns one read-only connection."""
    reader = open_reader()
    try:
        pool.run(lambda job: query(reader, job))
    finally:
        reader.close()


def query(reader: Reader, job: Query) -> JobResult:
    """Read what a job asks for."""
    match job:
        case FindMessages():
            return MessagesRead(tuple(find_messages(reader, job)))
        case FetchPins():
            return PinsRead(tuple(reader.pins(job.channel)))
        case FetchReactions():
            return ReactionsRead(reader.reactions(job.messages))
        case FetchUndelivered():
            return MessagesRead(tuple(reader.undelivered(job.account, job.after, job.limit)))
        case ReadAudit():
            return AuditRead(tuple(reader.audit(job.after, job.limit)))
        case FetchHistory():
            spans = [
                reader.history(job.place, span, events=job.events, tombstones=job.tombstones)
                for span in job.spans
            ]
            return MessagesRead(tuple(message for span in spans for message in span))
        case FetchMissed():
            missed = [
                reader.history(channel, job.span, events=False, tombstones=job.redactions)
                for channel in job.channels
            ]
            return MessagesRead(tuple(message for channel in missed for message in channel))
        case FetchFound():
            try:
                return MessagesRead(tuple(reader.search(job.search)))
            except TimeoutError:
                return JobRefused()
        case FetchTargets():
            found = reader.targets(
                job.account, job.channels, job.span, events=job.events, tombstones=job.tombstones
            )
            return TargetsRead(tuple(found))
        case _:
            assert_never(job)


def find_messages(reader: Reader, job: FindMessages) -> Iterator[MessageSent]:
    """Answer one job."""
    for nonce in job.nonces:
        if (found := reader.find_nonce(job.account, nonce)) is not None:
            yield found
    for key in job.ids:
        if (found := reader.message(key)) is not None:
            yield found
            if job.edits:
                yield from reader.edits(key)
