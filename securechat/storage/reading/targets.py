"""The places where something was said, by the latest of it."""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import BindParameter, ColumnElement, Connection, Select, and_, bindparam, or_, select

from securechat.chat.reading import ChannelPlace, Conversation, Span, Target
from securechat.storage.reading.visible import ID_AS_SUM, IS_SAID, IS_SPOKEN, SAID, SPOKEN, visible
from securechat.storage.schema import accounts, messages


def read_targets(
    connection: Connection,
    account: int,
    channels: Sequence[ChannelPlace],
    span: Span,
    *,
    events: bool,
    tombstones: bool,
) -> list[Target]:
    """Return the places whose latest message is in the span, by the times of these messages.

    TAGMSG is a message with `events`, and with `tombstones` a redaction counts like one.
    """
    found = [
        *_latest_of_channels(connection, channels, IS_SAID if events else IS_SPOKEN),
        *_latest_of_conversations(connection, account, events=events),
    ]
    if tombstones:
        found += _redacted_in_channels(connection, channels)
        found += _redacted_in_conversations(connection, account)
    latest: dict[ChannelPlace | Conversation, Target] = {}
    for target in sorted(found, key=lambda target: target.id):
        latest.pop(target.place, None)
        latest[target.place] = target
    by_time = sorted(latest.values(), key=lambda target: (target.at, target.id))
    inside = [target for target in by_time if span.holds(target.id, target.at)]
    return inside[-span.limit :] if span.newest else inside[: span.limit]


def _latest_of_channels(
    connection: Connection, channels: Sequence[ChannelPlace], said: ColumnElement[bool]
) -> Iterator[Target]:
    m = messages.c
    for place in channels:
        query = (
            select(m.id, m.at)
            .where(m.channel == place.channel, m.id >= place.since, visible(place), said)
            .order_by(m.id.desc())
            .limit(1)
        )
        for key, at in connection.execute(query):
            yield Target(place, key, at)


def _redacted_in_channels(connection: Connection, channels: Sequence[ChannelPlace]) -> Iterator[Target]:
    m = messages.c
    for place in channels:
        query = (
            select(m.redacted_id, m.redacted)
            .where(
                m.channel == place.channel,
                m.redacted_id.is_not(None),
                place.since <= ID_AS_SUM,
                visible(place),
            )
            .order_by(m.redacted_id.desc())
            .limit(1)
        )
        for key, at in connection.execute(query):
            if key is not None and at is not None:
                yield Target(place, key, at)


Exchanged = Select[int, int | None, int | None]


def _exchanged(key: str, *conditions: ColumnElement[bool]) -> Exchanged:
    """For each account the latest message in each direction: two steps down an index, whatever the size."""
    a = accounts.c
    account: BindParameter[int] = bindparam("account")
    m = messages.c

    def latest(*sides: ColumnElement[bool]) -> ColumnElement[int | None]:
        query = select(m[key]).where(*sides, *conditions).order_by(m[key].desc()).limit(1)
        return query.correlate(accounts).scalar_subquery()

    received = latest(m.recipient == account, m.sender == a.id).label("received")
    sent = latest(m.recipient == a.id, m.sender == account).label("sent")
    pairs = select(a.id.label("other"), received, sent).subquery()
    return select(pairs.c.other, pairs.c.received, pairs.c.sent).where(
        or_(pairs.c.received.is_not(None), pairs.c.sent.is_not(None))
    )


_SPOKEN: Final = _exchanged("id", messages.c.command.in_(SPOKEN))
_SAID: Final = _exchanged("id", messages.c.command.in_(SAID))
_REDACTED: Final = _exchanged("redacted_id", messages.c.redacted_id.is_not(None))
_TIMES: Final = select(messages.c.id, messages.c.at).where(
    messages.c.id.in_(bindparam("keys", expanding=True))
)
_REDACTED_AT: Final = select(messages.c.redacted).where(
    messages.c.redacted_id == bindparam("key"),
    or_(
        and_(messages.c.recipient == bindparam("account"), messages.c.sender == bindparam("other")),
        and_(messages.c.recipient == bindparam("other"), messages.c.sender == bindparam("account")),
    ),
)


def _latest_of_conversations(connection: Connection, account: int, *, events: bool) -> Iterator[Target]:
    latest = _latest(connection, account, _SAID if events else _SPOKEN)
    for key, at in connection.execute(_TIMES, {"keys": list(latest)}):
        yield Target(Conversation(account, latest[key]), key, at)


def _redacted_in_conversations(connection: Connection, account: int) -> Iterator[Target]:
    for key, other in _latest(connection, account, _REDACTED).items():
        for at in connection.scalars(_REDACTED_AT, {"account": account, "other": other, "key": key}):
            if at is not None:
                yield Target(Conversation(account, other), key, at)


def _latest(connection: Connection, account: int, exchanged: Exchanged) -> dict[int, int]:
    """Return the latest id of each conversation, with the other account."""
    rows = connection.execute(exchanged, {"account": account})
    return {max(got or 0, gave or 0): other for other, got, gave in rows}
