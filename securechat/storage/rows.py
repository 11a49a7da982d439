"""Rows to values: messages, the audit log, reactions and pins."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Select, bindparam, func, or_, select

from securechat.chat.ports import AuditEntry, Pin
from securechat.chat.records import (
    Audited,
    MessageSent,
)
from securechat.irc.capabilities import EDIT_TAG, REACT_TAG, UNREACT_TAG
from securechat.storage.schema import (
    audit,
    messages,
    pins,
    undelivered,
)

IS_EDIT: Final = f'%"{EDIT_TAG}":%'
"""What the JSON of an edit's tags is like. No value of a tag is: it has backslashes before its quotes."""

IS_LATER: Final = messages.c.id > messages.c.refers
"""What refers to a message came after it. A database that took in something else shows nothing of that."""

OF_ONE: Final = 32
"""What one account did to one message lately that is read: there may be any number of reactions."""
IN_ALL: Final = 5_000
"""What was done to all messages of a page that is read; what one did most recently comes first."""
LONGEST_REACTION: Final = 128
"""Characters; a longer one is not added up."""
_IS_REACTION: Final = f'%"{REACT_TAG}":%'
_IS_TAKEN_BACK: Final = f'%"{UNREACT_TAG}":%'

_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode
decode_modes: Final = msgspec.json.Decoder(dict[str, str]).decode
"""Reads `channels.modes`."""

MessageSelect = Select[
    int,
    int,
    str,
    int,
    str,
    int | None,
    int | None,
    str,
    str,
    str | None,
    str | None,
    int | None,
    int | None,
    int | None,
    str | None,
    int | None,
    str | None,
    int | None,
    int | None,
]

# Statements that are made once: to make one costs as much as to run it.
_m: Final = messages.c
_IS_OF_KEYS: Final = _m.refers.in_(bindparam("keys", expanding=True))
_REFERRED: Final = select(_m.refers).distinct().where(_IS_OF_KEYS)
_MESSAGES: Final[MessageSelect] = select(
    _m.id,
    _m.at,
    _m.command,
    _m.sender,
    _m.nick,
    _m.channel,
    _m.recipient,
    _m.addressed,
    _m.text,
    _m.tags,
    _m.nonce,
    _m.refers,
    _m.redacted,
    _m.redacted_by,
    _m.rank,
    _m.redacted_id,
    _m.redacted_reason,
    _m.imported,
    undelivered.c.message,
).select_from(messages.outerjoin(undelivered, undelivered.c.message == _m.id))


def read_audit(connection: Connection, after: int, limit: int) -> list[AuditEntry]:
    """Read rows of the audit log."""
    a = audit.c
    rows = connection.execute(
        select(a.id, a.at, a.actor, a.origin, a.action, a.target, a.detail, a.hash)
        .where(a.id > after)
        .order_by(a.id)
        .limit(limit)
    )
    return [
        AuditEntry(number, Audited(at, actor, origin, action, target, detail), digest)
        for number, at, actor, origin, action, target, detail, digest in rows
    ]


def select_messages() -> MessageSelect:
    """Return a query for messages, each with whether it waits for its recipient."""
    return _MESSAGES


def read_messages(
    connection: Connection, query: MessageSelect, keys: Sequence[int] | None = None
) -> list[MessageSent]:
    """Run a query made from `select_messages`; `keys` are those of `REACTIONS` and `LAST_EDITS` in it."""
    return [
        MessageSent(
            id=key,
            at=at,
            command=command,
            sender=sender,
            nick=nick,
            channel=channel,
            recipient=recipient,
            addressed=addressed,
            text=text,
            tags=_decode_tags(tags) if tags is not None else {},
            nonce=nonce,
            undelivered=waiting is not None,
            refers=refers,
            redacted=redacted,
            redacted_by=redacted_by,
            rank=rank,
            redacted_id=redacted_id,
            redacted_reason=redacted_reason,
            imported=imported,
        )
        for (
            key,
            at,
            command,
            sender,
            nick,
            channel,
            recipient,
            addressed,
            text,
            tags,
            nonce,
            refers,
            redacted,
            redacted_by,
            rank,
            redacted_id,
            redacted_reason,
            imported,
            waiting,
        ) in connection.execute(query, None if keys is None else {"keys": keys}).all()
    ]


