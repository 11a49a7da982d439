"""Bringing a database's schema up to date with Alembic, which is imported only when there is something to do.

Revisions are four digits, counted up, so that a database of a newer program is known as such by the number
alone. The caller opens the transaction: either all migrations are applied or none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

from securechat.storage.errors import SchemaRefused
from securechat.storage.schema import HEAD

_version = table("alembic_version", column("version_num"))


@dataclass(frozen=True, slots=True)
class Migrations:
    """A directory of Alembic migrations and the newest revision in it."""

    directory: Path
    head: str


MIGRATIONS: Final = Migrations(Path(__file__).with_name("migrations"), HEAD)


def revision_of(connection: Connection) -> str | None:
    """Return the schema's revision, None for an empty database; `SchemaRefused` for what is not ours."""
    inspector = inspect(connection)
    if not inspector.has_table(_version.name):
        if inspector.get_table_names():
            raise SchemaRefused("the database holds tables that securechat did not make: use another one")
        return None
    revision = connection.scalar(select(_version.c.version_num))
    if not isinstance(revision, str) or not (
        len(revision) == 4 and revision.isascii() and revision.isdigit()
    ):
        raise SchemaRefused(f"the database's schema has the unknown version {revision!r}: use another one")
    return revision


def is_behind(revision: str | None, migrations: Migrations) -> bool:
    """Return whether migrations have to run; `SchemaRefused` when the database is newer than the program."""
    if revision is not None and revision > migrations.head:
        raise SchemaRefused(
            f"the database was written by a newer securechat (its schema is {revision}, this program knows "
            f"{migrations.head}): run the newer securechat, or restore the backup made before its upgrade"
        )
    return revision != migrations.head


def upgrade(connection: Connection, migrations: Migrations) -> None:
    """Apply what is missing, inside the transaction that is open on this connection.

    Raises `SchemaRefused` when the migrations know no way from the database's revision to theirs.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    # A "%" in the path would be read as an interpolation.
    config.set_main_option("script_location", str(migrations.directory).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, migrations.head)
    except CommandError as error:
        raise SchemaRefused(f"its schema cannot be brought to {migrations.head}: {error}") from error
