"""What is deleted without anybody asking: old messages, and those of accounts that were removed.

Theory of operation. Each call is one small step inside the caller's transaction, which looks at a bounded
number of rows; a step must not be noticed, since the hub makes it. A step begins where the last one ended
(`Sweep`), so it does not look at rows that stay again and again. After a restart it begins anew.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, insert, or_, select, tuple_, update

from securechat.chat.reading import first_id_at, time_of
from securechat.chat.records import NOBODY
from securechat.irc.names import fold
from securechat.storage.schema import (
    accounts,
    astray,
    channels,
    clock,
    markers,
    messages,
    metadata_values,
    pins,
)
from securechat.storage.search.index import SearchIndex
from securechat.storage.writer.events import NO_SENDER, kicked_user, with_kicked_user

_BEGINNING: Final = -(1 << 62)


@dataclass(slots=True)
class Sweep:
    """How far something has looked through the messages: by id, and through those whose ids do not say their
    time by time and id. `rows` is what the last step saw."""

    id: int = _BEGINNING
    astray: tuple[int, int] = (_BEGINNING, _BEGINNING)
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Erasure:
    """The messages of a removed account are to go, or to lose their author."""

    account: int
    how: Literal["anonymise", "delete"]


@dataclass(frozen=True, slots=True)
class Seen:
    """A time of the wall clock (ms since the epoch), and for how many seconds it had been steady by then."""

    at: int
    steady: int


def seen_clock(connection: Connection) -> Seen | None:
    """Return what was noted of the clock last."""
    row = connection.execute(select(clock.c.at, clock.c.steady)).one_or_none()
    return None if row is None else Seen(row.at, row.steady)


def note_clock(connection: Connection, seen: Seen) -> None:
    """Note what the clock says, in the place of what was noted before."""
    values = {"at": seen.at, "steady": seen.steady}
    if not connection.execute(update(clock).values(values)).rowcount:
        connection.execute(insert(clock).values(id=1, **values))


def prune(
    connection: Connection, index: SearchIndex, before_ms: int, limit: int, sweep: Sweep, now_ms: int = 0
) -> int:
    """Look at the next `limit` messages that were sent before a time; delete those that nothing keeps.

    Messages of channels with a retention of their own stay, and so do those that `_is_old` doubts.
    """
    m, is_old = messages.c, messages.c.at < before_ms
    of_ids = _with_retention(m.id, m.at).where(m.id > sweep.id, m.id < first_id_at(before_ms), is_old)
    rows = list(connection.execute(of_ids.order_by(m.id).limit(limit)))
    if rows:
        sweep.id = rows[-1].id
    if len(rows) < limit:  # what is left are ids of later times: of a clock that was ahead, or behind
        rows += _old_astray(connection, before_ms, limit - len(rows), sweep)
    sweep.rows = len(rows)
    by_the_server = [row.id for row in rows if row.retention_days is None]
    return _delete(connection, index, [key for key in by_the_server if _is_old(key, before_ms, now_ms)])


def _with_retention(key: ColumnElement[int], at: ColumnElement[int]) -> Select[int, int, int | None]:
    """Select messages with their ids and times, and the retention that their channel has of its own.

    That is looked up for each: there are many channels, and few messages in a step.
    """
    c = channels.c
    return select(key, at, c.retention_days).select_from(
        messages.outerjoin(channels, c.id == messages.c.channel)
    )


def _old_astray(
    connection: Connection, before_ms: int, limit: int, sweep: Sweep
) -> Sequence[Row[int, int, int | None]]:
    """Return the next messages that were sent before a time and have ids of later ones."""
    m, a = messages.c, astray.c
    at, key = sweep.astray
    following = or_(a.at > at, a.message > key)
    rows = connection.execute(
        _with_retention(m.id, a.at)
        .join(astray, a.message == m.id)
        .where(a.at >= at, a.at < before_ms, following, a.message >= first_id_at(before_ms))
        .order_by(a.at, a.message)
        .limit(limit)
    ).fetchall()
    if rows:
        sweep.astray = rows[-1].at, rows[-1].id
    return rows


def prune_channel(
    connection: Connection,
    index: SearchIndex,
    channel: int,
    before_ms: int,
    limit: int,
    sweep: Sweep,
    now_ms: int = 0,
) -> int:
    """Look at the next `limit` messages of a channel by id; delete those that were sent before a time."""
    m = messages.c
    following = select(m.id, m.at).where(m.channel == channel, m.id > sweep.id).order_by(m.id).limit(limit)
    rows = connection.execute(following).fetchall()
    sweep.rows = len(rows)
    if rows:
        sweep.id = rows[-1].id
    old = [row.id for row in rows if row.at < before_ms and _is_old(row.id, before_ms, now_ms)]
    return _delete(connection, index, old)


def _is_old(key: int, before_ms: int, now_ms: int) -> bool:
    """Return whether a message whose own time is before `before_ms` is that old by its id, too.

    Ids never go back: what was said while the clock was behind has a time that is long ago, and an id of when
    it was said. Where the id is still to come the clock was ahead once, and only the time counts.
    """
    return not before_ms <= time_of(key) <= now_ms


def retention(connection: Connection) -> Mapping[int, int]:
    """Return the channels that have a retention of their own, and its days."""
    c = channels.c
    rows = connection.execute(select(c.id, c.retention_days).where(c.retention_days.is_not(None)))
    return {channel: days for channel, days in rows if days is not None}


def erasures(connection: Connection) -> Sequence[Erasure]:
    """Return what removed accounts have left to be erased."""
    a = accounts.c
    rows = connection.execute(select(a.id, a.erase).where(a.erase.is_not(None)).order_by(a.id))
    return [Erasure(account, "delete" if how == "delete" else "anonymise") for account, how in rows]


def erase(connection: Connection, index: SearchIndex, erasure: Erasure, limit: int, sweep: Sweep) -> int:
    """Look at the next `limit` messages of all, and erase those of the account; return how many it were.

    The step that finds no more messages notes that this is done.
    """
    m, account = messages.c, erasure.account
    columns = (m.id, m.sender, m.nick, m.command, m.text, m.redacted_by)
    rows = connection.execute(select(*columns).where(m.id > sweep.id).order_by(m.id).limit(limit)).fetchall()
    sweep.rows = len(rows)
    if not rows:
        _forget(connection, erasure)
        return 0
    sweep.id = rows[-1].id
    name = connection.scalar(select(accounts.c.folded).where(accounts.c.id == account))
    own = [row.id for row in rows if row.sender == account]
    caused = [row.id for row in rows if row.sender == NO_SENDER and fold(row.nick) == name]
    kicked = {row.id: row.text for row in rows if row.command == "KICK" and kicked_user(row.text) == account}
    redacted = [row.id for row in rows if row.redacted_by == account]
    if erasure.how == "delete":
        _redacted_by(connection, redacted, None)
        return _delete(connection, index, list({*own, *caused, *kicked}))
    if own or caused or kicked or redacted:
        nobody, nobodys_name = _nobody(connection)
        _redacted_by(connection, redacted, nobody)
        _change(connection, caused, {"nick": nobodys_name})
        for key, text in kicked.items():
            _change(connection, [key], {"text": with_kicked_user(text, nobody)})
        with index.changing(own):
            # A nonce is unique for its account, and nobody will repeat it.
            _change(connection, own, {"sender": nobody, "nick": nobodys_name, "nonce": None})
    return len({*own, *caused, *kicked})


def _forget(connection: Connection, erasure: Erasure) -> None:
    """Note that an account's messages are erased, and forget the rest of what it has left."""
    account, pinned = erasure.account, pins.c.account == erasure.account
    if erasure.how == "delete":
        connection.execute(delete(pins).where(pinned))
    else:
        nobody, _ = _nobody(connection)
        connection.execute(update(pins).where(pinned).values(account=nobody))
    connection.execute(delete(markers).where(markers.c.account == account))
    connection.execute(delete(metadata_values).where(metadata_values.c.target == -account))
    connection.execute(update(accounts).where(accounts.c.id == account).values(erase=None))


def _nobody(connection: Connection) -> tuple[int, str]:
    """Return the account that stands for all that lost their author, and its name."""
    a = accounts.c
    return connection.execute(select(a.id, a.name).where(a.role == NOBODY)).one()


def _redacted_by(connection: Connection, keys: Sequence[int], account: int | None) -> None:
    """Have messages redacted by another account, or by none; the old one's reason goes."""
    _change(connection, keys, {"redacted_by": account, "redacted_reason": None})


def _change(connection: Connection, keys: Sequence[int], values: Mapping[str, int | str | None]) -> None:
    connection.execute(update(messages).where(messages.c.id.in_(keys)).values(values))


def _delete(connection: Connection, index: SearchIndex, keys: Sequence[int]) -> int:
    if keys:
        index.forget(keys)
        m = messages.c
        pinned = select(m.channel, m.id).where(m.id.in_(keys))
        connection.execute(delete(pins).where(tuple_(pins.c.channel, pins.c.message).in_(pinned)))
        connection.execute(delete(messages).where(messages.c.id.in_(keys)))
    return len(keys)
