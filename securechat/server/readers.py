"""A query thread's connection to the database: opened, lost, and opened again.

Theory of operation. A database server restarts, an address changes, a disk fails to read: a connection that
worked for weeks is of no use any more. The query that finds this out is tried once more on a new connection.
While none can be made, queries are refused at once; the thread tries again after a second, and after pauses
that double, also when nobody asks for anything, so that the state that `status` shows is true.
"""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from securechat.chat.jobs import JobRefused, JobResult, Query
from securechat.chat.ports import QueryFailed, Reader
from securechat.chat.requests import Value
from securechat.server.fair_queue import EVERY, STRANGE
from securechat.server.pools import Pool, query

FIRST_PAUSE: Final = 1.0
LONGEST_PAUSE: Final = 30.0

_NOTHING: Final = -1
"""The id of no message."""

log: Final = logging.getLogger("securechat.readers")


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no connection, and since when on the monotonic clock."""

    text: str
    since: float


class QueryReader:
    """One connection for one query thread, which calls everything but `problem`."""

    def __init__(
        self, open_reader: Callable[[], Reader], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._open_reader = open_reader
        self._clock = clock
        self._reader: Reader | None = None
        self._problem: Problem | None = None
        self._pause = 0.0
        self._next = float("-inf")

    @property
    def problem(self) -> Problem | None:
        """What keeps it from working, None while it works. Any thread may call."""
        return self._problem

    @property
    def pause(self) -> float | None:
        """Seconds until the next attempt to connect; None while there is a connection."""
        return None if self._reader is not None else max(0.0, self._next - self._clock())

    def __call__(self, job: Query) -> JobResult:
        """Read what a job asks for, or refuse. Raises what the database has against this query."""
        reader = self.opened()
        if reader is None:
            return JobRefused()
        try:
            return answer(reader, job)
        except Exception as error:
            if not reader.lost:
                raise
            self._lose(error)
        reader = self.opened()
        if reader is None:
            return JobRefused()
        try:
            return answer(reader, job)
        except Exception as error:
            if reader.lost:
                self._lose(error)
            raise

    def opened(self) -> Reader | None:
        """Return the connection, made now if there is none and its time has come."""
        if self._reader is None and self._clock() >= self._next:
            try:
                self._reader = self._made()
            except Exception as error:
                self._pause = min(max(2 * self._pause, FIRST_PAUSE), LONGEST_PAUSE)
                self._next = self._clock() + self._pause
                self._note(error, "the database cannot be read, queries are refused: %s")
            else:
                self._works()
        return self._reader

    def close(self) -> None:
        """Close the connection if there is one."""
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def _made(self) -> Reader:
        reader = self._open_reader()
        try:
            reader.message(_NOTHING)  # it has our tables, and may read them
        except BaseException:
            reader.close()
            raise
        return reader

    def _works(self) -> None:
        if self._problem is not None:
            log.info("the database can be read again, after %.0f s", self._clock() - self._problem.since)
        self._problem, self._pause = None, 0.0

    def _lose(self, error: Exception) -> None:
        self._note(error, "a connection to read the database is lost: %s")
        self.close()

    def _note(self, error: Exception, text: str) -> None:
        """Remember what is wrong, and log it when that is new."""
        # One line: what SQLAlchemy adds below is the statement.
        reason = (str(error) or type(error).__name__).splitlines()[0]
        if self._problem is None or self._problem.text != reason:
            log.error(text, reason)
        self._problem = Problem(reason, self._clock() if self._problem is None else self._problem.since)


def answer(reader: Reader, job: Query) -> JobResult:
    """Read what a job asks for. Raises QueryFailed for what the database has against it."""
    try:
        return query(reader, job)
    except Exception as error:
        text = reader.trouble(error)
        if text is None:
            raise
        raise QueryFailed(text) from error


def run_queries(pool: Pool[Query], reader: QueryReader, *, searches: bool = True) -> None:
    """The body of a query thread, which owns one read-only connection; without `searches` it does none."""
    lanes = EVERY if searches else STRANGE
    try:
        reader.opened()
        while pool.run_once(reader, reader.pause, lanes=lanes) or not pool.stopping:
            reader.opened()
    finally:
        reader.close()


def state_of(readers: Sequence[QueryReader], now: float) -> dict[str, Value]:
    """Return what `status` says about the readers. Any thread may call."""
    problems = [problem for reader in readers if (problem := reader.problem) is not None]
    first = min(problems, key=lambda problem: problem.since, default=None)
    return {
        "readers": len(readers),
        "readers_working": len(readers) - len(problems),
        "readers_problem": None if first is None else first.text,
        "readers_problem_seconds": None if first is None else int(now - first.since),
    }
