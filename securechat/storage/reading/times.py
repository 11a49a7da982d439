"""Selecting by time.

Theory of operation. The ids of most messages hold their times, so these are found by id, in the same order.
After the clock was ahead, ids go on from the last one until that time comes again: messages of the meantime
are astray, and a table of only these has their times. Together these are all messages of a stretch of time,
and nothing is stored for a message that is not astray.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from securechat.chat.reading import MS_SHIFT, Span, first_id_at
from securechat.storage.schema import astray, messages

IS_STRAIGHT: Final = messages.c.id.bitwise_rshift(literal_column(str(MS_SHIFT))) == messages.c.at
"""The id of a message says its time."""


def said_within(span: Span, at: ColumnElement[int] = messages.c.at) -> Iterator[ColumnElement[bool]]:
    """The conditions for the times of a span."""
    if span.since is not None:
        yield at > span.since
    if span.until is not None:
        yield at < span.until


def straight(span: Span) -> Span:
    """Return a span with the ids of its times besides, which hold every message that is not astray."""
    after = span.after if span.since is None else max(span.after, first_id_at(span.since + 1) - 1)
    before = span.before if span.until is None else min(span.before, first_id_at(span.until))
    return replace(span, after=after, before=before)


def as_ids(connection: Connection, span: Span) -> Span:
    """Return a span whose ids hold every message of its times, and few others."""
    if not span.timed:
        return span
    ids = straight(span)
    ends = select(func.min(astray.c.message), func.max(astray.c.message))
    first, last = connection.execute(ends.where(*said_within(span, astray.c.at))).one()
    if first is None or last is None:
        return ids
    after, before = min(ids.after, first - 1), max(ids.before, last + 1)
    return replace(span, after=max(after, span.after), before=min(before, span.before))
