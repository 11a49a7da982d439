"""A copy of everything at one moment, for backups and exports, whether a server runs or not.

A SQLite file may be opened by one process only: a running server copies it itself and without one the
directory's lock is taken. A PostgreSQL database is read as it is.

A copy may be made anywhere: the data directory's disk may have no room for it.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from securechat.app.online_copy import BAD_PLACE
from securechat.app.patience import patiently
from securechat.chat.requests import Done, Refused
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.progress import Progress
from securechat.cli.scratch import scratch
from securechat.cli.telling import tell
from securechat.server.control_client import NoAnswer, NotRunning, ask
from securechat.server.control_protocol import Command
from securechat.storage.databases import Database
from securechat.storage.errors import StorageError
from securechat.storage.lock import DATABASE_NAME, DirectoryBusy, DirectoryLock

_POLL: Final = 0.05


class _PlaceRefused(Exception):
    """The server cannot write where the copy is to be."""


@contextmanager
def snapshot(database: Database, where: Path | None = None, *, insist: bool = False) -> Iterator[Path]:
    """Give a directory with a copy of the database, private and for this command only; it goes in the end.

    It is in the directory `where`, by default in the data directory; there, too, unless the caller does
    `insist`, when a server cannot write to `where`. Raises CommandFailed, and OSError.
    """
    with ExitStack() as stack:
        directory = stack.enter_context(scratch(database.directory, where))
        try:
            _copy(database, directory / DATABASE_NAME)
        except _PlaceRefused as refusal:
            if insist or where is None:
                raise CommandFailed(str(refusal), ExitCode.REFUSED) from refusal
            stack.close()
            tell(f"{refusal}. So the copy is made in the data directory; --scratch names another place.")
            directory = stack.enter_context(scratch(database.directory))
            _copy(database, directory / DATABASE_NAME)
        yield directory


def _copy(database: Database, target: Path) -> None:
    with Progress("copying") as progress:
        try:
            if database.url:
                database.copy(target, progress)
            else:
                patiently(lambda: _copy_file(database, target, progress))
        except DirectoryBusy as error:
            raise CommandFailed(f"{error}, or try again if it is a server that starts or stops") from error
        except NoAnswer as error:
            raise CommandFailed(f"{error}: there is no copy", ExitCode.ERROR) from error
        except StorageError as error:
            raise CommandFailed(str(error)) from error


def _copy_file(database: Database, target: Path, progress: Progress) -> None:
    try:
        _have_copied(database.directory, target.parent, progress)
    except NotRunning as error:
        if isinstance(error.__cause__, PermissionError):
            raise CommandFailed(
                f"{database.directory} belongs to another user: run this as the server's user"
            ) from error
        with DirectoryLock(database.directory):
            database.copy(target, progress)


def _have_copied(directory: Path, place: Path, progress: Progress) -> None:
    """Let the running server copy its database into a directory. What ends this ends the copy, too."""
    _give_up(directory)  # what a killed command has begun: no other one is here
    try:
        answer = ask(directory, Command("copy-start", str(place.absolute())))
        while not isinstance(answer, Refused):
            answer = ask(directory, "copy-status")
            if isinstance(answer, Refused):
                break
            (row,) = answer.rows
            if not row["running"]:
                return
            done, total = row["done"], row["total"]
            assert isinstance(done, int) and isinstance(total, int)
            progress(done, total)
            time.sleep(_POLL)
    except BaseException:
        _give_up(directory)
        raise
    if answer.code == BAD_PLACE:
        raise _PlaceRefused(answer.text)
    raise CommandFailed(answer.text, ExitCode.REFUSED)


def _give_up(directory: Path) -> None:
    """Have the server copy no more, and wait until that is so: what it has made is about to be removed."""
    with suppress(NotRunning, NoAnswer):
        answer = ask(directory, "copy-stop")
        while isinstance(answer, Done) and answer.rows[0]["running"]:
            time.sleep(_POLL)
            answer = ask(directory, "copy-status")
