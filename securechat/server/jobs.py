"""The hub's slow work: hashing and reading the store, done by the threads of two pools.

The hub starts a job, and its result comes back as an item of the inbox. Accounts take turns with their
queries. While a connection waits for its hash the deadline of its login stands still.
"""

from collections.abc import Callable
from ipaddress import ip_address
from typing import cast

from securechat.chat.items import JobDone
from securechat.chat.jobs import CheckPassword, FetchFound, Job, JobResult, PasswordJob, Query
from securechat.server.admission import source_of
from securechat.server.connection import Connection
from securechat.server.inbox import Inbox
from securechat.server.limits import Limits
from securechat.server.pools import Pool


class Jobs:
    """The pools, and who waits for them. The hub's thread starts and drops; the pools' threads answer."""

    def __init__(self, inbox: Inbox, limits: Limits, clock: Callable[[], float]) -> None:
        self.passwords = Pool[PasswordJob](self._password_done, place=_place)
        bound, wait = limits.query_queue, limits.query_wait
        self.queries = Pool[Query](self._done, bound=bound, wait=wait, place=_whose)
        self._inbox = inbox
        self._clock = clock

    def start(self, job: Job) -> None:
        """Hand a job to its pool."""
        if isinstance(job, PasswordJob):
            link = cast(Connection, job.link)
            link.hashing, link.hashing_since = job, self._clock()
            self.passwords.submit(job)
        else:
            self.queries.submit(job)

    def drop(self, link: Connection) -> None:
        """Forget the hash that a connection waited for, which has gone."""
        if link.hashing is not None:
            self.passwords.drop(link.hashing)

    def _done(self, job: Job, result: JobResult) -> None:
        self._inbox.put(JobDone(job, result))

    def _password_done(self, job: Job, result: JobResult) -> None:
        self._inbox.put(lambda: self._hashed(cast(Connection, job.link)))
        self._inbox.put(JobDone(job, result))

    def _hashed(self, link: Connection) -> None:
        """The deadline of the login goes on where it was when the connection began to wait for its hash."""
        # In this order: its worker may look in between, and must not find the wait forgotten.
        link.waited += self._clock() - link.hashing_since
        link.hashing, link.hashing_since = None, 0.0


def _whose(job: Query) -> tuple[int, bool]:
    """Return the account that a query is for, and whether it is a search; 0 for the server's own."""
    share = job.link.share if isinstance(job.link, Connection) else None
    return share.account if share is not None else 0, isinstance(job, FetchFound)


def _place(job: PasswordJob) -> tuple[str, bool]:
    """Return the source of a password job, and whether it is one that people log in from."""
    link = cast(Connection, job.link)
    familiar = link.authenticated or (isinstance(job, CheckPassword) and job.familiar)
    return source_of(ip_address(link.address)), familiar
