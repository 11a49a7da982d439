"""A query thread's connection: what happens to queries, and to the state, when it is lost."""

import logging

import pytest

from securechat.chat.jobs import FetchUndelivered, Job, JobRefused, JobResult, MessagesRead, Query
from securechat.chat.link import DESK
from securechat.chat.records import MessageSent
from securechat.server.pools import Pool
from securechat.server.readers import QueryReader, run_queries, state_of
from tests.support.empty_reader import EmptyReader

JOB = FetchUndelivered(DESK, 1, 0, 10)
FOUND = MessagesRead((), ended=True)


class Broken(Exception):
    """What a database says when a connection breaks."""


class Database:
    """Opens readers; `away` is why it cannot, `fatal` ends connections, `wrong` fails queries."""

    def __init__(self) -> None:
        self.now = 100.0
        self.away = ""
        self.fatal = ""
        self.wrong = ""
        self.opened: list[FragileReader] = []
        self.reader = QueryReader(self.open, clock=lambda: self.now)

    def open(self) -> "FragileReader":
        if self.away:
            raise Broken(self.away)
        self.opened.append(FragileReader(self))
        return self.opened[-1]

    def open_now(self) -> int:
        """How many connections there are."""
        return sum(not reader.closed for reader in self.opened)

    def cut(self) -> None:
        """End the connections that there are."""
        for reader in self.opened:
            reader.cut = True


class FragileReader(EmptyReader):
    """A reader whose connection can be cut."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.cut = False
        self.lost = False
        self.closed = False

    def message(self, key: int) -> MessageSent | None:
        self._look()
        return None

    def undelivered(self, account: int, after: int, limit: int) -> list[MessageSent]:
        self._look()
        if self._database.fatal:
            self.cut = True
        self._look()
        if self._database.wrong:
            raise Broken(self._database.wrong)
        return []

    def close(self) -> None:
        self.closed = True

    def _look(self) -> None:
        if self.cut:
            self.lost = True
            raise Broken("the connection is cut\n[SQL: SELECT secret]")


def state(database: Database) -> dict[str, str | int | bool | None]:
    """What `status` says."""
    return state_of([database.reader], database.now)


def test_a_query_whose_connection_is_lost_is_tried_once_more(caplog: pytest.LogCaptureFixture) -> None:
    """Its session does not notice; the old connection is closed, and the log has one line."""
    database = Database()
    assert database.reader(JOB) == FOUND
    database.cut()
    assert database.reader(JOB) == FOUND
    assert [reader.closed for reader in database.opened] == [True, False]
    assert database.reader.problem is None
    errors = [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == ["a connection to read the database is lost: the connection is cut"]


def test_a_query_that_fails_by_itself_is_not_repeated() -> None:
    """The connection stays in use."""
    database = Database()
    database.wrong = "no such word"
    with pytest.raises(Broken, match="no such word"):
        database.reader(JOB)
    assert database.open_now() == 1 and database.reader.problem is None
    database.wrong = ""
    assert database.reader(JOB) == FOUND
    assert len(database.opened) == 1


def test_what_the_database_has_against_a_query_is_one_line_of_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its session is refused, the job counts as failed, the connection stays; nobody looks for a mistake."""
    monkeypatch.setattr(FragileReader, "trouble", lambda self, error: f"it cannot now ({error})")
    database = Database()
    results: list[JobResult] = []
    pool = Pool[Query](lambda job, result: results.append(result))
    database.wrong = "locked"
    pool.submit(JOB)
    pool.run_once(database.reader, 0)
    assert results == [JobRefused()] and pool.failed == 1 and database.open_now() == 1
    (line,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert line.getMessage() == "a FetchUndelivered job failed: it cannot now (locked)"
    assert line.exc_info is None


def test_a_query_that_ends_every_connection_is_tried_twice() -> None:
    """Then it has failed; the next query gets a new connection at once, and works."""
    database = Database()
    database.fatal = "yes"
    with pytest.raises(Broken):
        database.reader(JOB)
    assert len(database.opened) == 2 and database.open_now() == 0
    assert state(database)["readers_working"] == 0
    database.fatal = ""
    assert database.reader(JOB) == FOUND
    assert state(database)["readers_working"] == 1


def test_while_the_database_is_away_queries_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    """At once, with pauses that double between the attempts; the state says since when, and why."""
    caplog.set_level(logging.INFO)
    database = Database()
    database.reader.opened()
    database.away = "connection refused\nby 127.0.0.1"
    database.cut()
    pauses = []
    for _ in range(8):
        assert database.reader(JOB) == JobRefused()
        pause = database.reader.pause
        assert pause is not None
        pauses.append(pause)
        database.now += pause / 2
        assert database.reader(JOB) == JobRefused() and database.reader.pause == pause / 2
        database.now += pause / 2
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert state(database) == {
        "readers": 1,
        "readers_working": 0,
        "readers_problem": "connection refused",
        "readers_problem_seconds": sum(pauses),
    }
    database.away = ""
    assert database.reader(JOB) == FOUND
    assert database.reader.pause is None
    assert state(database)["readers_problem"] is None
    assert [record.getMessage() for record in caplog.records] == [
        "a connection to read the database is lost: the connection is cut",
        "the database cannot be read, queries are refused: connection refused",
        "the database can be read again, after 121 s",
    ]


def test_a_database_that_cannot_be_read_is_away(caplog: pytest.LogCaptureFixture) -> None:
    """A connection that does not find the tables is closed, and counts as none."""
    database = Database()

    def open_broken() -> FragileReader:
        reader = database.open()
        reader.cut = True
        return reader

    reader = QueryReader(open_broken, clock=lambda: database.now)
    assert reader.opened() is None
    assert database.open_now() == 0 and reader.problem is not None


def test_the_thread_connects_again_by_itself() -> None:
    """Also when nobody asks for anything; it ends when the pool does."""
    database = Database()
    database.away = "not yet"
    answers: list[JobResult] = []

    def report(job: Job, result: JobResult) -> None:
        answers.append(result)

    pool: Pool[Query] = Pool(report, clock=lambda: database.now)
    steps = iter(["wait", "come", "stop", "stop"])

    class Watched(QueryReader):
        """Lets time pass where the thread would wait."""

        @property
        def pause(self) -> float | None:
            step = next(steps)
            if step == "wait":
                assert super().pause == 1.0
                database.now += 1.0
                return 0.0
            if step == "come":
                database.away = ""
                assert super().pause == 2.0
                database.now += 2.0
                return 0.0
            assert super().pause is None, "it is connected"
            if not pool.stopping:
                pool.submit(JOB)
                pool.stop()
            return 0.0

    run_queries(pool, Watched(database.open, clock=lambda: database.now))
    assert answers == [JobRefused()]
    assert database.open_now() == 0 and len(database.opened) == 1
