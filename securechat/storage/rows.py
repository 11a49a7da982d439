"""Rows to values: what the registry is made from, and messages."""

from typing import Final

import msgspec
from sqlalchemy import Connection, Select, func, select

from securechat.chat.ports import AuditEntry, Snapshot, StoredAccount, StoredChannel
from securechat.chat.records import Audited, MessageSent, Topic
from securechat.storage.schema import (
    accounts,
    audit,
    channels,
    login_sources,
    memberships,
    messages,
    undelivered,
)

_decode_tags: Final = msgspec.json.Decoder(dict[str, str]).decode

MessageSelect = Select[
    int, int, str, int, str, int | None, int | None, str, str, str | None, str | None, int | None
]


def read_snapshot(connection: Connection) -> Snapshot:
    """Read everything but the messages. The caller's transaction makes it one state."""
    return Snapshot(
        accounts=_accounts(connection),
        channels=_channels(connection),
        waiting=frozenset(connection.scalars(select(undelivered.c.account).distinct())),
        last_message=connection.scalar(select(func.max(messages.c.id))) or 0,
    )


def _accounts(connection: Connection) -> list[StoredAccount]:
    sources: dict[int, dict[str, int]] = {}
    # The oldest first: the registry forgets in this order.
    by_age = select(login_sources.c.account, login_sources.c.source, login_sources.c.at).order_by(
        login_sources.c.at, login_sources.c.source
    )
    for account, source, at in connection.execute(by_age):
        sources.setdefault(account, {})[source] = at
    a = accounts.c
    rows = connection.execute(
        select(a.id, a.name, a.phc, a.role, a.disabled, a.created, a.last_login).order_by(a.id)
    )
    return [StoredAccount(*row, sources.get(row.id, {})) for row in rows]


def _channels(connection: Connection) -> list[StoredChannel]:
    members: dict[int, dict[int, int]] = {}
    in_order = select(memberships.c.channel, memberships.c.account, memberships.c.joined).order_by(
        memberships.c.joined, memberships.c.channel, memberships.c.account
    )
    for channel, account, joined in connection.execute(in_order):
        members.setdefault(channel, {})[account] = joined
    c = channels.c
    rows = connection.execute(
        select(c.id, c.name, c.founder, c.created, c.topic, c.topic_setter, c.topic_at).order_by(c.id)
    )
    return [
        StoredChannel(key, name, founder, created, Topic(text, setter, at), members.get(key, {}))
        for key, name, founder, created, text, setter, at in rows
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
            waiting,
        ) in connection.execute(query)
    ]
