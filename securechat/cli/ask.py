"""Administrators' requests: to the running server if there is one, else to the store itself.

The rules exist once, in `chat`. Without a server a core is made from what is stored, handles the one
request, and its records are committed; the data directory's lock sees to it that no server starts meanwhile.
While a server starts or stops, it holds the lock and its control socket does not answer yet or no more,
hence a second of patience.
"""

import os
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from securechat.app.configuration import ConfigError
from securechat.app.patience import patiently
from securechat.chat.requests import Answer, Done, Refused, Request
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.config import Config
from securechat.server.control_client import NoAnswer, NotRunning
from securechat.server.control_client import ask as ask_server
from securechat.storage.errors import StorageError
from securechat.storage.lock import DirectoryBusy, DirectoryLock

if TYPE_CHECKING:
    from securechat.chat.items import JobDone
    from securechat.chat.jobs import Job
    from securechat.storage.databases import Database


def ask(directory: Path, config: Config, request: Request) -> Done:
    """Have an administrator's request done. Raises CommandFailed when it is not."""
    return ask_whoever_is_there(directory, config, request)[0]


def ask_whoever_is_there(directory: Path, config: Config, request: Request) -> tuple[Done, bool]:
    """Do what `ask` does, and return as well whether a running server has done it. Raises CommandFailed."""
    try:
        answer, running = patiently(lambda: _ask_once(directory, config, request))
    except DirectoryBusy as error:
        holder = "another process" if error.pid is None else f"process {error.pid}"
        raise CommandFailed(
            f"{holder} uses {directory} and does not answer: if it is a server that starts or stops, "
            "try again in a moment"
        ) from error
    except NoAnswer as error:
        raise CommandFailed(
            f"{error}: whether this was done is unknown, `securechat users` tells", ExitCode.UNKNOWN_OUTCOME
        ) from error
    except (StorageError, ConfigError, OSError) as error:
        raise CommandFailed(str(error)) from error
    if isinstance(answer, Refused):
        raise CommandFailed(answer.text, ExitCode.REFUSED)
    return answer, running


def _ask_once(directory: Path, config: Config, request: Request) -> tuple[Answer, bool]:
    if directory.is_dir():
        try:
            return ask_server(directory, request), True
        except NotRunning as error:
            if isinstance(error.__cause__, PermissionError):
                raise CommandFailed(
                    f"{directory} belongs to another user: run this as the server's user"
                ) from error
    with DirectoryLock(directory):
        return _answer_offline(directory, config, request), False


def _answer_offline(directory: Path, config: Config, request: Request) -> Answer:
    from securechat.app.composition import core_settings
    from securechat.chat.clock import Now
    from securechat.chat.core import Core
    from securechat.chat.effects import Answered, Effect, StartJob
    from securechat.chat.items import Administer, Item
    from securechat.chat.ports import StoreUnavailable
    from securechat.server.control import user_name
    from securechat.storage.databases import Database

    settings = core_settings(config)
    database = Database(directory, config.storage.url)
    store = database.open_store()
    done: list[Effect] = []
    try:
        core = Core(settings, store.load())
        items: list[Item] = [Administer(1, request, user_name(os.getuid()), "command line")]
        while items:
            core.handle(items.pop(0), Now(time.time_ns() // 1_000_000, time.monotonic()))
            outcomes = core.take()
            store.commit([record for outcome in outcomes for record in outcome.records])
            effects = [effect for outcome in outcomes for effect in outcome.effects]
            items += [_do(database, effect.job) for effect in effects if isinstance(effect, StartJob)]
            done += effects
    except StoreUnavailable as error:
        return Refused("STORE_UNAVAILABLE", str(error))
    finally:
        store.close()
    (answer,) = (effect.answer for effect in done if isinstance(effect, Answered))
    return answer


def _do(database: "Database", job: "Job") -> "JobDone":
    """Do a query that answers an administrator's request."""
    from securechat.chat.items import JobDone
    from securechat.chat.jobs import CheckPassword, HashPassword
    from securechat.server.pools import query

    assert not isinstance(job, CheckPassword | HashPassword), "only sessions have passwords"
    with closing(database.open_reader()) as reader:
        return JobDone(job, query(reader, job))
