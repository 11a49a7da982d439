"""Messages of a place in the order of their ids.

Each query walks one index in its order and stops at the limit. A conversation is two walks, one for each
direction, that are merged here: asked for both at once, SQLite would sort the whole conversation. Selected by
time (`times`), each of these is two: messages that are astray are sorted when the newest are wanted, all
others are not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import merge
from itertools import chain
from operator import attrgetter
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_

from securechat.chat.reading import LAST_ID, REDACTION, ChannelPlace, Conversation, Place, Span, first_id_at
from securechat.chat.records import MessageSent
from securechat.storage.reading.times import IS_STRAIGHT, said_within, straight
from securechat.storage.reading.visible import ID_AS_SUM, IS_SPOKEN, visible
from securechat.storage.rows import read_messages, select_messages
from securechat.storage.schema import astray, messages

_MAX_REDACTED: Final = 1000
"""Redacted messages that come with one answer, and redactions as well."""

_IN_ORDER: Final = attrgetter("id")
_IN_TIME: Final = attrgetter("at", "id")


def read_history(
    connection: Connection, place: Place, span: Span, *, events: bool, tombstones: bool
) -> list[MessageSent]:
    """Return the messages of a span of a place, oldest first.

    With `tombstones` there is what was redacted between them, in its place, and what was redacted then. None
    of that counts, so that a client may take fewer messages than the limit as all.
    """
    span = _readable(place, span)
    spoken = [] if events else [IS_SPOKEN]
    page = _pages(connection, place, span, [*spoken, messages.c.redacted.is_(None)])
    if not tombstones or span.limit <= 0:
        return page
    between = _reached(page, span)
    left = _pages(connection, place, between, [*spoken, messages.c.redacted.is_not(None)])
    happened = _redactions(connection, place, between)
    redactions = [message._replace(command=REDACTION) for message in happened]
    return list(merge(page, left, redactions, key=_position))


def _readable(place: Place, span: Span) -> Span:
    """Return the part of a span that its reader may read, so that there is one id after which a walk begins.

    Of two such conditions SQLite takes one for the walk and looks at every row for the other.
    """
    if isinstance(place, ChannelPlace) and place.since > span.after:
        return replace(span, after=place.since - 1)
    return span


def _reached(page: Sequence[MessageSent], span: Span) -> Span:
    """Return the part of a span up to where a full page of it ends, for what belongs to that page."""
    part = replace(span, limit=_MAX_REDACTED, newest=True)
    if len(page) < span.limit:
        return part
    if span.by_time:
        return replace(part, until=max(message.at for message in page) + 1)
    return replace(part, after=page[0].id) if span.newest else replace(part, before=page[-1].id)


def _position(message: MessageSent) -> int:
    """Return the id that says where a message or a redaction is in the order of everything."""
    return message.redacted_id or message.id if message.command == REDACTION else message.id


def _pages(
    connection: Connection, place: Place, span: Span, shown: Sequence[ColumnElement[bool]]
) -> list[MessageSent]:
    """Return the messages of all parts of a place that are in the span, in the order of their ids."""
    if span.limit <= 0:
        return []
    walks = [_walk(connection, and_(part, *shown), span) for part in _parts(place)]
    if span.timed:
        walks += [_astray(connection, and_(part, *shown), span) for part in _astray_parts(place)]
    return counted(chain.from_iterable(walks), span)


def counted(found: Iterable[MessageSent], span: Span) -> list[MessageSent]:
    """Return those of the messages of a span that its limit lets through, in the order of their ids."""
    in_turn = sorted(found, key=_IN_TIME if span.by_time else _IN_ORDER)
    page = in_turn[-span.limit :] if span.newest else in_turn[: span.limit]
    return sorted(page, key=_IN_ORDER)


def _parts(place: Place) -> list[ColumnElement[bool]]:
    """Return the conditions for a place, each of which is one walk along an index."""
    m = messages.c
    if isinstance(place, ChannelPlace):
        return [and_(m.channel == place.channel, visible(place))]
    return [and_(m.recipient == to, m.sender == by) for to, by in _directions(place)]


def _astray_parts(place: Place) -> list[ColumnElement[bool]]:
    """Return the same conditions for what is astray: none that an index of `messages` could be taken for."""
    m, a = messages.c, astray.c
    if isinstance(place, ChannelPlace):
        return [and_(a.place == place.channel, visible(place))]
    return [and_(a.place == -to, m.sender == by) for to, by in _directions(place)]


def _directions(place: Conversation) -> set[tuple[int, int]]:
    return {(place.account, place.other), (place.other, place.account)}


def _walk(connection: Connection, part: ColumnElement[bool], span: Span) -> list[MessageSent]:
    """Return the messages of one part by their ids; where times are given, those whose ids say theirs."""
    key, ids = messages.c.id, straight(span)
    if ids.after + 1 >= ids.before:
        return []
    query = select_messages().where(part, key > ids.after)
    if ids.before < LAST_ID:
        query = query.where(key < ids.before)
    if span.timed:
        query = query.where(IS_STRAIGHT)
    return read_messages(connection, query.order_by(key.desc() if span.newest else key).limit(span.limit))


def _astray(connection: Connection, part: ColumnElement[bool], span: Span) -> list[MessageSent]:
    """Return the messages of one part by their times, of those whose ids do not say it."""
    a = astray.c
    within = [a.message > span.after, a.message < span.before, *said_within(span, a.at)]
    query = select_messages().join(astray, a.message == messages.c.id).where(part, *within)
    query = query.order_by(a.message.desc()) if span.newest else query.order_by(a.at, a.message)
    return read_messages(connection, query.limit(span.limit))


def _redactions(connection: Connection, place: Place, span: Span) -> list[MessageSent]:
    """Return the messages that were redacted in a span, in that order."""
    m, key = messages.c, messages.c.redacted_id
    first = place.since if isinstance(place, ChannelPlace) else 0
    after = max(span.after, -1 if span.since is None else first_id_at(span.since + 1) - 1)
    within = [key > after, key < span.before, first <= ID_AS_SUM]
    within += [] if span.since is None else [m.redacted > span.since]
    within += [] if span.until is None else [m.redacted < span.until]
    query = select_messages().where(*within).order_by(key.desc()).limit(span.limit)
    found = [message for part in _parts(place) for message in read_messages(connection, query.where(part))]
    return sorted(found, key=_position_of_redaction)[-span.limit :]


def _position_of_redaction(message: MessageSent) -> int:
    return message.redacted_id or 0