def count_changes(connection: Connection, key: int, account: int) -> int:
    """Count how often an account has edited a message, reacted to it and taken that back."""
    m = messages.c
    changes = or_(*(m.tags.like(f'%"{tag}":%') for tag in (EDIT_TAG, REACT_TAG, UNREACT_TAG)))
    query = select(func.count()).where(m.refers == key, m.sender == account, IS_LATER, changes)
    return connection.execute(query).scalar_one()


def referred(connection: Connection, keys: Sequence[int]) -> Sequence[int]:
    """Return those of the messages that anything refers to.

    Of most pages it is nothing or little. This looks only at an index, where those who add up what they find
    look at messages, twice for each of the page.
    """
    return [key for key in connection.scalars(_REFERRED, {"keys": keys}).all() if key is not None]


def _reactions() -> Select[int]:
    kinds = or_(_m.tags.like(_IS_REACTION), _m.tags.like(_IS_TAKEN_BACK))
    nth = func.row_number().over(partition_by=(_m.refers, _m.sender), order_by=_m.id.desc()).label("nth")
    all_of_them = select(_m.id, nth).where(_IS_OF_KEYS, kinds, _m.redacted.is_(None), IS_LATER).subquery()
    newest = select(all_of_them.c.id).where(all_of_them.c.nth <= OF_ONE)
    return newest.order_by(all_of_them.c.nth, all_of_them.c.id.desc()).limit(IN_ALL)


REACTIONS: Final = _reactions()
"""The ids of reactions to the messages `keys`, and of what took reactions back: the newest of each account.

A database counts them much faster than rows become values, and nobody crowds out what others did.
"""
LAST_EDITS: Final = (
    select(func.max(_m.id))
    .where(_IS_OF_KEYS, _m.tags.like(IS_EDIT), _m.redacted.is_(None), IS_LATER)
    .group_by(_m.refers)
)
"""The id of the last edit of each of the messages `keys`."""
_REACTED: Final = select(_m.refers, _m.sender, _m.tags).where(_m.id.in_(REACTIONS)).order_by(_m.refers, _m.id)


def read_reactions(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, list[int]]]:
    """Add up the reactions to messages: message → reaction → the accounts, in the order of reacting."""
    keys = referred(connection, keys)
    if not keys:
        return {}
    found: dict[int, dict[str, list[int]]] = {}
    for refers, account, written in connection.execute(_REACTED, {"keys": keys}).all():
        if refers is None or written is None:
            continue  # never: the query excludes it
        tags = _decode_tags(written)
        reaction, taken_back = tags.get(REACT_TAG), tags.get(UNREACT_TAG)
        accounts_of = found.setdefault(refers, {})
        if (
            reaction
            and len(reaction) <= LONGEST_REACTION
            and account not in accounts_of.setdefault(reaction, [])
        ):
            accounts_of[reaction].append(account)
        elif taken_back and account in accounts_of.get(taken_back, []):
            accounts_of[taken_back].remove(account)
    alive = {
        key: {reaction: accounts_of for reaction, accounts_of in reactions.items() if accounts_of}
        for key, reactions in found.items()
    }
    return {key: reactions for key, reactions in alive.items() if reactions}


def read_pins(connection: Connection, channel: int) -> list[Pin]:
    """Read the pinned messages of a channel, oldest first, without those that were redacted.

    One that was edited has the text of its last edit.
    """
    of_channel = select(pins.c.message, pins.c.account, pins.c.at).where(pins.c.channel == channel)
    pinned = {message: (account, at) for message, account, at in connection.execute(of_channel)}
    if not pinned:
        return []
    m = messages.c
    query = select_messages().where(m.id.in_(list(pinned)), m.redacted.is_(None)).order_by(m.id)
    referring = select_messages().where(m.id.in_(LAST_EDITS))
    texts = {edit.refers: edit.text for edit in read_messages(connection, referring, list(pinned))}
    return [
        Pin(message._replace(text=texts.get(message.id, message.text)), *pinned[message.id])
        for message in read_messages(connection, query)
    ]
