"""What to do when PostgreSQL does not let us in, by what it says.

The client library passes no SQLSTATE on for a connection that was not made, only a text: libpq's own and the
driver's are English, the server's in the language of its `lc_messages`. A text that is not known here is
shown without advice, and taken for one that stays.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Advice:
    """What the person who runs the server can do, and whether it may also pass without that."""

    text: str
    passing: bool = False


_RUN: Final = Advice("start PostgreSQL, or name the right host and port in storage.url", passing=True)
_WAIT: Final = Advice("wait until PostgreSQL is ready", passing=True)
_ROOM: Final = Advice(
    "a server needs three connections: end others, or raise the role's CONNECTION LIMIT, the database's or "
    "PostgreSQL's max_connections",
    passing=True,
)
_SECRET: Final = Advice(
    "put the right password into ~/.pgpass (chmod 600) of the server's user, which is read at each attempt, "
    "or into storage.url, which is read at the start"
)

_ADVICE: Final[tuple[tuple[str, Advice], ...]] = (
    (
        "failed to resolve host",
        Advice("name the right host in storage.url, and see that this machine can look it up", passing=True),
    ),
    ("Connection refused", _RUN),
    ("No such file or directory", _RUN),
    ("No route to host", _RUN),
    ("Network is unreachable", _RUN),
    ("timeout expired", _RUN),
    ("server closed the connection unexpectedly", _RUN),
    ("Connection reset by peer", _RUN),
    ("the database system is", _WAIT),  # starting up, shutting down, in recovery, not yet accepting
    ("terminating connection", _WAIT),
    ("too many connections for", _ROOM),
    ("too many clients already", _ROOM),
    ("remaining connection slots are reserved", _ROOM),
    ("password authentication failed", _SECRET),
    ("no password supplied", _SECRET),
    ("is not permitted to log in", Advice("let it: ALTER ROLE … LOGIN")),
    ("not currently accepting connections", Advice("let it: ALTER DATABASE … ALLOW_CONNECTIONS true")),
    ("no pg_hba.conf entry", Advice("let this host in, in PostgreSQL's pg_hba.conf")),
    ("permission denied for", Advice("make the role the owner of the database, or GRANT it the right")),
    ('database "', Advice("make it with createdb, or name the right database in storage.url")),
    ('role "', Advice("make it with createuser, or name the right user in storage.url")),
    ("certificate verify failed", Advice("name the authority of its certificate with sslrootcert")),
    ("root certificate file", Advice("name the authority of its certificate with sslrootcert")),
    ("does not support SSL", Advice("turn TLS on in PostgreSQL, or say sslmode in storage.url")),
    ("lock timeout", Advice("end the session that keeps a table locked", passing=True)),
)


def advice_for(text: str) -> Advice | None:
    """Return what to do about an error at connecting or opening, None if that is not known."""
    return next((advice for sign, advice in _ADVICE if sign in text), None)
