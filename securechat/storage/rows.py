"""Rows to values: what the registry is made from, and messages."""

from collections.abc import Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection, Select, func, select

from securechat.chat.membership import Membership
from securechat.chat.ports import AuditEntry, Pin, Snapshot
from securechat.chat.records import (
    Audited,
    Invitation,
    ListEntry,
    MessageSent,
    StoredAccount,
    StoredChannel,
    Topic,
)
from securechat.chat.records.weight import PIECE
from securechat.irc.capabilities import EDIT_TAG, REACT_TAG, UNREACT_TAG
from securechat.storage.reading.silences import read_silences
from securechat.storage.schema import (
    accounts,
    audit,
    channel_lists,
    channels,
    dropped_channels,
    invitations,
    login_sources,
    markers,
    memberships,
    messages,
    metadata_values,
    personal,
    pins,
    positions,
    undelivered,
)

IS_EDIT: Final = f'%"{EDIT_TAG}":%'
"""What the JSON of an edit's tags is like. No value of a tag is: it has backslashes before its quotes."""

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
]


def read_snapshot(connection: Connection) -> Snapshot:
    """Read everything but the messages. The caller's transaction makes it one state."""
    return Snapshot(
        accounts=_accounts(connection),
        channels=_channels(connection),
        waiting=frozenset(connection.scalars(select(undelivered.c.account).distinct())),
        last_message=_last_message(connection),
        last_channel=max(
            connection.scalar(select(func.max(channels.c.id))) or 0,
            connection.scalar(select(func.max(dropped_channels.c.id))) or 0,
        ),
        markers=_markers(connection),
        metadata=_metadata(connection),
        personal=_personal(connection),
        invitations=_invitations(connection),
        boxes=_boxes(connection),
        silences=read_silences(connection),
    )


def _boxes(connection: Connection) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    m, waiting = messages.c, undelivered.c
    long = (func.length(m.text) + func.coalesce(func.length(m.tags), 0)) // PIECE
    query = select(waiting.account, m.sender, func.count() + func.sum(long)).join_from(undelivered, messages)
    for account, sender, number in connection.execute(query.group_by(waiting.account, m.sender)):
        found.setdefault(account, {})[sender] = int(number)
    return found


def _last_message(connection: Connection) -> int:
    m = messages.c
    # Said so that an index of the redactions alone is read, not every message.
    redactions = select(func.max(m.redacted_id)).where(m.redacted_id.is_not(None))
    return max(
        connection.scalar(select(func.max(m.id))) or 0,
        connection.scalar(redactions) or 0,
        # The retention deletes JOINs as well, and what comes must be after all of them.
        connection.scalar(select(func.max(memberships.c.joined_id))) or 0,
    )


def _invitations(connection: Connection) -> dict[str, Invitation]:
    i = invitations.c
    rows = connection.execute(select(i.code, i.uses, i.expires, i.created))
    return {code: Invitation(uses, expires, created) for code, uses, expires, created in rows}


def _markers(connection: Connection) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    for account, target, upto in connection.execute(
        select(markers.c.account, markers.c.target, markers.c.upto)
    ):
        found.setdefault(account, {})[target] = upto
    return found


def _metadata(connection: Connection) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    m = metadata_values.c
    for target, key, value in connection.execute(select(m.target, m.key, m.value)):
        found.setdefault(target, {})[key] = value
    return found


def _personal(connection: Connection) -> dict[int, dict[int, dict[str, str]]]:
    found: dict[int, dict[int, dict[str, str]]] = {}
    p = personal.c
    for account, target, key, value in connection.execute(select(p.account, p.target, p.key, p.value)):
        found.setdefault(account, {}).setdefault(target, {})[key] = value
    return found


