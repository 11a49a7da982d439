"""Messages of a place in the order of their ids.

Each query walks one index in its order and stops at the limit. A conversation is two walks, one for each
direction, that are merged here: asked for both at once, SQLite would sort the whole conversation.
"""

from collections.abc import Sequence
from heapq import merge
from operator import attrgetter
from typing import Final

from sqlalchemy import Column, ColumnElement, Connection, and_

from securechat.chat.reading import LAST_ID, REDACTION, ChannelPlace, Conversation, Place, Span
from securechat.chat.records import MessageSent
from securechat.storage.reading.visible import IS_SPOKEN, visible
from securechat.storage.rows import read_messages, select_messages
from securechat.storage.schema import messages

_MAX_REDACTED: Final = 1000
"""Redacted messages that come with one answer, and redactions as well."""

Key = Column[int] | Column[int | None]


def read_history(
    connection: Connection, place: Place, span: Span, *, events: bool, tombstones: bool
) -> list[MessageSent]:
    """Return the messages of a span of a place, oldest first.

    With `tombstones` there is what was redacted between them, in its place, and what was redacted then. None
    of that counts, so that a client may take fewer messages than the limit as all.
    """
    spoken = [] if events else [IS_SPOKEN]
    page = _pages(connection, place, span, [*spoken, messages.c.redacted.is_(None)])
    if not tombstones or span.limit <= 0:
        return page
    between = _reached(page, span)
    left = _pages(connection, place, between, [*spoken, messages.c.redacted.is_not(None)])
    happened = _pages(connection, place, between, [], messages.c.redacted_id)
    redactions = [message._replace(command=REDACTION) for message in happened]
    return list(merge(page, left, redactions, key=_position))


def _reached(page: Sequence[MessageSent], span: Span) -> Span:
    """Return the part of a span up to where a full page of it ends, for what belongs to that page."""
    after, before = span.after, span.before
    if len(page) == span.limit:
        after, before = (page[0].id, before) if span.newest else (after, page[-1].id)
    return Span(after, before, _MAX_REDACTED, newest=True)


def _position(message: MessageSent) -> int:
    """Return the id that says where a message or a redaction is in the order of everything."""
    return message.redacted_id or message.id if message.command == REDACTION else message.id


def _pages(
    connection: Connection,
    place: Place,
    span: Span,
    shown: Sequence[ColumnElement[bool]],
    key: Key = messages.c.id,
) -> list[MessageSent]:
    """Return the messages of all parts of a place whose `key` is in the span, in its order."""
    found = [_walk(connection, and_(part, *shown), span, key) for part in _parts(place)]
    merged = list(merge(*found, key=attrgetter(key.name)))
    return merged[-span.limit :] if span.newest else merged[: span.limit]


def _parts(place: Place) -> list[ColumnElement[bool]]:
    """Return the conditions for a place, each of which is one walk along an index."""
    m = messages.c
    if isinstance(place, ChannelPlace):
        return [and_(m.channel == place.channel, m.id >= place.since, visible(place))]
    return [and_(m.recipient == to, m.sender == by) for to, by in _directions(place)]


def _directions(place: Conversation) -> set[tuple[int, int]]:
    return {(place.account, place.other), (place.other, place.account)}


def _walk(connection: Connection, part: ColumnElement[bool], span: Span, key: Key) -> list[MessageSent]:
    if span.limit <= 0 or span.after + 1 >= span.before:
        return []
    query = select_messages().where(part, key > span.after)
    if span.before < LAST_ID:
        query = query.where(key < span.before)
    query = query.order_by(key.desc() if span.newest else key).limit(span.limit)
    found = read_messages(connection, query)
    return found[::-1] if span.newest else found
