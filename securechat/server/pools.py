"""Slow work beside the hub: password hashes and queries, each kind in its own threads with its own queue.

Every job that is submitted is answered exactly once. A job whose connection has gone is answered with
`JobRefused` and not done. The pool, not the connection, pays for a hash: a client that hangs up does not make
room for the next guess.

Queries are refused, too, when they have waited too long. Passwords are not: clients take such a refusal for a
wrong password. A session waits for one job at a time, so the number of connections bounds the queues, and
turns (`fair_queue`) bound what a crowd can do to the others: by source for passwords, and by account for
queries. Searches, which may take seconds, stand in a lane of their own and leave a thread to all else.
"""

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from threading import Event, Lock
from typing import Final, Generic, Protocol, TypeVar, assert_never

from securechat.chat.jobs import (
    AuditRead,
    AuthenticatorMade,
    CertifyKey,
    CheckCode,
    CheckPassword,
    CodeChecked,
    FetchContext,
    FetchFound,
    FetchHistory,
    FetchMissed,
    FetchPins,
    FetchReactions,
    FetchReceived,
    FetchTargets,
    FetchUndelivered,
    FindMessages,
    HashPassword,
    Job,
    JobRefused,
    JobResult,
    KeyCertified,
    MakeAuthenticator,
    MakeToken,
    MessagesRead,
    PasswordChecked,
    PasswordHashed,
    PasswordJob,
    PinsRead,
    Query,
    ReactionsRead,
    ReadAudit,
    TargetsRead,
    TokenMade,
)
from securechat.chat.ports import QueryFailed, Reader
from securechat.chat.reading import fitting, page
from securechat.chat.records import MessageSent, original_of
from securechat.chat.tallies import tallied
from securechat.chat.weight import TARGET
from securechat.server.fair_queue import EVERY, FairQueue
from securechat.server.measuring import LONG, Histogram

log: Final = logging.getLogger("securechat.jobs")

NICENESS: Final = 5
"""Of the threads that hash passwords, more than the server's own: they get a third of what a busy thread
beside them gets. With ten, a ninth, other programs of a busy machine kept people from logging in."""

J = TypeVar("J", PasswordJob, Query)


class PasswordHasher(Protocol):
    """Checks and hashes passwords; used by several threads at once."""

    def check(self, phc: str | None, password: str) -> PasswordChecked:
        """Compare; `phc` None is an unknown account, which takes the same time as a known one."""

    def stand_beside(self, hashes: Iterable[str]) -> None:
        """Let a refusal cost what it costs for these hashes of accounts, whatever it is for."""

    def make(self, password: str) -> PasswordHashed:
        """Hash a new password, or say why it may not be set."""


class DeviceMaker(Protocol):
    """Makes what devices log in with, and second factors; used by several threads at once."""

    def token(self) -> TokenMade:
        """Return a new token."""

    def certify(self, account: str, device: str, key: bytes) -> KeyCertified:
        """Sign a certificate for a public key, in DER, or say why not."""

    def authenticator(self, account: str, issuer: str) -> AuthenticatorMade:
        """Return a new secret for a second factor, and recovery codes."""

    def check_code(self, secret: str, code: str, at: int) -> CodeChecked:
        """Look which step's code this is at a time in milliseconds."""


class Pool(Generic[J]):
    """A queue of jobs and the threads that do them; times in seconds.

    `report` is called with each job's result, by the thread that did it or by the one that submitted it.
    `place` returns a job's source and its lane; without it all stand in one line.
    """

    def __init__(
        self,
        report: Callable[[Job, JobResult], None],
        *,
        bound: float = math.inf,
        wait: float = math.inf,
        place: Callable[[J], tuple[Hashable, bool]] = lambda job: (None, False),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.done = 0
        self.refused = 0
        self.failed = 0
        self.waits = Histogram(LONG)
        """How long jobs waited until somebody began them."""
        self._counting = Lock()  # several threads do, and adding is more than one step
        self._report = report
        self._bound = bound
        self._wait = wait
        self._clock = clock
        self._queue: FairQueue[J, float] = FairQueue(place)
        self._stopping = Event()

    @property
    def waiting(self) -> int:
        """Jobs that nobody has begun. Any thread may call."""
        return len(self._queue)

    @property
    def stopping(self) -> bool:
        """Whether `stop` was called. Any thread may call."""
        return self._stopping.is_set()

    def submit(self, job: J) -> None:
        """Queue a job, or refuse it at once. Called by the hub."""
        if len(self._queue) >= self._bound or self._stopping.is_set():
            self._refuse(job)
        else:
            self._queue.put(job, self._clock())

    def drop(self, job: J) -> None:
        """Refuse a job that nobody has begun: its connection has gone. Called by the hub."""
        if self._queue.remove(job):
            self._refuse(job)

    def stop(self) -> None:
        """End the threads after the jobs that they are doing; queued jobs are refused.

        Any thread may call.
        """
        self._stopping.set()
        self._queue.close()

    def run(self, work: Callable[[J], JobResult]) -> None:
        """Do jobs until `stop`. The body of each of the pool's threads."""
        while self.run_once(work, None):
            pass

    def run_once(
        self, work: Callable[[J], JobResult], timeout: float | None, *, lanes: Collection[bool] = EVERY
    ) -> bool:
        """Do one job of these lanes (`place` says it of each).

        False when none has come within `timeout` seconds, or after `stop` none is left.
        """
        entry = self._queue.get(timeout, lanes)
        if entry is None:
            return False
        job, queued_at = entry
        waited = self._clock() - queued_at
        with self._counting:
            self.waits.observe(waited)
        if waited > self._wait or job.link.closed or self._stopping.is_set():
            self._refuse(job)
        else:
            self._report(job, self._attempt(work, job))
        return True

    def _attempt(self, work: Callable[[J], JobResult], job: J) -> JobResult:
        try:
            result = work(job)
        except QueryFailed as error:
            log.error("a %s job failed: %s", type(job).__name__, error)
        except Exception:
            # A job may fail (no memory for a hash, a read error): the session gets a temporary failure, the
            # pool goes on.
            log.exception("a %s job failed", type(job).__name__)
        else:
            with self._counting:
                self.done += 1
            return result
        with self._counting:
            self.failed += 1
        return JobRefused()

    def _refuse(self, job: J) -> None:
        with self._counting:
            self.refused += 1
        self._report(job, JobRefused())


def check_passwords(pool: Pool[PasswordJob], hasher: PasswordHasher, devices: DeviceMaker) -> None:
    """The body of a password thread."""
    _yield_to_others()
    pool.run(lambda job: compute(hasher, devices, job))


def compute(hasher: PasswordHasher, devices: DeviceMaker, job: PasswordJob) -> JobResult:
    """Do one job."""
    match job:
        case CheckPassword():
            return hasher.check(job.phc, job.password)
        case HashPassword():
            return hasher.make(job.password)
        case MakeToken():
            return devices.token()
        case CertifyKey():
            return devices.certify(job.account, job.device, job.key)
        case MakeAuthenticator():
            return devices.authenticator(job.account, job.issuer)
        case CheckCode():
            return devices.check_code(job.secret, job.code, job.at)
        case _:
            assert_never(job)


def _yield_to_others() -> None:
    """Let the hub and the workers have the processor first: a hash takes a tenth of a second of it.

    Linux takes the number of a thread for that of a process, and only this thread gets nicer.
    """
    thread = threading.get_native_id()
    with suppress(OSError):  # some sandboxes forbid it
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + NICENESS)


