"""`securechat migrate-store`: move everything from one database to another."""

from typing import TYPE_CHECKING, Annotated, Final

import typer

from securechat.cli.exits import CommandFailed, ExitCode
from securechat.cli.place import ConfigOption, DataDirOption, Place, existing_place
from securechat.cli.table import JsonOption, print_facts
from securechat.cli.telling import tell
from securechat.irc.text import count

if TYPE_CHECKING:
    from securechat.storage.databases import Database

_FILE: Final = "sqlite"
_HELP: Final = 'a PostgreSQL URL, or "sqlite" for the file in the data directory'


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("migrate-store")(migrate_store)


def migrate_store(
    to: Annotated[str, typer.Option("--to", metavar="URL", help=f"The new database, empty: {_HELP}.")],
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="URL", help=f"The database until now: {_HELP}; by default the configured."
        ),
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    data_dir: DataDirOption = None,
) -> None:
    """Copy everything into another, empty database.

    The server has to be stopped. The old database stays as it is; set storage.url to the new one afterwards.
    """
    from securechat.cli.data.note import note
    from securechat.cli.progress import Progress
    from securechat.storage.databases import Database
    from securechat.storage.errors import StorageError
    from securechat.storage.lock import DirectoryBusy, DirectoryLock

    place = existing_place(config, data_dir)
    settings = place.config
    configured = Database(place.directory, settings.storage.url)
    old = configured if source is None else _database(place, source)
    new = _database(place, to)
    if old.url == new.url:
        raise CommandFailed("the old and the new database are the same one", ExitCode.USAGE)
    if not old.exists():
        raise CommandFailed(f"there is no database {old}")
    try:
        with DirectoryLock(place.directory), Progress("rows") as progress:
            noted = note("migrate-store", str(new), f"from {old}")
            rows = old.copy_rows_to(new, progress.show, noted)
    except DirectoryBusy as error:
        raise CommandFailed(f"{error}: what is written meanwhile would be lost") from error
    except StorageError as error:
        raise CommandFailed(str(error)) from error
    tell(f"Copied {count(sum(rows.values()), 'row')}, {rows['messages']} of them history, to {new}.")
    if new.url != settings.storage.url:
        value = f'url = "{new}"' if new.url else 'url = ""'
        tell(f"Now set this in the section [storage] of the configuration: {value}")
    print_facts({"database": str(new), "rows": sum(rows.values()), "messages": rows["messages"]}, as_json)


def _database(place: Place, text: str) -> "Database":
    from securechat.storage.databases import Database

    if text in ("", _FILE):
        return Database(place.directory)
    if not text.startswith("postgresql://"):
        raise CommandFailed(f"{text.partition(':')[0]!r} is no database of ours: use {_HELP}", ExitCode.USAGE)
    from securechat.storage.postgres import holds_password

    if holds_password(text):
        raise CommandFailed(
            "every user of this machine can see a password in an argument: put it into ~/.pgpass",
            ExitCode.USAGE,
        )
    return Database(place.directory, text)
