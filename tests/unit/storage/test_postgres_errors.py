"""Which errors of PostgreSQL are refusals, and after which nobody knows what is stored."""

import psycopg
import pytest
from psycopg.errors import lookup
from sqlalchemy.exc import OperationalError

from securechat.chat.ports import StoreFull, StoreUnavailable
from securechat.storage.postgres_errors import refusal_of

PASSING = {
    "25006": "read-only",
    "40001": "in the way",
    "40P01": "in the way",
    "42501": "may not write",
    "53000": "resources",
    "53200": "out of memory",
    "53400": "limit",
    "55006": "in use",
    "55P03": "locked",
    "57014": "cancelled",
    "58030": "file",
}
FINAL = [
    "08000 08001 08003 08004 08006 08007",  # the connection is lost
    "40002 40003",  # the outcome of a statement is unknown
    "57P01 57P02 57P03 57P04 57P05",  # the server or the database goes
    "25P03 25P04",  # the session was ended
    "23503 23505 23514",  # memory and store have come apart
    "42703 42P01 0A000",  # another schema than expected
    "58P01 XX000 XX001 XX002",  # damage
]


def raised(state: str, *, lost: bool = False) -> OperationalError:
    """An error as SQLAlchemy raises it."""
    return OperationalError("INSERT", None, lookup(state)("text of the error"), connection_invalidated=lost)


@pytest.mark.parametrize(("state", "reason"), PASSING.items())
def test_what_passes_is_a_refusal(state: str, reason: str) -> None:
    """Nothing is stored, the log learns why, and people are not told that a disk is full."""
    refusal = refusal_of(raised(state))
    assert type(refusal) is StoreUnavailable
    assert reason in str(refusal) and "text of the error" in str(refusal)
    assert "disk" not in refusal.shown
    assert type(refusal_of(lookup(state)("the driver's own"))) is StoreUnavailable


def test_a_full_disk_is_said_to_be_one() -> None:
    """People can wait for room, or ask for it."""
    refusal = refusal_of(raised("53100"))
    assert type(refusal) is StoreFull and "disk is full" in refusal.shown


@pytest.mark.parametrize("state", " ".join(FINAL).split())
def test_everything_else_has_an_unknown_outcome(state: str) -> None:
    """Or one that another attempt will not change."""
    assert refusal_of(raised(state)) is None


@pytest.mark.parametrize("state", [*PASSING, "53100"])
def test_without_its_connection_no_outcome_is_known(state: str) -> None:
    """Whatever the last words of the server were."""
    assert refusal_of(raised(state, lost=True)) is None


def test_errors_of_others_are_none_of_it() -> None:
    """Errors without a SQLSTATE: the driver's, when a connection breaks, and the program's."""
    assert refusal_of(psycopg.OperationalError("server closed the connection unexpectedly")) is None
    assert refusal_of(ValueError("x")) is None
