"""PostgreSQL databases for tests, on a server that is there already; without one such tests are skipped.

SECURECHAT_TEST_POSTGRES is a URL of a database from which others can be made; by default
postgresql://127.0.0.1:5432/postgres as this user.
"""

import os
import secrets
from functools import cache
from typing import Final

import psycopg
import pytest

_DEFAULT: Final = "postgresql://127.0.0.1:5432/postgres"


def server_url() -> str:
    """Return the URL of the database to begin with."""
    return os.environ.get("SECURECHAT_TEST_POSTGRES", _DEFAULT)


@cache
def _problem() -> str:
    try:
        with psycopg.connect(server_url(), connect_timeout=3) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        return f"no PostgreSQL server for tests (SECURECHAT_TEST_POSTGRES): {str(error).splitlines()[0]}"
    return "" if row is not None and row[0] else "this PostgreSQL user may not make databases"


def require_server() -> None:
    """Skip the test when there is no server, or it lets nobody make databases."""
    if _problem():
        pytest.skip(_problem())


class PostgresPlace:
    """A new database; to be dropped."""

    def __init__(self) -> None:
        self._name = f"securechat_test_{os.getpid()}_{secrets.token_hex(4)}"
        execute(server_url(), f'CREATE DATABASE "{self._name}"')
        head, _, options = server_url().partition("?")
        self.url = f"{head.rpartition('/')[0]}/{self._name}" + (f"?{options}" if options else "")

    def drop(self) -> None:
        """Remove it, whoever is connected still."""
        execute(server_url(), f'DROP DATABASE IF EXISTS "{self._name}" WITH (FORCE)')

    def disconnect(self) -> None:
        """End everybody's connections to it."""
        self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def end_readers(self) -> None:
        """End all connections to it but the one that writes, which holds the lock."""
        execute(
            server_url(),
            f"""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity AS a WHERE datname = '{self._name}' AND NOT
                EXISTS (SELECT FROM pg_locks AS l WHERE l.pid = a.pid AND l.locktype = 'advisory')
            """,
        )

    def let_in(self, anybody: bool) -> None:
        """Let it take connections, or none besides those that it has."""
        execute(server_url(), f'ALTER DATABASE "{self._name}" ALLOW_CONNECTIONS {anybody}')

    def add_role(self) -> str:
        """Make a role that owns it and may log in; return its name. `drop_with` ends both."""
        name = f"securechat_role_{secrets.token_hex(4)}"
        self.execute(f"CREATE ROLE {name} LOGIN")
        self.execute(f'ALTER DATABASE "{self._name}" OWNER TO {name}')
        self.execute(f"GRANT ALL ON SCHEMA public TO {name}")
        return name

    def url_for(self, role: str) -> str:
        """Return its URL for a role."""
        return f"{self.url}{'&' if '?' in self.url else '?'}user={role}"

    def drop_with(self, role: str) -> None:
        """Remove it and a role that owned it."""
        self.drop()
        execute(server_url(), f"DROP ROLE {role}")

    def execute(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement in a connection of its own and return its rows."""
        return execute(self.url, statement)


def execute(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run a statement outside of a transaction and return its rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else []
