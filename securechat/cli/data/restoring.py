"""What a backup held, put in its place: all checks first, the database last.

A restore that fails takes away again what it has put in its place. After one that was killed the same is done
again: what is in its place already is the same, and there is no database yet.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from securechat.cli.data.note import note
from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import Place
from securechat.cli.progress import Progress
from securechat.irc.timestamp import format_ms
from securechat.storage import audit
from securechat.storage.archive import BadBackup, Manifest
from securechat.storage.copying import check_file, contents_of
from securechat.storage.databases import Database
from securechat.storage.errors import StorageError
from securechat.storage.files import sync_directory
from securechat.storage.lock import DATABASE_NAME
from securechat.storage.schema import HEAD

CONFIGURATION = "securechat.toml"


def put_back(place: Place, manifest: Manifest, directory: Path, name: str) -> Sequence[str]:
    """Check the files in `directory` and move them into the data directory; return their names.

    `name` is where they come from, for the audit log. The caller holds the directory's lock. Raises
    CommandFailed when something would be overwritten, and StorageError.
    """
    check_contents(manifest, directory / DATABASE_NAME)
    others = [name for name in manifest.files if name != DATABASE_NAME]
    if place.file is not None and CONFIGURATION in others:
        others.remove(CONFIGURATION)  # whoever has written a configuration for the new place wants that
    _refuse_to_overwrite(place.directory, directory, others)
    configuration = directory / CONFIGURATION if CONFIGURATION in others else place.file
    url = Place(place.directory, configuration).config.storage.url
    _note(manifest, directory, name)
    with _moved(others, directory, place.directory):
        if url:
            with Progress("rows") as progress:
                Database(directory).copy_rows_to(Database(place.directory, url), progress.show)
        else:
            (directory / DATABASE_NAME).rename(place.directory / DATABASE_NAME)
            sync_directory(place.directory)
    return [DATABASE_NAME, *others]


@contextmanager
def _moved(names: Sequence[str], source: Path, target: Path) -> Iterator[None]:
    """Move files, and take those that were not there away again when what follows fails."""
    moved: list[Path] = []
    try:
        for name in names:
            if not (target / name).exists():
                moved.append(target / name)
            (source / name).rename(target / name)
        sync_directory(target)
        yield
    except BaseException:
        for path in moved:
            path.unlink(missing_ok=True)
        raise


def _note(manifest: Manifest, directory: Path, name: str) -> None:
    """Write into the database where it comes from, which brings it up to date."""
    taken = f"a backup of {manifest.server}, taken {format_ms(manifest.created)}"
    with closing(Database(directory).open_store()) as store, store.transaction() as connection:
        audit.append(connection, note("restore", name, taken))
    if (directory / f"{DATABASE_NAME}-wal").exists():  # the log stays when there is no room for what is in it
        raise StorageError("the database cannot be written: make room on the disk")


def check_contents(manifest: Manifest, database: Path) -> None:
    """See that a database is whole, and the one that a manifest describes. Raises StorageError."""
    try:
        check_file(database)
    except sqlite3.Error as error:
        raise BadBackup(f"the database in the backup cannot be read: {error}") from error
    schema, rows = contents_of(database)
    if schema > HEAD:
        raise BadBackup(
            f"the backup is of a newer securechat (its schema is {schema}, this program knows {HEAD}): "
            "use that version"
        )
    if schema != manifest.schema or dict(rows) != manifest.rows:
        raise BadBackup("the database in the backup is not the one that its manifest describes")


def _refuse_to_overwrite(place: Path, directory: Path, others: Sequence[str]) -> None:
    if (place / DATABASE_NAME).exists():
        raise CommandFailed(
            f"{place} holds a database already: name an empty data directory", ExitCode.REFUSED
        )
    for name in others:
        path = place / name
        if path.exists() and path.read_bytes() != (directory / name).read_bytes():
            raise CommandFailed(
                f"{path} is there already and differs: name an empty data directory", ExitCode.REFUSED
            )
