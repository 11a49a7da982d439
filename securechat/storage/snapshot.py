"""All that lives in the registry, read from the tables."""

from sqlalchemy import Connection, func, select

from securechat.chat.membership import Membership
from securechat.chat.ports import Snapshot
from securechat.chat.records import (
    Authenticator,
    Ban,
    Device,
    Invitation,
    ListEntry,
    Report,
    StoredAccount,
    StoredChannel,
    StoredSpending,
    Topic,
)
from securechat.chat.records.weight import PIECE
from securechat.irc.names import fold
from securechat.storage.audit import last_backup
from securechat.storage.reading.silences import read_silences
from securechat.storage.rows import decode_modes
from securechat.storage.schema import (
    accounts,
    authenticators,
    bans,
    channel_lists,
    channels,
    devices,
    dropped_channels,
    former_names,
    invitations,
    login_sources,
    markers,
    memberships,
    messages,
    metadata_values,
    personal,
    positions,
    reports,
    spendings,
    undelivered,
)


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
        bans=_bans(connection),
        reports=_reports(connection),
        devices=_devices(connection),
        authenticators=_authenticators(connection),
        boxes=_boxes(connection),
        silences=read_silences(connection),
        spent=_spent(connection),
        backup=last_backup(connection),
    )


def _spent(connection: Connection) -> dict[int, StoredSpending]:
    s = spendings.c
    rows = connection.execute(select(s.account, s.stored, s.channels, s.at))
    return {account: StoredSpending(stored, channels, at) for account, stored, channels, at in rows}


def _boxes(connection: Connection) -> dict[int, dict[int, int]]:
    found: dict[int, dict[int, int]] = {}
    """Count what came since the last login: what was before it has been seen, whether it was taken or not."""
    m, a, waiting = messages.c, accounts.c, undelivered.c
    long = (func.length(m.text) + func.coalesce(func.length(m.tags), 0)) // PIECE
    query = (
        select(waiting.account, m.sender, func.count() + func.sum(long))
        .join_from(undelivered, messages)
        .join(accounts, a.id == waiting.account)
        .where(m.at > func.coalesce(a.last_login, -1))
    )
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


def _bans(connection: Connection) -> list[Ban]:
    b = bans.c
    columns = (b.kind, b.target, b.reason, b.setter, b.at, b.expires)
    by_age = select(*columns).order_by(b.at, b.kind, b.target)
    return [Ban(*row) for row in connection.execute(by_age)]


def _reports(connection: Connection) -> dict[int, Report]:
    rows = connection.execute(select(reports).order_by(reports.c.id)).mappings()
    return {row["id"]: Report(**row) for row in rows}


def _devices(connection: Connection) -> dict[str, Device]:
    d = devices.c
    rows = connection.execute(select(d.key, d.account, d.name, d.kind, d.created, d.expires, d.used))
    return {row.key: Device(*row[1:]) for row in rows}


def _authenticators(connection: Connection) -> dict[int, Authenticator]:
    a = authenticators.c
    rows = connection.execute(select(a.account, a.secret, a.since, a.step, a.recovery))
    return {
        account: Authenticator(secret, since, step, tuple(recovery.split()))
        for account, secret, since, step, recovery in rows
    }


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
    former: dict[int, list[str]] = {}
    f = former_names.c
    for account, name in connection.execute(select(f.account, f.name)):
        former.setdefault(account, []).append(name)
    a = accounts.c
    rows = connection.execute(
        select(
            a.id, a.name, a.phc, a.role, a.disabled, a.created, a.last_login, a.seen, a.password_due
        ).order_by(a.id)
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
            tuple(sorted(former.get(key, ()), key=fold)),
            due,
        )
        for key, name, phc, role, disabled, created, last_login, seen, due in rows
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
    columns = (e.channel, e.kind, e.mask, e.setter, e.at, e.reason, e.expires)
    by_age = select(*columns).order_by(e.at, e.channel, e.kind, e.mask)
    for channel, kind, mask, setter, at, reason, expires in connection.execute(by_age):
        entry = ListEntry(setter, at, reason, expires)
        lists.setdefault(channel, {}).setdefault(kind, {})[mask] = entry
    return lists
