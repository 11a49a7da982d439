"""Selecting by time.

Theory of operation. The ids of most messages hold their times, so these are found by id, in the same order.
After the clock was ahead, ids go on from the last one until that time comes again: what is sent meanwhile is
astray, and indexes of only that find it by time. Together these are all messages of a stretch of time, and
nothing is stored for a message that is not astray.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, literal_column, not_, select

from securechat.chat.reading import Span, first_id_at
from securechat.storage.schema import ASTRAY, messages

_ZERO: Final[ColumnElement[int]] = literal_column("0")
_STRAIGHT: Final = not_(ASTRAY)
# A sum is no column, so that no index on the column is taken for it (in SQLite, which guesses how many rows
# there are: it would look at all that was said before a time).
ID_UNINDEXED: Final = messages.c.id + _ZERO
AT_UNINDEXED: Final = messages.c.at + _ZERO


def said_within(span: Span, at: ColumnElement[int] = AT_UNINDEXED) -> Iterator[ColumnElement[bool]]:
    """The conditions for the times of a span."""
    if span.since is not None:
        yield at > span.since
    if span.until is not None:
        yield at < span.until


def straight(span: Span) -> tuple[ColumnElement[bool], Span]:
    """Return the condition for messages that are not astray, and the span of their ids."""
    after = span.after if span.since is None else max(span.after, first_id_at(span.since + 1) - 1)
    before = span.before if span.until is None else min(span.before, first_id_at(span.until))
    return _STRAIGHT, replace(span, after=after, before=before, since=None, until=None)


def as_ids(connection: Connection, span: Span) -> Span:
    """Return a span whose ids hold every message of the times of a span, and few others."""
    if not span.timed:
        return span
    _, ids = straight(span)
    after, before = ids.after, ids.before
    m = messages.c
    for place in (m.channel, m.recipient):
        ends = select(func.min(m.id), func.max(m.id)).where(place.is_not(None), ASTRAY, *said_within(span))
        first, last = connection.execute(ends).one()
        if first is not None and last is not None:
            after, before = min(after, first - 1), max(before, last + 1)
    return replace(span, after=max(after, span.after), before=min(before, span.before))
