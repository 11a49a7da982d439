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

_FULL: Final = "53100"
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
    cause = error.orig if isinstance(error, DBAPIError) else error
    state = cause.sqlstate if isinstance(cause, psycopg.Error) else None
    if state == _FULL:
        return StoreFull("the database has no room left: nothing was stored")
    reason = _PASSING.get(state or "")
    return None if reason is None else StoreUnavailable(f"{reason} ({cause}): nothing was stored")