def _accounts(connection: Connection) -> list[StoredAccount]:
    sources: dict[int, dict[str, int]] = {}
    # The oldest first: the registry forgets in this order.
    by_age = select(login_sources.c.account, login_sources.c.source, login_sources.c.at).order_by(
        login_sources.c.at, login_sources.c.source
    )
    for account, source, at in connection.execute(by_age):
        sources.setdefault(account, {})[source] = at
    named: dict[int, dict[str, int]] = {}
    p = positions.c
    for account, name, at in connection.execute(select(p.account, p.name, p.seen)):
        named.setdefault(account, {})[name] = at
    a = accounts.c
    rows = connection.execute(
        select(a.id, a.name, a.phc, a.role, a.disabled, a.created, a.last_login, a.seen).order_by(a.id)
    )
    return [
        StoredAccount(
            key,
            name,
            phc,
            role,
            disabled,
            created,
            last_login,
            sources.get(key, {}),
            seen,
            named.get(key, {}),
        )
        for key, name, phc, role, disabled, created, last_login, seen in rows
    ]


def _channels(connection: Connection) -> list[StoredChannel]:
    members, lists = _members(connection), _lists(connection)
    c = channels.c
    topic = (c.topic, c.topic_setter, c.topic_at)
    rows = connection.execute(
        select(c.id, c.name, c.founder, c.created, *topic, c.modes, c.retention_days).order_by(c.id)
    )
    return [
        StoredChannel(
            key,
            name,
            founder,
            created,
            Topic(text, setter, at),
            members.get(key, {}),
            decode_modes(modes),
            lists.get(key, {}),
            retention_days,
        )
        for key, name, founder, created, text, setter, at, modes, retention_days in rows
    ]


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


def _members(connection: Connection) -> dict[int, dict[int, Membership]]:
    members: dict[int, dict[int, Membership]] = {}
    m = memberships.c
    in_order = select(m.channel, m.account, m.joined, m.joined_id, m.ranks).order_by(
        m.joined_id, m.channel, m.account
    )
    for channel, account, joined, joined_id, ranks in connection.execute(in_order):
        members.setdefault(channel, {})[account] = Membership(joined, joined_id, ranks)
    return members


def _lists(connection: Connection) -> dict[int, dict[str, dict[str, ListEntry]]]:
    lists: dict[int, dict[str, dict[str, ListEntry]]] = {}
    e = channel_lists.c
    by_age = select(e.channel, e.kind, e.mask, e.setter, e.at).order_by(e.at, e.channel, e.kind, e.mask)
    for channel, kind, mask, setter, at in connection.execute(by_age):
        lists.setdefault(channel, {}).setdefault(kind, {})[mask] = ListEntry(setter, at)
    return lists


def select_messages() -> MessageSelect:
    """Return a query for messages, each with whether it waits for its recipient."""
    m = messages.c
    return select(
        m.id,
        m.at,
        m.command,
        m.sender,
        m.nick,
        m.channel,
        m.recipient,
        m.addressed,
        m.text,
        m.tags,
        m.nonce,
        m.refers,
        m.redacted,
        m.redacted_by,
        m.rank,
        m.redacted_id,
        m.redacted_reason,
        undelivered.c.message,
    ).select_from(messages.outerjoin(undelivered, undelivered.c.message == m.id))


def read_messages(connection: Connection, query: MessageSelect) -> list[MessageSent]:
    """Run a query made from `select_messages`."""
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
            waiting,
        ) in connection.execute(query)
    ]


def read_reactions(connection: Connection, keys: Sequence[int]) -> dict[int, dict[str, list[int]]]:
    """Add up the reactions to messages: message → reaction → the accounts, in the order of reacting."""
    m = messages.c
    query = (
        select(m.refers, m.sender, m.tags)
        .where(m.refers.in_(keys), m.tags.is_not(None))
        .order_by(m.refers, m.id)
    )
    found: dict[int, dict[str, list[int]]] = {}
    for refers, account, written in connection.execute(query):
        if refers is None or written is None:
            continue  # never: the query excludes it
        tags = _decode_tags(written)
        reaction, taken_back = tags.get(REACT_TAG), tags.get(UNREACT_TAG)
        accounts_of = found.setdefault(refers, {})
        if reaction and account not in accounts_of.setdefault(reaction, []):
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
    referring = select_messages().where(m.refers.in_(list(pinned)), m.tags.like(IS_EDIT)).order_by(m.id)
    texts = {edit.refers: edit.text for edit in read_messages(connection, referring)}
    return [
        Pin(message._replace(text=texts.get(message.id, message.text)), *pinned[message.id])
        for message in read_messages(connection, query)
    ]
