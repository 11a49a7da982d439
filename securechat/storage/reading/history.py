"""Messages of a place in the order of their ids, and the places where something was said.

Each query walks one index in its order and stops at the limit. A conversation is two walks, one for each
direction, that are merged here: asked for both at once, SQLite would sort the whole conversation.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, or_, select

from securechat.chat.reading import LAST_ID, ChannelPlace, Conversation, Place, Span, Target
from securechat.chat.records import MessageSent
from securechat.storage.rows import read_messages, select_messages
from securechat.storage.schema import accounts, messages

_SPOKEN: Final = ("PRIVMSG", "NOTICE")
# Made once: what SQLAlchemy makes of a list of values refers to itself, and would be garbage of every query.
_IS_SPOKEN: Final = messages.c.command.in_(_SPOKEN)


def read_history(
    connection: Connection, place: Place, span: Span, *, events: bool, tombstones: bool
) -> list[MessageSent]:
    """Return the messages of a span of a place, oldest first."""
    shown = [] if events else [_IS_SPOKEN]
    if not tombstones:
        shown.append(messages.c.redacted.is_(None))
    found = [_walk(connection, and_(part, *shown), span) for part in _parts(place)]
    merged = list(merge(*found, key=lambda message: message.id))
    return merged[-span.limit :] if span.newest else merged[: span.limit]


def read_targets(
    connection: Connection, account: int, channels: Sequence[ChannelPlace], span: Span
) -> list[Target]:
    """Return the places whose latest message is in the span, the one that is oldest first."""
    found = [*_latest_of_channels(connection, channels), *_latest_of_conversations(connection, account)]
    inside = sorted((t for t in found if span.after < t.id < span.before), key=lambda target: target.id)
    return inside[-span.limit :] if span.newest else inside[: span.limit]


def _parts(place: Place) -> list[ColumnElement[bool]]:
    """Return the conditions for a place, each of which is one walk along an index."""
    m = messages.c
    if isinstance(place, ChannelPlace):
        return [and_(m.channel == place.channel, m.id >= place.since)]
    return [and_(m.recipient == to, m.sender == by) for to, by in _directions(place)]


def _directions(place: Conversation) -> set[tuple[int, int]]:
    return {(place.account, place.other), (place.other, place.account)}


def _walk(connection: Connection, part: ColumnElement[bool], span: Span) -> list[MessageSent]:
    if span.limit <= 0 or span.after + 1 >= span.before:
        return []
    m = messages.c
    query = select_messages().where(part, m.id > span.after)
    if span.before < LAST_ID:
        query = query.where(m.id < span.before)
    query = query.order_by(m.id.desc() if span.newest else m.id).limit(span.limit)
    found = read_messages(connection, query)
    return found[::-1] if span.newest else found


def _latest_of_channels(connection: Connection, channels: Sequence[ChannelPlace]) -> Iterator[Target]:
    m = messages.c
    for place in channels:
        query = (
            select(m.id, m.at)
            .where(m.channel == place.channel, m.id >= place.since, _IS_SPOKEN)
            .order_by(m.id.desc())
            .limit(1)
        )
        for key, at in connection.execute(query):
            yield Target(place, key, at)


def _exchanged() -> Select[int, int | None, int | None]:
    """For each account the latest message in each direction: two steps down an index, whatever the size."""
    a = accounts.c
    account: BindParameter[int] = bindparam("account")
    m = messages.alias().c

    def latest(condition: ColumnElement[bool]) -> ColumnElement[int | None]:
        spoken = m.command.in_(_SPOKEN)
        query = select(m.id).where(condition, spoken).order_by(m.id.desc()).limit(1)
        return query.correlate(accounts).scalar_subquery()

    received = latest(and_(m.recipient == account, m.sender == a.id)).label("received")
    sent = latest(and_(m.recipient == a.id, m.sender == account)).label("sent")
    pairs = select(a.id.label("other"), received, sent).subquery()
    return select(pairs.c.other, pairs.c.received, pairs.c.sent).where(
        or_(pairs.c.received.is_not(None), pairs.c.sent.is_not(None))
    )


_EXCHANGED: Final = _exchanged()
_TIMES: Final = select(messages.c.id, messages.c.at).where(
    messages.c.id.in_(bindparam("keys", expanding=True))
)


def _latest_of_conversations(connection: Connection, account: int) -> Iterator[Target]:
    exchanged = connection.execute(_EXCHANGED, {"account": account})
    latest_ids = {max(got or 0, gave or 0): other for other, got, gave in exchanged}
    for key, at in connection.execute(_TIMES, {"keys": list(latest_ids)}):
        yield Target(Conversation(account, latest_ids[key]), key, at)