def query(reader: Reader, job: Query) -> JobResult:
    """Read what a job asks for."""
    match job:
        case FindMessages():
            messages = tuple(find_messages(reader, job))
            return MessagesRead(messages, changes=count_changes(reader, job, messages) if job.changes else 0)
        case FetchPins():
            return PinsRead(tuple(reader.pins(job.channel)))
        case FetchContext():
            return _oldest(reader.context(job.messages), job.room)
        case FetchReactions():
            return ReactionsRead(tallied(reader.reactions(job.messages), job.room))
        case FetchUndelivered():
            return _oldest(reader.undelivered(job.account, job.after, job.limit), job.room, job.limit)
        case FetchReceived():
            return _oldest(reader.received(job.account, job.after, job.limit), job.room, job.limit)
        case ReadAudit():
            return AuditRead(tuple(reader.audit(job.after, job.limit)))
        case FetchHistory():
            return read_pages(reader, job)
        case FetchMissed():
            return MessagesRead(tuple(read_missed(reader, job)))
        case FetchFound():
            try:
                found = reader.search(job.search)
            except TimeoutError:
                return JobRefused()
            return MessagesRead(tuple(page(found, job.search.span, job.room)[0]))
        case FetchTargets():
            return read_targets(reader, job)
        case _:
            assert_never(job)


def _oldest(found: Sequence[MessageSent], room: int, limit: int = 0) -> MessagesRead:
    """Return the oldest of the messages that have room; fewer than `limit` are all that there are."""
    number = fitting(found, room, newest=False)
    return MessagesRead(tuple(found[:number]), number >= len(found) < limit)


def read_targets(reader: Reader, job: FetchTargets) -> TargetsRead:
    """Answer one job: one place more than wanted is read, to know whether there are more."""
    most = min(job.span.limit, max(1, job.room // TARGET))
    wider = replace(job.span, limit=most + 1)
    found = reader.targets(job.account, job.channels, wider, events=job.events, tombstones=job.tombstones)
    shown = found[-most:] if job.span.newest else found[:most]
    return TargetsRead(tuple(shown), len(found) <= most)


def read_pages(reader: Reader, job: FetchHistory) -> MessagesRead:
    """Answer one job: one message more than wanted is read, to know whether there are more."""
    pages = []
    for span in job.spans:
        wider = replace(span, limit=span.limit + 1)
        found = reader.history(job.place, wider, events=job.events, tombstones=job.tombstones)
        pages.append(page(found, span, job.room // len(job.spans)))
    messages = tuple(message for found, _ in pages for message in found)
    return MessagesRead(messages, all(ended for _, ended in pages))


def read_missed(reader: Reader, job: FetchMissed) -> Iterator[MessageSent]:
    """Yield the newest of each channel, which has its part of what one answer may take."""
    room = job.room // max(1, len(job.channels))
    for channel in job.channels:
        found = reader.history(channel, job.span, events=False, tombstones=job.redactions)
        yield from found[-fitting(found, room, newest=True) :]


def count_changes(reader: Reader, job: FindMessages, found: Sequence[MessageSent]) -> int:
    """Count how often the account has changed what was found by its id, of an edit the original as well."""
    changed = {key for one in found if one.id in job.ids for key in (one.id, original_of(one))}
    return sum(reader.changes(key, job.account) for key in changed)


def find_messages(reader: Reader, job: FindMessages) -> Iterator[MessageSent]:
    """Yield what one job looks for."""
    for nonce in job.nonces:
        if (found := reader.find_nonce(job.account, nonce)) is not None:
            yield found
    for key in job.ids:
        if (found := reader.message(key)) is not None:
            yield found
            if job.edits:
                yield from reader.edits(key)
