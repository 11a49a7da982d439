"""What PostgreSQL's errors mean for a transaction, by their SQLSTATE.

PostgreSQL rolls a transaction back that a statement has failed in, also when that is its COMMIT: while the
connection lives, nothing of it will be seen. What these errors have in common is that the database's
surroundings are to blame, and that a later attempt may succeed. Everything else (a lost connection, a rule of
the schema that was broken) is for a new start: https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Mapping
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError

from securechat.chat.ports import StoreFull, StoreUnavailable
from securechat.storage.errors import in_one_line

_FULL: Final = "53100"
_NO_ROOM: Final = "the database has no room left"
_PASSING: Final[Mapping[str, str]] = {
    "25006": "the database is read-only",
    "40001": "another transaction was in the way",
    "40P01": "another transaction was in the way",
    "42501": "its role may not write any more",
    "53000": "it has not enough resources",
    "53200": "it is out of memory",
    "53400": "a limit of its configuration was reached",
    "55006": "an object is in use by somebody else",
    "55P03": "somebody else keeps a table locked",
    "57014": "somebody has cancelled it",
    "58030": "it has read or written a file in vain",
}


def refusal_of(error: Exception) -> StoreUnavailable | None:
    """Return what an error means for which a rollback leaves nothing behind; None for any other error.

    It counts only if the rollback after it succeeds.
    """
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return None
    if _state_of(error) == _FULL:
        return StoreFull(f"{_NO_ROOM}: nothing was stored")
    reason = reason_of(error)
    return None if reason is None else StoreUnavailable(f"{reason}: nothing was stored")


def reason_of(error: Exception) -> str | None:
    """Say in a line why a statement failed that may succeed later; None for any other error."""
    state = _state_of(error)
    if state == _FULL:
        return _NO_ROOM
    reason = _PASSING.get(state or "")
    return None if reason is None else f"{reason} ({in_one_line(cause_of(error))})"


def cause_of(error: BaseException) -> BaseException | None:
    """Return the driver's error, which SQLAlchemy wraps."""
    return error.orig if isinstance(error, DBAPIError) else error


def _state_of(error: Exception) -> str | None:
    cause = cause_of(error)
    return cause.sqlstate if isinstance(cause, psycopg.Error) else None
