"""A connection to PostgreSQL as this program wants it, whatever the role, the database or the URL say.

`ALTER ROLE … SET`, `ALTER DATABASE … SET` and the server's configuration give sessions their settings. Some
of them would end a COMMIT half way or a session that is silent at night, so a session of ours sets these
itself, and all of them alike: a reader that connects again next week reads what the writer writes.
"""

from collections.abc import Mapping
from typing import Any, Final, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict

Settings = Mapping[str, str]

_LOCAL: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})

_CONNECTION: Final[Settings] = {
    "application_name": "securechat",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "4",
    "tcp_user_timeout": "30000",
    "client_encoding": "UTF8",
}
_SESSION: Final[Settings] = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
    "idle_session_timeout": "0",
    "transaction_timeout": "0",
    "default_transaction_isolation": "read committed",
    "default_transaction_deferrable": "off",
    "standard_conforming_strings": "on",
    # The database notices within half a minute that this machine is gone, and gives its lock to the next one.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "4",
}
WRITER: Final[Settings] = {
    **_SESSION,
    "synchronous_commit": "on",
    # A table that somebody holds shall end a migration, and not the patience of everybody who waits.
    "lock_timeout": "30s",
}
READER: Final[Settings] = {
    **_SESSION,
    "default_transaction_read_only": "on",
    "statement_timeout": "15s",
    # Readers are few: a table that somebody holds shall not hold up what others ask for.
    "lock_timeout": "3s",
    "idle_in_transaction_session_timeout": "60s",
}

_SET: Final = b"""
    SELECT set_config(name, given.value, false)
    FROM unnest(%s::text[], %s::text[]) AS given (name, value) JOIN pg_catalog.pg_settings USING (name)
"""
"""Settings that this version of PostgreSQL does not have are left out."""
_STAY: Final = b"""
    SELECT set_config('search_path', coalesce(
        (SELECT quote_ident(nspname) FROM pg_catalog.pg_class AS c
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
         WHERE c.oid = to_regclass('alembic_version')),
        quote_ident(current_schema())), false)
"""
"""One schema, the one where our tables are: names of the role's other schemas do not come before ours."""


class _Cursor(psycopg.Cursor):
    """Leaves the DETAIL out of an error's text, which is logged: it quotes rows, so messages and hashes."""

    def execute(self, *arguments: Any, **options: Any) -> Self:
        try:
            return super().execute(*arguments, **options)
        except psycopg.Error as error:
            _shorten(error)
            raise

    def executemany(self, *arguments: Any, **options: Any) -> None:
        try:
            super().executemany(*arguments, **options)
        except psycopg.Error as error:
            _shorten(error)
            raise


def _shorten(error: psycopg.Error) -> None:
    if error.diag.message_primary is not None:
        error.args = (error.diag.message_primary,)


def connect(url: str, settings: Settings) -> psycopg.Connection:
    """Connect, and have these settings in force for as long as the connection lives. Raises psycopg.Error."""
    given = conninfo_to_dict(url)
    options = {key: value for key, value in _CONNECTION.items() if key not in given}
    hosts = str(given.get("host") or given.get("hostaddr") or "").split(",")
    if "sslmode" not in given and not all(host in _LOCAL or host.startswith("/") for host in hosts):
        # What leaves this machine does so by TLS, and to the right database.
        options["sslmode"] = "verify-full"
    if "target_session_attrs" not in given and len(hosts) > 1:
        # Of several, the one that takes what is written: a standby may be behind, also for readers.
        options["target_session_attrs"] = "read-write"
    connection: psycopg.Connection = psycopg.connect(
        url,
        autocommit=True,
        cursor_factory=_Cursor,
        **options,  # type: ignore[arg-type]
    )
    try:
        apply(connection, settings)
        connection.execute(_STAY)
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection


def apply(connection: psycopg.Connection, settings: Settings) -> None:
    """Have these settings in force from now on; those that the server does not know are left out."""
    connection.execute(b"SET statement_timeout = 0")  # the role's may be shorter than what follows takes
    connection.execute(_SET, (list(settings), list(settings.values())))
