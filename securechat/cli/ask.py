"""Administrators' requests: to the running server if there is one, else to the store itself.

The rules exist once, in `chat`. Without a server a core is made from what is stored, handles the
requests, and their records are committed; the data directory's lock sees to it that no server starts
meanwhile.
While a server starts or stops, it holds the lock and its control socket does not answer yet or no more,
hence a second of patience.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from securechat.app.configuration import ConfigError
from securechat.app.patience import patiently
from securechat.chat.ports import QueryFailed, StoreLost
from securechat.chat.requests import Answer, Done, Refused, Request, Row
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import Place
from securechat.config import Config
from securechat.server.control_client import NoAnswer, NotRunning
from securechat.server.control_client import ask as ask_server
from securechat.storage.errors import StorageError
from securechat.storage.lock import DirectoryBusy, DirectoryLock

if TYPE_CHECKING:
    from securechat.chat.effects import Effect
    from securechat.chat.items import JobDone
    from securechat.chat.jobs import Job
    from securechat.storage.databases import Database


def ask(place: Place, request: Request) -> Done:
    """Have an administrator's request done. Raises CommandFailed when it is not."""
    with Asking(place) as asking:
        return asking.ask(request)


class Asking:
    """For several requests, one after the other: without a server, what is stored is loaded once."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._store: _Store | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._store is not None:
            self._store.close()

    @property
    def running(self) -> bool:
        """Whether a running server has done what was asked so far."""
        return self._store is None

    def ask(self, request: Request) -> Done:
        """Have a request done. Raises CommandFailed when it is not."""
        try:
            answer = patiently(lambda: self._ask_once(request))
        except DirectoryBusy as error:
            holder = "another process" if error.pid is None else f"process {error.pid}"
            raise CommandFailed(
                f"{holder} uses {self._place.directory} and does not answer: if it is a server that starts "
                "or stops, try again in a moment"
            ) from error
        except (NoAnswer, StoreLost, _Lost) as error:
            raise CommandFailed(f"{error}: {_how_to_know(request)}", ExitCode.UNKNOWN_OUTCOME) from error
        except (StorageError, ConfigError, QueryFailed, OSError) as error:
            raise CommandFailed(str(error)) from error
        if isinstance(answer, Refused):
            raise CommandFailed(answer.text, ExitCode.REFUSED)
        return answer

    def ask_all(self, page: Callable[[int], Request]) -> Iterator[Row]:
        """Ask for all rows of a list that comes in pages; `page` is asked for what begins at a position.

        Raises CommandFailed.
        """
        more = 0
        while True:
            answer = self.ask(page(more))
            yield from answer.rows
            more = answer.more
            if not more:
                return

    def _ask_once(self, request: Request) -> Answer:
        if self._store is None and self._place.directory.is_dir():
            try:
                return ask_server(self._place.directory, request)
            except NotRunning as error:
                if isinstance(error.__cause__, PermissionError):
                    raise CommandFailed(
                        f"{self._place.directory} belongs to another user: run this as the server's user"
                    ) from error
        if self._store is None:
            self._store = _Store(self._place.directory, self._place.config)
        return self._store.answer(request)


class _Lost(Exception):
    """The database did not say whether it has stored what it was given. The text is what it said instead."""


def _how_to_know(request: Request) -> str:
    """Return what to do after a request whose outcome is unknown."""
    from securechat.chat.request_kinds import QUESTIONS
    from securechat.chat.requests import ListAudit

    if isinstance(request, (ListAudit, *QUESTIONS)):
        return "try again"
    return "whether this was done is unknown, `securechat audit show` tells"


class _Store:
    """A core that is made from what is stored, and holds the data directory's lock until `close`."""

    def __init__(self, directory: Path, config: Config) -> None:
        from securechat.app.composition import core_settings
        from securechat.chat.core import Core
        from securechat.storage.databases import Database

        with ExitStack() as opened:
            opened.enter_context(DirectoryLock(directory))
            settings = core_settings(config)
            self._database = Database(directory, config.storage.url)
            self._store = self._database.open_store()
            opened.callback(self._store.close)
            self._core = Core(settings, self._database.load(self._store).snapshot)
            self.close = opened.pop_all().close

    def answer(self, request: Request) -> Answer:
        """Do one request, and what follows from it."""
        from securechat.chat.clock import Now
        from securechat.chat.effects import Answered, Effect, StartJob, Then
        from securechat.chat.items import Administer, Item
        from securechat.chat.ports import StoreUnavailable
        from securechat.server.control import user_name

        done: list[Effect] = []
        items: list[Item] = [Administer(1, request, user_name(os.getuid()), "command line")]
        while items:
            self._core.handle(items.pop(0), Now(time.time_ns() // 1_000_000, time.monotonic()))
            try:
                effects = self._commit()
            except StoreUnavailable as error:
                return Refused("STORE_UNAVAILABLE", str(error))
            items += [_do(self._database, effect.job) for effect in effects if isinstance(effect, StartJob)]
            items += [effect.item for effect in effects if isinstance(effect, Then)]
            done += effects
        (answer,) = (effect.answer for effect in done if isinstance(effect, Answered))
        return answer

    def _commit(self) -> "list[Effect]":
        """Have stored what the core did; what is refused is undone, and StoreUnavailable raised, or _Lost."""
        from securechat.chat.ports import StoreUnavailable

        outcomes = self._core.take()
        try:
            self._store.commit([record for outcome in outcomes for record in outcome.records])
        except StoreUnavailable as problem:
            self._core.revert(outcomes, problem.shown)
            raise
        except StorageError:
            raise
        except Exception as error:
            raise _Lost(str(error).partition("\n")[0] or type(error).__name__) from error
        return [effect for outcome in outcomes for effect in outcome.effects]


def _do(database: "Database", job: "Job") -> "JobDone":
    """Do a query that answers an administrator's request."""
    from securechat.chat.items import JobDone
    from securechat.chat.jobs import PasswordJob
    from securechat.server.readers import answer

    assert not isinstance(job, PasswordJob), "only sessions have passwords"
    with closing(database.open_reader()) as reader:
        return JobDone(job, answer(reader, job))
